using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Whether the running program may use a port: IOPL, then the I/O permission bitmap of the TSS (Intel SDM vol. 1 19.5).</summary>
internal static class IoPermission
{
    private const uint MapOffset = 102;

    /// <summary>Whether all ports are open: the bitmap, which may change under a repetition, is not asked.</summary>
    internal static bool IsOpen(InterpreterCore c) => c.IsProtected ? c.Cpl <= c.Iopl : !c.IsVirtual8086;

    /// <summary>Checks <paramref name="size"/> (1, 2 or 4) ports from <paramref name="port"/> on. False: #GP(0), or the page fault of reading the bitmap, was raised.</summary>
    internal static bool Check(InterpreterCore c, ushort port, int size)
    {
        if (IsOpen(c))
        {
            return true;
        }

        SegmentState task = c.S.Segment[Seg.TR];
        bool wide = (task.Attributes & (Attr.Present | SystemType.Wide)) == (Attr.Present | SystemType.Wide);
        if (!wide || task.Limit < MapOffset + 1)
        {
            return Refuse(c);
        }

        if (!Words.TryReadSystem(c, Words.Wrap(c, task.Base + MapOffset), 2, out ulong map))
        {
            return false;
        }

        // Two bytes are read always, so the byte behind the last must be inside too.
        uint at = (uint)map + ((uint)port >> 3);
        if (at + 1 > task.Limit)
        {
            return Refuse(c);
        }

        if (!Words.TryReadSystem(c, Words.Wrap(c, task.Base + at), 2, out ulong bits))
        {
            return false;
        }

        ulong wanted = (1UL << size) - 1;
        return ((bits >> (port & 7)) & wanted) == 0 || Refuse(c);
    }

    private static bool Refuse(InterpreterCore c)
    {
        c.Raise(Vector.GP);
        return false;
    }
}
