using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// INT n, INT3, INTO, INT1. In virtual-8086 mode INT n needs IOPL 3 or goes through the redirection bitmap (Intel SDM vol. 3B 20.3.3); the others never do.
/// All return false when an exception was raised and nothing changed.
/// </summary>
internal static class SoftwareInterrupts
{
    /// <summary>INT n.</summary>
    internal static bool Interrupt(InterpreterCore c, byte vector, ulong nextIp)
    {
        if (c.IsVirtual8086)
        {
            bool redirected = false;
            if ((c.S.Cr4 & Cr4.VME) != 0 && !TryRedirection(c, vector, out redirected))
            {
                return false;
            }

            if (redirected)
            {
                return TryRedirected(c, vector, nextIp);
            }

            if (c.Iopl < 3)
            {
                c.Raise(Vector.GP);
                return false;
            }
        }

        return InterruptDelivery.Deliver(c, vector, EventKind.SoftwareInterrupt, nextIp);
    }

    /// <summary>INT3 (CC).</summary>
    internal static bool Breakpoint(InterpreterCore c, ulong nextIp) => InterruptDelivery.Deliver(c, (byte)Vector.BP, EventKind.Int3, nextIp);

    /// <summary>INTO with OF set.</summary>
    internal static bool Overflow(InterpreterCore c, ulong nextIp) => InterruptDelivery.Deliver(c, (byte)Vector.OF, EventKind.Into, nextIp);

    /// <summary>INT1 (F1).</summary>
    internal static bool Debug(InterpreterCore c, ulong nextIp) => InterruptDelivery.Deliver(c, (byte)Vector.DB, EventKind.Int1, nextIp);

    // The 32 bytes below the I/O map of the TSS; a clear bit sends the interrupt to the 8086 program itself.
    private static bool TryRedirection(InterpreterCore c, byte vector, out bool redirected)
    {
        redirected = false;
        SegmentState task = c.S.Segment[Seg.TR];
        if (task.Limit < 103 || (task.Attributes & SystemType.Wide) == 0)
        {
            return true;
        }

        if (!Words.TryReadSystem(c, (uint)(task.Base + 102), 2, out ulong ioMap))
        {
            return false;
        }

        uint at = (uint)ioMap - 32 + ((uint)vector >> 3);
        if (ioMap < 32 || at > task.Limit)
        {
            return true;
        }

        if (!Words.TryReadSystem(c, (uint)(task.Base + at), 1, out ulong bits))
        {
            return false;
        }

        redirected = (bits & (1UL << (vector & 7))) == 0;
        return true;
    }

    private static bool TryRedirected(InterpreterCore c, byte vector, ulong nextIp)
    {
        if (!Words.TryRead(c, (uint)vector * 4, 4, out ulong target))
        {
            return false;
        }

        // Below IOPL 3 the program sees VIF in the place of IF, and IOPL 3.
        ulong image = c.Rflags;
        RFlags cleared = RFlags.TF | RFlags.AC | RFlags.NT;
        if (c.Iopl < 3)
        {
            image = FlagInstructions.VirtualImage(image);
            cleared |= RFlags.VIF;
        }
        else
        {
            cleared |= RFlags.IF;
        }

        return RealModeDelivery.TryEnter(c, target, image, nextIp, cleared);
    }
}
