using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR (Intel SDM vol. 2). Memory operands come as linear addresses whose segment was checked by the caller for
/// 6 bytes, or 10 in 64-bit code. All return false when an exception was raised and nothing changed.
/// </summary>
internal static class TableRegisters
{
    /// <summary>LGDT; an operand size of 2 takes 24 bits of base.</summary>
    internal static bool LoadGdt(InterpreterCore c, ulong linear, int operandSize)
    {
        if (!TryReadTable(c, linear, operandSize, out DescriptorTableState table))
        {
            return false;
        }

        c.S.Gdtr = table;
        return true;
    }

    /// <summary>LIDT.</summary>
    internal static bool LoadIdt(InterpreterCore c, ulong linear, int operandSize)
    {
        if (!TryReadTable(c, linear, operandSize, out DescriptorTableState table))
        {
            return false;
        }

        c.S.Idtr = table;
        return true;
    }

    /// <summary>SGDT.</summary>
    internal static bool StoreGdt(InterpreterCore c, ulong linear) => TryWriteTable(c, linear, c.S.Gdtr);

    /// <summary>SIDT.</summary>
    internal static bool StoreIdt(InterpreterCore c, ulong linear) => TryWriteTable(c, linear, c.S.Idtr);

    /// <summary>SLDT: the selector to store.</summary>
    internal static bool StoreLdt(InterpreterCore c, out ushort selector) => TryStore(c, Seg.LDTR, out selector);

    /// <summary>STR: the selector to store.</summary>
    internal static bool StoreTask(InterpreterCore c, out ushort selector) => TryStore(c, Seg.TR, out selector);

    /// <summary>LLDT.</summary>
    internal static bool LoadLdt(InterpreterCore c, ushort selector)
    {
        if (!Privilege.TryProtected(c) || !Privilege.TrySupervisor(c))
        {
            return false;
        }

        if (DescriptorTables.IsNull(selector))
        {
            c.S.Segment[Seg.LDTR] = SegmentLoads.Null(selector);
            return true;
        }

        if (!TryReadSystemSegment(c, selector, out Descriptor d))
        {
            return false;
        }

        if (!d.IsSystem || d.Type != SystemType.Ldt)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!TryPresent(c, selector, d) || !TryFull(c, selector, ref d))
        {
            return false;
        }

        c.S.Segment[Seg.LDTR] = d.ToSegment(selector);
        return true;
    }

    /// <summary>LTR: an available TSS, which becomes busy.</summary>
    internal static bool LoadTask(InterpreterCore c, ushort selector)
    {
        if (!Privilege.TryProtected(c) || !Privilege.TrySupervisor(c))
        {
            return false;
        }

        if (DescriptorTables.IsNull(selector))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        if (!TryReadSystemSegment(c, selector, out Descriptor d))
        {
            return false;
        }

        bool available = d.IsSystem && (d.Type == SystemType.AvailableTss || (d.Type == SystemType.AvailableTss16 && !c.IsLongMode));
        if (!available)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!TryPresent(c, selector, d) || !TryFull(c, selector, ref d))
        {
            return false;
        }

        d = d.WithType(d.Type | SystemType.Busy);
        if (!DescriptorTables.TryWriteType(c, selector, d))
        {
            return false;
        }

        c.S.Segment[Seg.TR] = d.ToSegment(selector);
        return true;
    }

    private static bool TryReadTable(InterpreterCore c, ulong linear, int operandSize, out DescriptorTableState table)
    {
        table = default;
        if (!Privilege.TrySupervisor(c)
            || !c.Memory.TryRead<W16>(linear, out ulong limit) || !Words.TryRead(c, Words.Wrap(c, linear + 2), c.Is64Bit ? 8 : 4, out ulong start))
        {
            return false;
        }

        if (c.Is64Bit)
        {
            if (!Words.IsCanonical(start))
            {
                return Privilege.Fault(c, Vector.GP);
            }
        }
        else if (operandSize == 2)
        {
            start &= 0xFF_FFFF;
        }

        table = new DescriptorTableState { Base = start, Limit = (ushort)limit };
        return true;
    }

    private static bool TryWriteTable(InterpreterCore c, ulong linear, in DescriptorTableState table)
    {
        int size = c.Is64Bit ? 8 : 4;
        return Privilege.TryUnprevented(c)
            && c.Memory.TryProbeWrite(linear, size + 2)
            && c.Memory.TryWrite<W16>(linear, table.Limit)
            && Words.TryWrite(c, Words.Wrap(c, linear + 2), size, table.Base & Words.Mask(size));
    }

    private static bool TryStore(InterpreterCore c, int segment, out ushort selector)
    {
        selector = c.S.Segment[segment].Selector;
        return Privilege.TryProtected(c) && Privilege.TryUnprevented(c);
    }

    private static bool TryReadSystemSegment(InterpreterCore c, int selector, out Descriptor d)
    {
        if ((selector & 4) == 0)
        {
            return DescriptorTables.TryRead(c, selector, Vector.GP, out d);
        }

        d = default;
        c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
        return false;
    }

    private static bool TryPresent(InterpreterCore c, int selector, in Descriptor d)
    {
        if (d.IsPresent)
        {
            return true;
        }

        c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
        return false;
    }

    // Long mode has 16-byte descriptors with a 64-bit base.
    private static bool TryFull(InterpreterCore c, int selector, ref Descriptor d)
    {
        if (!c.IsLongMode)
        {
            return true;
        }

        if (!DescriptorTables.TryReadSecondHalf(c, selector, Vector.GP, ref d))
        {
            return false;
        }

        if (Words.IsCanonical(d.Base))
        {
            return true;
        }

        c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
        return false;
    }
}
