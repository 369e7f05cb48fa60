using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Loads LDTR and the segment registers of a new task, with the checks of Intel SDM vol. 3A table 7-1.</summary>
internal static class TaskSegments
{
    /// <summary>Loads all. False: an exception was raised; registers not yet loaded hold their selector and are unusable.</summary>
    internal static bool TryLoadAll(InterpreterCore c, in TaskState task)
    {
        bool virtual8086 = (task.Flags & (uint)RFlags.VM) != 0;
        c.Cpl = (byte)(virtual8086 ? 3 : task.Segments[Seg.CS] & 3);
        for (int i = 0; i < 6; i++)
        {
            SegmentRegisters.Set(c, i, SegmentLoads.Null(task.Segments[i]));
        }

        c.S.Segment[Seg.LDTR] = SegmentLoads.Null(task.Ldt);
        if (!TryLdt(c, task.Ldt))
        {
            return false;
        }

        if (virtual8086)
        {
            for (int i = 0; i < 6; i++)
            {
                SegmentRegisters.SetRealMode(c, i, task.Segments[i]);
            }

            return CodeTargets.TryRealModeOffset(c, task.Ip);
        }

        return TryCode(c, task) && TryStack(c, task.Segments[Seg.SS])
            && TryData(c, Seg.DS, task) && TryData(c, Seg.ES, task) && TryData(c, Seg.FS, task) && TryData(c, Seg.GS, task)
            && TryIp(c, task);
    }

    private static bool TryLdt(InterpreterCore c, int selector)
    {
        if (DescriptorTables.IsNull(selector))
        {
            return true;
        }

        Descriptor d = default;
        if ((selector & 4) != 0)
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!DescriptorTables.TryRead(c, selector, Vector.TS, out d))
        {
            return false;
        }

        if (!d.IsSystem || d.Type != SystemType.Ldt || !d.IsPresent)
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(selector));
            return false;
        }

        SegmentRegisters.Set(c, Seg.LDTR, d.ToSegment(selector));
        return true;
    }

    private static bool TryCode(InterpreterCore c, in TaskState task)
    {
        int selector = task.Segments[Seg.CS];
        if (!CodeTargets.TryRead(c, selector, Vector.TS, out Descriptor code))
        {
            return false;
        }

        if (!code.IsCode || (code.IsConforming ? code.Dpl > c.Cpl : code.Dpl != c.Cpl))
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!code.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!DescriptorTables.TryMarkAccessed(c, selector, code))
        {
            return false;
        }

        SegmentRegisters.Set(c, Seg.CS, code.ToSegment(selector));
        return true;
    }

    private static bool TryStack(InterpreterCore c, int selector)
    {
        if (!SegmentLoads.TryStack(c, selector, c.Cpl, Vector.TS, out SegmentState state))
        {
            return false;
        }

        SegmentRegisters.Set(c, Seg.SS, state);
        return true;
    }

    private static bool TryData(InterpreterCore c, int segment, in TaskState task)
    {
        if (!SegmentLoads.TryData(c, task.Segments[segment], c.Cpl, Vector.TS, out SegmentState state))
        {
            return false;
        }

        SegmentRegisters.Set(c, segment, state);
        return true;
    }

    private static bool TryIp(InterpreterCore c, in TaskState task)
    {
        if (task.Ip <= c.S.Segment[Seg.CS].Limit)
        {
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }
}
