using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// Loads of data and stack segments (Intel SDM vol. 2 MOV, POP, LDS). Null selectors clear the base, as Intel processors do; the interrupt shadow of
/// MOV SS and POP SS is the caller's.
/// </summary>
internal static class SegmentLoads
{
    /// <summary>Loads ES, SS, DS, FS or GS with all checks of the present mode. False: an exception was raised and nothing changed.</summary>
    internal static bool Load(InterpreterCore c, int segment, ushort selector)
    {
        if (!c.IsProtected)
        {
            SegmentRegisters.SetRealMode(c, segment, selector);
            return true;
        }

        SegmentState state;
        if (segment == Seg.SS)
        {
            if (DescriptorTables.IsNull(selector) && c.Is64Bit && c.Cpl < 3 && (selector & 3) == c.Cpl)
            {
                state = NullStack(selector, c.Cpl);
            }
            else if (!TryStack(c, selector, c.Cpl, Vector.GP, out state))
            {
                return false;
            }
        }
        else if (!TryData(c, selector, c.Cpl, Vector.GP, out state))
        {
            return false;
        }

        SegmentRegisters.Set(c, segment, state);
        return true;
    }

    /// <summary>An unusable segment register that keeps its selector.</summary>
    internal static SegmentState Null(int selector) => new() { Selector = (ushort)selector };

    /// <summary>SS of 64-bit code with a null selector; the rights keep the privilege level.</summary>
    internal static SegmentState NullStack(int selector, int cpl) => new() { Selector = (ushort)selector, Attributes = (ushort)(cpl << 5) };

    /// <summary>
    /// Checks a stack selector for privilege <paramref name="cpl"/>: RPL and DPL must equal it, the segment must be writable data. Violations raise
    /// <paramref name="vector"/> (#GP or #TS), an absent segment #SS.
    /// </summary>
    internal static bool TryStack(InterpreterCore c, int selector, int cpl, Vector vector, out SegmentState state)
    {
        state = default;
        uint error = DescriptorTables.ErrorCode(selector);
        if (DescriptorTables.IsNull(selector))
        {
            c.Raise(vector);
            return false;
        }

        if (!DescriptorTables.TryRead(c, selector, vector, out Descriptor d))
        {
            return false;
        }

        if ((selector & 3) != cpl || !d.IsWritableData || d.Dpl != cpl)
        {
            c.Raise(vector, error);
            return false;
        }

        if (!d.IsPresent)
        {
            c.Raise(Vector.SS, error);
            return false;
        }

        state = d.ToSegment(selector);
        return DescriptorTables.TryMarkAccessed(c, selector, d);
    }

    /// <summary>Checks a data selector for privilege <paramref name="cpl"/>; null is allowed. Violations raise <paramref name="vector"/>, an absent segment #NP.</summary>
    internal static bool TryData(InterpreterCore c, int selector, int cpl, Vector vector, out SegmentState state)
    {
        state = Null(selector);
        if (DescriptorTables.IsNull(selector))
        {
            return true;
        }

        if (!DescriptorTables.TryRead(c, selector, vector, out Descriptor d))
        {
            return false;
        }

        bool conformingCode = d.IsCode && d.IsConforming;
        if (!d.IsReadable || (!conformingCode && ((selector & 3) > d.Dpl || cpl > d.Dpl)))
        {
            c.Raise(vector, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!d.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        state = d.ToSegment(selector);
        return DescriptorTables.TryMarkAccessed(c, selector, d);
    }

    /// <summary>After a return to an outer level: registers that the new level may not use become null (Intel SDM vol. 3A 5.8.6).</summary>
    internal static void DropPrivileged(InterpreterCore c)
    {
        DropPrivileged(c, Seg.ES);
        DropPrivileged(c, Seg.DS);
        DropPrivileged(c, Seg.FS);
        DropPrivileged(c, Seg.GS);
    }

    private static void DropPrivileged(InterpreterCore c, int segment)
    {
        int a = c.S.Segment[segment].Attributes;
        bool conformingCode = (a & (Attr.Code | Attr.Conforming)) == (Attr.Code | Attr.Conforming);
        if ((a & Attr.Present) != 0 && Attr.Dpl(a) < c.Cpl && !conformingCode)
        {
            // The base stays, as it does on processors: 64-bit code may have set it through a model-specific register.
            SegmentState state = c.S.Segment[segment];
            state.Selector = 0;
            state.Attributes = 0;
            SegmentRegisters.Set(c, segment, state);
        }
    }
}
