using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Delivery of the pending exception, with double and triple faults (Intel SDM vol. 3A 6.15, interrupt 8, table 6-5).</summary>
internal static class FaultDelivery
{
    /// <summary>
    /// Delivers the exception that was raised, with <see cref="InterpreterCore.Rip"/> at the faulting instruction. Clears the fault; afterwards RIP is
    /// at a handler, or the processor is in shutdown.
    /// </summary>
    internal static void DeliverFault(InterpreterCore c)
    {
        Vector vector = c.PendingVector;
        uint errorCode = c.PendingErrorCode;
        while (true)
        {
            c.Stop &= ~StopFlags.Fault;
            c.History.Add(vector, errorCode, c.S.Segment[Seg.CS].Selector, c.Rip, c.S.Cr2, c.RetiredBefore);
            if (InterruptDelivery.Deliver(c, (byte)vector, EventKind.Exception, c.Rip, vector.HasErrorCode(), errorCode))
            {
                return;
            }

            if (vector == Vector.DF)
            {
                c.Stop &= ~StopFlags.Fault;
                c.S.Activity = VcpuActivity.Shutdown;
                c.Attend(Attention.Inactive);
                c.LeaveBlock();
                return;
            }

            bool doubled = MakesDouble(vector, c.PendingVector);
            vector = doubled ? Vector.DF : c.PendingVector;
            errorCode = doubled ? 0 : c.PendingErrorCode;
        }
    }

    /// <summary>Whether the second exception, met while the first is delivered, becomes a double fault.</summary>
    internal static bool MakesDouble(Vector first, Vector second) =>
        (IsContributory(first) && IsContributory(second)) || (first == Vector.PF && (second == Vector.PF || IsContributory(second)));

    private static bool IsContributory(Vector vector) => vector is Vector.DE or Vector.TS or Vector.NP or Vector.SS or Vector.GP;
}
