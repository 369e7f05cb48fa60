using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Decode;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter;

/// <summary>
/// Runs blocks. Between blocks it looks at the attention bits: kicks, interrupts, debug traps. Inside a block only the stop flags are looked at, which an
/// operation sets when the straight path ends. What counts as retired: docs/design/counting.md.
/// </summary>
// SAFETY: handlers in finished blocks are never null; operations are walked inside their array only.
internal sealed unsafe class RunLoop(InterpreterCore core, BlockCache blocks)
{
    /// <summary>Runs until a stop reason applies.</summary>
    internal StopReason Run(ulong maxInstructions)
    {
        InterpreterCore c = core;
        ulong limit = maxInstructions > ulong.MaxValue - c.RetiredBefore ? ulong.MaxValue : c.RetiredBefore + maxInstructions;
        c.RetireLimit = limit;
        while (true)
        {
            bool single = false;
            if (Volatile.Read(ref c.AttentionBits) != 0 && Attend(out single, out StopReason reason, c.RetiredBefore < limit))
            {
                return reason;
            }

            if (c.RetiredBefore >= limit)
            {
                return StopReason.Budget;
            }

            Block? block = blocks.Find();
            if (block is null)
            {
                Deliver();
                continue;
            }

            ulong room = limit - c.RetiredBefore;
            int count = room < (ulong)block.Ops.Length ? (int)room : block.Ops.Length;
            if (single)
            {
                RunSingle(block);
            }
            else
            {
                Execute(c, block, count);
            }
        }
    }

    /// <summary>Derives the attention bits from the state after it was stored.</summary>
    internal void RecomputeAttention()
    {
        Attention bits = Attention.None;
        bits |= core.S.InterruptRequest != 0 ? Attention.Interrupt : 0;
        bits |= core.S.NmiPending != 0 ? Attention.Nmi : 0;
        bits |= core.S.SmiPending != 0 ? Attention.Management : 0;
        bits |= core.S.InterruptShadow != 0 ? Attention.Shadow : 0;
        bits |= core.S.Activity != VcpuActivity.Running ? Attention.Inactive : 0;
        bits |= DebugTraps.IsWatching(core) ? Attention.Debug : 0;

        // A kick from another thread must survive.
        Interlocked.And(ref core.AttentionBits, (int)(Attention.Kick | Attention.Stop));
        Interlocked.Or(ref core.AttentionBits, (int)bits);
    }

