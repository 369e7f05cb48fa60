using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>x87 control instructions, worked on the image itself; they leave the last instruction's pointers alone (Intel SDM vol. 1 8.1.8).</summary>
// SAFETY: pointers are fixed places of the core's own FxArea (FxLayout), alive during the call.
internal static unsafe class X87Control
{
    // Bit 6 reads as one on every unit since the 387; the bits above the infinity control read as zero.
    private const ushort ControlBits = 0x1F3F;
    private const ushort ControlOnes = 0x0040;

    internal static ushort CleanControl(ushort value) => (ushort)((value & ControlBits) | ControlOnes);

    /// <summary>FNINIT's state. Register contents stay where they are.</summary>
    internal static void Initialize(byte* b)
    {
        FxLayout.MoveTop(b, 0);
        FxLayout.Control(b) = FxLayout.InitialControl;
        FxLayout.Status(b) = 0;
        FxLayout.Tags(b) = 0;
        FxLayout.Opcode(b) = 0;
        FxLayout.InstructionPointer(b) = 0;
        FxLayout.DataPointer(b) = 0;
    }

    internal static void Wait(InterpreterCore c, ref Op op) => _ = FpuGate.Wait(c);

    /// <summary>FNENI, FNDISI, FNSETPM: the 8087's and 80287's own, without effect later.</summary>
    internal static void Nothing(InterpreterCore c, ref Op op) => _ = FpuGate.X87Quiet(c);

    internal static void Init(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87Quiet(c))
        {
            Initialize(c.Fx.Base);
        }
    }

    internal static void ClearExceptions(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87Quiet(c))
        {
            FxLayout.Status(c.Fx.Base) &= 0x7F00;
        }
    }

    internal static void LoadControl(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87(c) && Operand.TryAddress(c, ref op, 2, write: false, out ulong linear) && c.Memory.TryRead<W16>(linear, out ulong value))
        {
            FxLayout.Control(c.Fx.Base) = CleanControl((ushort)value);
            FxLayout.Summarize(c.Fx.Base);
        }
    }

    internal static void StoreControl(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87Quiet(c) && Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, FxLayout.Control(c.Fx.Base));
        }
    }

    internal static void StoreStatus(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87Quiet(c) && Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, FxLayout.Status(c.Fx.Base));
        }
    }

    internal static void StatusToAx(InterpreterCore c, ref Op op)
    {
        if (FpuGate.X87Quiet(c))
        {
            RegisterAccess.Write<W16>(ref c.Regs, 0, FxLayout.Status(c.Fx.Base));
        }
    }

    /// <summary>FNSTENV; <see cref="Op.Reg2"/> is 14 or 28. Masks all exceptions afterwards.</summary>
    internal static void StoreEnvironment(InterpreterCore c, ref Op op)
    {
        int size = op.Reg2;
        byte* b = c.Fx.Base;
        if (FpuGate.X87Quiet(c) && Operand.TryAddress(c, ref op, (uint)size, write: true, out ulong linear))
        {
            X87Environment.Write(b, b + FxLayout.Operand, size == 28, HasRealFormat(c));
            if (FpuMemory.TryStore(c, linear, size, b + FxLayout.Operand))
            {
                FxLayout.Control(b) |= FxLayout.ExceptionFlags;
                FxLayout.Summarize(b);
            }
        }
    }

    internal static void LoadEnvironment(InterpreterCore c, ref Op op)
    {
        int size = op.Reg2;
        byte* b = c.Fx.Base;
        if (FpuGate.X87(c)
            && Operand.TryAddress(c, ref op, (uint)size, write: false, out ulong linear)
            && FpuMemory.TryLoad(c, linear, size, b + FxLayout.Operand))
        {
            X87Environment.Read(b, b + FxLayout.Operand, size == 28, HasRealFormat(c), keepsRegisters: true);
        }
    }

    /// <summary>FNSAVE; <see cref="Op.Reg2"/> is 94 or 108. Initialises the unit afterwards.</summary>
    internal static void Save(InterpreterCore c, ref Op op)
    {
        int size = op.Reg2;
        int head = size - 80;
        byte* b = c.Fx.Base;
        byte* image = b + FxLayout.Trial;
        if (FpuGate.X87Quiet(c) && Operand.TryAddress(c, ref op, (uint)size, write: true, out ulong linear))
        {
            X87Environment.Write(b, image, head == 28, HasRealFormat(c));
            for (int i = 0; i < 8; i++)
            {
                *(ulong*)(image + head + (i * 10)) = *(ulong*)FxLayout.St(b, i);
                *(ushort*)(image + head + (i * 10) + 8) = *(ushort*)(FxLayout.St(b, i) + 8);
            }

            if (FpuMemory.TryStore(c, linear, size, image))
            {
                Initialize(b);
            }
        }
    }

    internal static void Restore(InterpreterCore c, ref Op op)
    {
        int size = op.Reg2;
        int head = size - 80;
        byte* b = c.Fx.Base;
        byte* image = b + FxLayout.Trial;
        if (FpuGate.X87(c)
            && Operand.TryAddress(c, ref op, (uint)size, write: false, out ulong linear)
            && FpuMemory.TryLoad(c, linear, size, image))
        {
            X87Environment.Read(b, image, head == 28, HasRealFormat(c), keepsRegisters: false);
            for (int i = 0; i < 8; i++)
            {
                ulong* slot = (ulong*)FxLayout.St(b, i);
                slot[0] = *(ulong*)(image + head + (i * 10));
                slot[1] = *(ushort*)(image + head + (i * 10) + 8);
            }
        }
    }

    private static bool HasRealFormat(InterpreterCore c) => (c.S.Cr0 & Cr0.PE) == 0 || c.IsVirtual8086;
}
