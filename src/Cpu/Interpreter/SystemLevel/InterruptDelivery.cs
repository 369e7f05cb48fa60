using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Delivery of interrupts and exceptions through the interrupt table (Intel SDM vol. 3A chapter 6; vol. 2 INT n).</summary>
internal static class InterruptDelivery
{
    private const ulong DebugGeneralDetect = 1UL << 13;

    /// <summary>
    /// Delivers one event: afterwards RIP is at the handler. False: delivery faulted, nothing changed, and the new exception is pending for
    /// <see cref="FaultDelivery.DeliverFault"/>.
    /// </summary>
    internal static bool Deliver(InterpreterCore c, byte vector, EventKind kind, ulong returnIp, bool hasErrorCode = false, uint errorCode = 0)
    {
        Event e = new(vector, kind, returnIp, hasErrorCode, errorCode);
        bool delivered = (c.S.Cr0 & Cr0.PE) == 0 ? RealModeDelivery.TryDeliver(c, e) : ProtectedDelivery.TryDeliver(c, e);
        if (!delivered)
        {
            if (!e.IsSoftware && c.PendingVector is Vector.TS or Vector.NP or Vector.SS or Vector.GP)
            {
                c.PendingErrorCode |= 1;
            }

            return false;
        }

        if (kind == EventKind.Nmi)
        {
            c.S.NmiBlocked = 1;
        }

        if ((kind == EventKind.Exception && vector == (byte)Vector.DB) || kind == EventKind.Int1)
        {
            c.S.Dr[7] &= ~DebugGeneralDetect;
        }

        c.S.InterruptShadow = 0;
        if (c.S.Activity == VcpuActivity.Halted)
        {
            c.S.Activity = VcpuActivity.Running;
        }

        c.LeaveBlock();
        return true;
    }

    /// <summary>RFLAGS as the frame has them: RF is set for faults, so that a breakpoint on the instruction does not strike twice (Intel SDM vol. 3B 17.3.1.1).</summary>
    internal static ulong FlagsImage(InterpreterCore c, in Event e)
    {
        bool fault = e.Kind == EventKind.Exception && (Vector)e.Vector is not (Vector.DB or Vector.DF or Vector.MC);
        return c.Rflags | (fault ? (ulong)RFlags.RF : 0);
    }
}
