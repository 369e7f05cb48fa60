using Doppel.Cpu.Interpreter.Core;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// MMX instructions. MMX register n is physical x87 register n; all but EMMS set TOP to 0 and mark every register used, and writes set the exponent
/// part to ones (Intel SDM vol. 1 9.2.1, 9.5.1). <see cref="Op.Immediate"/> as in <see cref="SseOperations"/>.
/// </summary>
// SAFETY: operands are places of the core's own FxArea.
internal static unsafe class MmxOperations
{
    internal static void Integer(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Mmx(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            FxLayout.EnterMmx(b);
            byte* destination = FxLayout.St(b, op.Reg);
            HostStubs.Run(ref op, b, destination, source);
            SetExponent(destination);
        }
    }

    /// <summary>CVTPS2PI and fellows.</summary>
    internal static void FromFloat(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && FpuGate.NoPendingError(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            byte* result = b + FxLayout.Spare;
            FxLayout.EnterMmx(b); // before an exception of the conversion, too
            if (SseFloat.TryRun(c, ref op, b, result, source))
            {
                Set(b, op.Reg, *(ulong*)result);
            }
        }
    }

    /// <summary>MOVD, MOVQ to an MMX register; <see cref="Op.Immediate"/> holds the size in bits 7:0.</summary>
    internal static void Move(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Mmx(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            Set(b, op.Reg, (byte)op.Immediate == 4 ? *(uint*)source : *(ulong*)source);
        }
    }

    /// <summary>MOVDQ2Q.</summary>
    internal static void FromXmm(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && FpuGate.NoPendingError(c))
        {
            Set(b, op.Reg, *(ulong*)FxLayout.XmmAt(b, op.Reg2));
        }
    }

    /// <summary>MOVD, MOVQ, PEXTRW to a general-purpose register: size in bits 7:0, byte offset in bits 15:8.</summary>
    internal static void ToGpr(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Mmx(c))
        {
            byte* b = c.Fx.Base;
            FxLayout.EnterMmx(b);
            ulong value = *(ulong*)FxLayout.St(b, op.Reg2) >> (8 * (int)((op.Immediate >> 8) & 7));
            int size = (byte)op.Immediate;
            RegisterAccess.At(ref c.Regs, op.Reg) = size == 2 ? (ushort)value : size == 4 ? (uint)value : value;
        }
    }

    /// <summary>MOVD, MOVQ, MOVNTQ to memory: size in bits 7:0.</summary>
    internal static void ToMemory(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        int size = (byte)op.Immediate;
        if (!FpuGate.Mmx(c))
        {
            return;
        }

        // Intel's processors have moved TOP when the store faults, and set the tags after it; AMD's have done nothing.
        if (c.IsAmd && (!Operand.TryAddress(c, ref op, (uint)size, write: true, out ulong probed) || !FpuMemory.TryPrepareStore(c, probed, size)))
        {
            return;
        }

        if (FxLayout.Top(b) != 0)
        {
            FxLayout.MoveTop(b, 0);
        }

        if (Operand.TryAddress(c, ref op, (uint)size, write: true, out ulong linear) && FpuMemory.TryStore(c, linear, size, FxLayout.St(b, op.Reg)))
        {
            FxLayout.Tags(b) = 0xFF;
        }
    }

    /// <summary>MASKMOVQ.</summary>
    internal static void MaskedStore(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Mmx(c))
        {
            FxLayout.EnterMmx(b);
            _ = MaskedMove.TryStore(c, ref op, FxLayout.St(b, op.Reg), FxLayout.St(b, op.Reg2), 8);
        }
    }

    /// <summary>EMMS, FEMMS.</summary>
    internal static void Empty(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Mmx(c))
        {
            byte* b = c.Fx.Base;
            FxLayout.EnterMmx(b);
            FxLayout.Tags(b) = 0;
        }
    }

    private static void Set(byte* b, int register, ulong value)
    {
        FxLayout.EnterMmx(b);
        byte* at = FxLayout.St(b, register);
        *(ulong*)at = value;
        SetExponent(at);
    }

    private static void SetExponent(byte* register) => *(ulong*)(register + 8) = 0xFFFF;
}
