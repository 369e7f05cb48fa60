using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// x87 instructions that compute, run on the host's unit with the guest's whole x87 state, masks included. An unmasked exception is no trouble there:
/// the unit notes it and reports it at the next waiting instruction, and the stub runs none; FXSAVE and FNINIT do not wait. So status, operands and
/// wrapped results after unmasked exceptions are the hardware's own (Intel SDM vol. 1 8.5, 8.6). Nothing runs while an error is pending.
/// </summary>
/// <remarks>
/// <see cref="Op.Immediate"/>: stub address in bits 47:0, x87 opcode in bits 58:48. <see cref="Op.Reg2"/>: size of the memory operand.
/// </remarks>
// SAFETY: pointers are fixed places of the core's own FxArea (FxLayout), alive during the call.
internal static unsafe class X87Operations
{
    // Everything but the precision exception keeps a store from happening.
    private const int StoreStoppers = 0x1F;
    private const ulong ArithmeticFlags = (ulong)RFlags.Arithmetic;

    /// <summary>No memory operand.</summary>
    internal static void Register(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87(c))
        {
            byte* b = c.Fx.Base;
            ulong dataPointer = FxLayout.DataPointer(b);
            HostStubs.Run(ref op, b, b, b);
            Finish(c, ref op, b, dataPointer);
        }
    }

    /// <summary>No memory operand; reads or writes RFLAGS (FCMOVcc, FCOMI).</summary>
    internal static void WithFlags(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87(c))
        {
            byte* b = c.Fx.Base;
            ulong dataPointer = FxLayout.DataPointer(b);
            ref ulong flags = ref *(ulong*)(b + FxLayout.Out);
            flags = c.Flags.Pack() | (ulong)(RFlags.IF | RFlags.Fixed1);
            HostStubs.Run(ref op, b, b, b);
            c.Flags.Unpack(flags & ArithmeticFlags);
            Finish(c, ref op, b, dataPointer);
        }
    }

    /// <summary>Reads a memory operand.</summary>
    internal static void Load(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.X87(c)
            && Operand.TryAddress(c, ref op, op.Reg2, write: false, out ulong linear)
            && FpuMemory.TryLoad(c, linear, op.Reg2, b + FxLayout.Operand))
        {
            HostStubs.Run(ref op, b, b, b + FxLayout.Operand);
            FinishMemory(c, ref op, b);
        }
    }

    /// <summary>Writes a memory operand.</summary>
    internal static void Store(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!FpuGate.X87(c))
        {
            return;
        }

        ulong faultAddress = c.S.Cr2;
        if ((Operand.TryAddress(c, ref op, op.Reg2, write: true, out ulong linear) && FpuMemory.TryPrepareStore(c, linear, op.Reg2))
            || (!c.IsAmd && IsStoreStopped(c, ref op, b, faultAddress)))
        {
            HostStubs.Run(ref op, b, b, b + FxLayout.Operand);
            FinishMemory(c, ref op, b);
            if ((FxLayout.Status(b) & ~FxLayout.Control(b) & StoreStoppers) == 0)
            {
                _ = FpuMemory.TryStore(c, linear, op.Reg2, b + FxLayout.Operand);
            }
        }
    }

    // An unmasked exception keeps the store from being made. On Intel's processors its operand cannot fault either: takes the fault back if there is one.
    private static bool IsStoreStopped(InterpreterCore c, ref Op op, byte* b, ulong faultAddress)
    {
        if ((~FxLayout.Control(b) & StoreStoppers) == 0)
        {
            return false;
        }

        byte* trial = b + FxLayout.Trial;
        Unsafe.CopyBlock(trial, b, FxLayout.ImageLength);
        HostStubs.Run(ref op, trial, trial, b + FxLayout.Operand);
        if ((FxLayout.Status(trial) & ~FxLayout.Control(trial) & StoreStoppers) == 0)
        {
            return false;
        }

        c.Stop &= ~StopFlags.Fault;
        c.S.Cr2 = faultAddress;
        return true;
    }

    /// <summary>The guest's own last instruction instead of the host's, which the stub left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Finish(InterpreterCore c, ref Op op, byte* b, ulong dataPointer)
    {
        ulong ip = op.NextIp - op.Length;
        FxLayout.InstructionPointer(b) = Pointer(c, ip, Seg.CS);
        FxLayout.DataPointer(b) = dataPointer;
        FxLayout.Opcode(b) = (ushort)(op.Immediate >> 48);
        FxLayout.MxcsrMask(b) = FxLayout.MxcsrMaskWithSse2;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void FinishMemory(InterpreterCore c, ref Op op, byte* b) =>
        Finish(c, ref op, b, Pointer(c, Operand.Offset(c, ref op), op.Segment == Op.FlatStack ? Seg.SS : op.IsFlat ? Seg.DS : op.Segment));

    private static ulong Pointer(InterpreterCore c, ulong offset, int segment) =>
        (c.Mode & CpuMode.Code64) != 0 ? offset : (uint)offset | ((ulong)c.S.Segment[segment].Selector << 32);
}
