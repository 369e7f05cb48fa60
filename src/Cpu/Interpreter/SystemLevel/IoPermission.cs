using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Whether a port access is allowed: IOPL, then the I/O permission bitmap of the task (Intel SDM vol. 1 19.5).</summary>
internal static class IoPermission
{
    private const uint BitmapBaseOffset = 0x66;

    /// <summary>Checks <paramref name="size"/> ports from <paramref name="port"/>. False: an exception was raised.</summary>
    internal static bool Check(InterpreterCore c, ushort port, int size)
    {
        bool free = c.IsVirtual8086 ? false : !c.IsProtected || c.Cpl <= c.Iopl;
        if (free)
        {
            return true;
        }

        SegmentState task = c.S.Segment[Seg.TR];
        int type = task.Attributes & 0xF;
        bool wide = (task.Attributes & Attr.Present) != 0 && type is 9 or 11;
        if (!wide || task.Limit < BitmapBaseOffset + 1)
        {
            c.Raise(Vector.GP);
            return false;
        }

        if (!c.Memory.TryReadSystem<W16>(task.Base + BitmapBaseOffset, out ulong start))
        {
            return false;
        }

        // Two bytes are read always, so that an access across a byte border is covered.
        ulong at = start + ((ulong)port >> 3);
        if (at + 1 > task.Limit)
        {
            c.Raise(Vector.GP);
            return false;
        }

        if (!c.Memory.TryReadSystem<W16>(task.Base + at, out ulong bits))
        {
            return false;
        }

        if (((bits >> (port & 7)) & ((1UL << size) - 1)) != 0)
        {
            c.Raise(Vector.GP);
            return false;
        }

        return true;
    }
}
