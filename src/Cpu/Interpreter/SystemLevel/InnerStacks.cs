using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Stacks of inner privilege levels, as the task state segment names them (Intel SDM vol. 3A 5.8.5, 7.2, 7.7).</summary>
internal static class InnerStacks
{
    /// <summary>Stack for privilege <paramref name="cpl"/> outside long mode: SS and ESP from a 16- or 32-bit TSS, fully checked.</summary>
    internal static bool TryLegacy(InterpreterCore c, int cpl, out PushTarget stack)
    {
        stack = default;
        SegmentState task = c.S.Segment[Seg.TR];
        bool wide = (task.Attributes & SystemType.Wide) != 0;
        int size = wide ? 4 : 2;
        uint at = wide ? 4 + ((uint)cpl * 8) : 2 + ((uint)cpl * 4);
        if ((task.Attributes & Attr.Present) == 0 || at + (uint)size + 1 > task.Limit)
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(task.Selector));
            return false;
        }

        if (!Words.TryReadSystem(c, Words.Wrap(c, task.Base + at), size, out ulong pointer)
            || !Words.TryReadSystem(c, Words.Wrap(c, task.Base + at + (uint)size), 2, out ulong selector)
            || !SegmentLoads.TryStack(c, (int)selector, cpl, Vector.TS, out SegmentState segment))
        {
            return false;
        }

        stack = new PushTarget(segment, pointer, false, cpl == 3, DescriptorTables.ErrorCode((int)selector));
        return true;
    }

    /// <summary>Stack for privilege <paramref name="cpl"/> in long mode: RSP0 to RSP2; SS becomes null.</summary>
    internal static bool TryLong(InterpreterCore c, int cpl, out PushTarget stack) => TryLong(c, 4 + ((uint)cpl * 8), cpl, out stack);

    /// <summary>Stack <paramref name="index"/> (1 to 7) of the interrupt stack table.</summary>
    internal static bool TryInterruptStack(InterpreterCore c, int index, int cpl, out PushTarget stack) => TryLong(c, 36 + ((uint)(index - 1) * 8), cpl, out stack);

    private static bool TryLong(InterpreterCore c, uint at, int cpl, out PushTarget stack)
    {
        stack = default;
        SegmentState task = c.S.Segment[Seg.TR];
        if ((task.Attributes & Attr.Present) == 0 || at + 7 > task.Limit)
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(task.Selector));
            return false;
        }

        if (!Words.TryReadSystem(c, task.Base + at, 8, out ulong pointer))
        {
            return false;
        }

        stack = new PushTarget(SegmentLoads.NullStack(cpl, cpl), pointer, true, cpl == 3, 0);
        return true;
    }
}
