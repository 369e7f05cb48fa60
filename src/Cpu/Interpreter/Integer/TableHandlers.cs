using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Descriptor table registers and questions about descriptors: LGDT to VERW, ARPL. Operand size in bytes stands in Reg2 where it matters.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class TableHandlers
{
    internal static Handler Store(bool task, bool memory) => (task, memory) switch
    {
        (false, false) => &StoreLdtRegister,
        (false, true) => &StoreLdtMemory,
        (true, false) => &StoreTaskRegister,
        _ => &StoreTaskMemory,
    };

    internal static void LoadGdt(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, c.Is64Bit ? 10u : 6, write: false, out ulong linear))
        {
            _ = TableRegisters.LoadGdt(c, linear, op.Reg2);
        }
    }

    internal static void LoadIdt(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, c.Is64Bit ? 10u : 6, write: false, out ulong linear))
        {
            _ = TableRegisters.LoadIdt(c, linear, op.Reg2);
        }
    }

    internal static void StoreGdt(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, c.Is64Bit ? 10u : 6, write: true, out ulong linear))
        {
            _ = TableRegisters.StoreGdt(c, linear);
        }
    }

    internal static void StoreIdt(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, c.Is64Bit ? 10u : 6, write: true, out ulong linear))
        {
            _ = TableRegisters.StoreIdt(c, linear);
        }
    }

    internal static void LoadLdt(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector))
        {
            _ = TableRegisters.LoadLdt(c, selector);
        }
    }

    internal static void LoadTask(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector))
        {
            _ = TableRegisters.LoadTask(c, selector);
        }
    }

    /// <summary>LAR: destination in Reg, its size in bytes in the upper half of Immediate.</summary>
    internal static void AccessRights(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector) && DescriptorQueries.AccessRights(c, selector, out bool found, out uint rights))
        {
            Answer(c, ref op, found, rights);
        }
    }

    internal static void SegmentLimit(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector) && DescriptorQueries.SegmentLimit(c, selector, out bool found, out uint limit))
        {
            Answer(c, ref op, found, limit);
        }
    }

    internal static void VerifyRead(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector))
        {
            _ = DescriptorQueries.Verify(c, selector, write: false);
        }
    }

    internal static void VerifyWrite(InterpreterCore c, ref Op op)
    {
        if (TryReadSelector(c, ref op, out ushort selector))
        {
            _ = DescriptorQueries.Verify(c, selector, write: true);
        }
    }

    internal static void AdjustRplRegister(InterpreterCore c, ref Op op)
    {
        ushort destination = (ushort)RegisterAccess.Read<W16>(ref c.Regs, op.Reg);
        if (DescriptorQueries.AdjustRpl(c, destination, (ushort)RegisterAccess.Read<W16>(ref c.Regs, op.Reg2), out bool changed, out ushort value))
        {
            RegisterAccess.Write<W16>(ref c.Regs, op.Reg, value);
            c.Flags.SetZero(changed);
        }
    }

    internal static void AdjustRplMemory(InterpreterCore c, ref Op op)
    {
        // Segment and page have to be writable only when there is something to write.
        if (Operand.TryAddress(c, ref op, 2, write: false, out ulong linear)
            && c.Memory.TryRead<W16>(linear, out ulong destination)
            && DescriptorQueries.AdjustRpl(c, (ushort)destination, (ushort)RegisterAccess.Read<W16>(ref c.Regs, op.Reg2), out bool changed, out ushort value)
            && (!changed || (Operand.TryAddress(c, ref op, 2, write: true, out linear) && c.Memory.TryWrite<W16>(linear, value))))
        {
            c.Flags.SetZero(changed);
        }
    }

    /// <summary>The selector operand: register Reg2, or memory when Immediate is not zero.</summary>
    private static bool TryReadSelector(InterpreterCore c, ref Op op, out ushort selector)
    {
        ulong value;
        if ((op.Immediate & 1) == 0)
        {
            value = RegisterAccess.Read<W16>(ref c.Regs, op.Reg2);
        }
        else if (!Operand.TryAddress(c, ref op, 2, write: false, out ulong linear) || !c.Memory.TryRead<W16>(linear, out value))
        {
            selector = 0;
            return false;
        }

        selector = (ushort)value;
        return true;
    }

    // ZF tells whether the descriptor could be seen; the destination changes only then. The operand size rides in the upper half of Immediate.
    private static void Answer(InterpreterCore c, ref Op op, bool found, uint value)
    {
        c.Flags.SetZero(found);
        if (!found)
        {
            return;
        }

        if (op.Immediate >> 32 == 2)
        {
            RegisterAccess.Write<W16>(ref c.Regs, op.Reg, value);
        }
        else
        {
            RegisterAccess.Write<W32>(ref c.Regs, op.Reg, value);
        }
    }

    private static void StoreLdtRegister(InterpreterCore c, ref Op op)
    {
        if (TableRegisters.StoreLdt(c, out ushort selector))
        {
            WriteRegister(c, ref op, selector);
        }
    }

    private static void StoreTaskRegister(InterpreterCore c, ref Op op)
    {
        if (TableRegisters.StoreTask(c, out ushort selector))
        {
            WriteRegister(c, ref op, selector);
        }
    }

    private static void StoreLdtMemory(InterpreterCore c, ref Op op)
    {
        if (TableRegisters.StoreLdt(c, out ushort selector) && Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, selector);
        }
    }

    private static void StoreTaskMemory(InterpreterCore c, ref Op op)
    {
        if (TableRegisters.StoreTask(c, out ushort selector) && Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, selector);
        }
    }

    /// <summary>Writes a 16-bit system value to a register of Reg2 bytes.</summary>
    internal static void WriteRegister(InterpreterCore c, ref Op op, ulong value)
    {
        switch (op.Reg2)
        {
            case 2:
                RegisterAccess.Write<W16>(ref c.Regs, op.Reg, value);
                break;
            case 4:
                RegisterAccess.Write<W32>(ref c.Regs, op.Reg, value);
                break;
            default:
                RegisterAccess.Write<W64>(ref c.Regs, op.Reg, value);
                break;
        }
    }
}