    // Inlined into Run: a block is five instructions long on average, so a call a block would show.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Execute(InterpreterCore c, Block block, int count)
    {
        c.Stop = StopFlags.None;
        c.Rip = block.EndRip;
        c.CurrentPosition = 0;
        ref Op op = ref MemoryMarshal.GetArrayDataReference(block.Ops);
        ref Op end = ref Unsafe.Add(ref op, count);
        do
        {
            op.Handler(c, ref op);
            if (c.Stop != StopFlags.None)
            {
                Stopped(block, ref op);
                return;
            }

            op = ref Unsafe.Add(ref op, 1);
            c.CurrentPosition++;
        }
        while (Unsafe.IsAddressLessThan(ref op, ref end));

        c.CurrentPosition = 0;
        c.RetiredBefore += (ulong)count;
        if (count < block.Ops.Length)
        {
            c.Rip = block.Ops[count - 1].NextIp;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Stopped(Block block, ref Op op)
    {
        InterpreterCore c = core;
        int position = c.CurrentPosition + 1;
        c.CurrentPosition = 0;
        if ((c.Stop & StopFlags.Fault) != 0)
        {
            c.Rip = StartOf(ref op, block);
            c.RetiredBefore += (ulong)(position - 1);
            Deliver();
            return;
        }

        if ((c.Stop & StopFlags.Repeat) != 0)
        {
            c.Rip = StartOf(ref op, block);
            c.RetiredBefore += (ulong)(position - 1);
            return;
        }

        c.RetiredBefore += (ulong)position;
        if (position < block.Ops.Length)
        {
            c.Rip = op.NextIp;
        }
    }

    private static ulong StartOf(ref Op op, Block block)
    {
        ulong start = op.NextIp - op.Length;
        return ((CpuMode)block.Key & CpuMode.Code64) != 0 ? start
            : ((CpuMode)block.Key & CpuMode.Code32) != 0 ? (uint)start
            : (ushort)start;
    }

    // One delivered event counts as one instruction, so that a guest whose handlers fault for ever still spends its budget.
    private void Deliver()
    {
        InterpreterCore c = core;
        c.Stop = StopFlags.None;
        c.SuppressSingleStep = true; // an instruction that faulted has not completed: no single-step trap behind it
        FaultDelivery.DeliverFault(c);
        c.Stop = StopFlags.None;
        c.RetiredBefore++;
        RecomputeAfterEvent();
    }

    private void RecomputeAfterEvent()
    {
        if (core.S.Activity != VcpuActivity.Running)
        {
            core.Attend(Attention.Inactive);
        }

        DebugTraps.UpdateAttention(core);
    }

    // One instruction with traps before and after it.
    private void RunSingle(Block block)
    {
        InterpreterCore c = core;
        bool shadowed = c.S.InterruptShadow != 0;
        if (!shadowed && DebugTraps.TryBreakBefore(c, block.Linear))
        {
            Deliver();
            return;
        }

        bool trap = (c.SystemFlags & (ulong)RFlags.TF) != 0;
        c.SystemFlags &= ~(ulong)RFlags.RF;
        c.S.InterruptShadow = 0;
        c.Unattend(Attention.Shadow);
        ulong before = c.RetiredBefore;
        c.SuppressSingleStep = false;

        // Traps come behind each iteration of a repeated instruction: it gets a budget of one.
        ulong limit = c.RetireLimit;
        c.RetireLimit = before + 1;
        Execute(c, block, 1);
        c.RetireLimit = limit;
        if (c.RetiredBefore == before)
        {
            return;
        }

        DebugTraps.AfterInstruction(c, trap);
        DebugTraps.UpdateAttention(c);
    }

    /// <summary>True: leave <see cref="Run"/> with <paramref name="reason"/>. <paramref name="single"/>: run one instruction only.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Attend(out bool single, out StopReason reason, bool mayDeliver)
    {
        InterpreterCore c = core;
        single = false;
        reason = StopReason.Kick;
        Attention bits = (Attention)Volatile.Read(ref c.AttentionBits);
        if ((bits & (Attention.Kick | Attention.Stop)) != 0)
        {
            c.Unattend(Attention.Kick | Attention.Stop);
            return true;
        }

        bool open = c.S.InterruptShadow == 0;
        if (mayDeliver && c.S.Activity != VcpuActivity.Shutdown && c.S.Activity != VcpuActivity.WaitForSipi)
        {
            // STI holds off interrupts only; MOV SS and POP SS hold off debug traps too (Intel SDM vol. 3A 6.8.3).
            if (c.S.PendingDebug != 0 && c.S.InterruptShadow != 2)
            {
                Wake();
                DebugTraps.RaisePending(c);
                Deliver();
                return false;
            }

            if (open && (bits & Attention.Management) != 0 && c.S.SystemManagement == 0)
            {
                SystemManagement.Enter(c);
                FinishEvent();
                return false;
            }

            if (open && (bits & Attention.Nmi) != 0 && c.S.NmiBlocked == 0)
            {
                c.S.NmiPending = 0;
                c.Unattend(Attention.Nmi);
                Wake();
                _ = InterruptDelivery.Deliver(c, (byte)Vector.NMI, EventKind.Nmi, c.Rip);
                FinishEvent();
                return false;
            }

            if (open && (bits & Attention.Interrupt) != 0 && (c.SystemFlags & (ulong)RFlags.IF) != 0 && c.Bus.TryAcknowledgeInterrupt(out byte vector))
            {
                Wake();
                _ = InterruptDelivery.Deliver(c, vector, EventKind.External, c.Rip);
                FinishEvent();
                return false;
            }
        }

        if (c.S.Activity != VcpuActivity.Running)
        {
            // With the budget spent nothing may be delivered now, but a processor with something to wake for does not sleep: where a slice ends must not show.
            bool wakes = !mayDeliver && c.S.Activity == VcpuActivity.Halted && IsWakePending(bits);
            reason = c.S.Activity == VcpuActivity.Shutdown ? StopReason.Shutdown : wakes ? StopReason.Budget : StopReason.Halt;
            return true;
        }

        single = (bits & (Attention.Debug | Attention.Shadow)) != 0;
        return false;
    }

    private bool IsWakePending(Attention bits) =>
        ((bits & Attention.Nmi) != 0 && core.S.NmiBlocked == 0) || ((bits & Attention.Interrupt) != 0 && (core.SystemFlags & (ulong)RFlags.IF) != 0);

    private void Wake()
    {
        core.S.Activity = VcpuActivity.Running;
        core.Unattend(Attention.Inactive);
    }

    private void FinishEvent()
    {
        if ((core.Stop & StopFlags.Fault) != 0)
        {
            Deliver();
            return;
        }

        core.Stop = StopFlags.None;
        core.RetiredBefore++;
        RecomputeAfterEvent();
    }
}
