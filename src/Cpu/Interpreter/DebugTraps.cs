using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter;

/// <summary>Single-step and breakpoints (Intel SDM vol. 3B 17.2 and 17.3). While anything is watched the run loop takes one instruction at a time.</summary>
internal static class DebugTraps
{
    private const ulong SingleStep = 1UL << 14;

    /// <summary>Whether instructions must run one at a time.</summary>
    internal static bool IsWatching(InterpreterCore c) =>
        (c.SystemFlags & (ulong)(RFlags.TF | RFlags.RF)) != 0 || (c.S.Dr[7] & 0xFF) != 0 || c.S.PendingDebug != 0;

    /// <summary>Whether DR7 enables a breakpoint on data or ports: then the TLB is passed by.</summary>
    internal static bool WatchesData(InterpreterCore c)
    {
        for (int n = 0; n < 4; n++)
        {
            if (IsEnabled(c, n) && Kind(c, n) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts data breakpoints into force, or out of it: with them the TLB holds no data pages.</summary>
    internal static void WatchDataAsTold(InterpreterCore c)
    {
        bool watches = WatchesData(c);
        if (watches != c.WatchesData)
        {
            c.WatchesData = watches;
            c.Memory.FlushAll();
        }
    }

    /// <summary>Sets or clears the attention bits that follow from flags, debug registers and the interrupt shadow.</summary>
    internal static void UpdateAttention(InterpreterCore c)
    {
        if (IsWatching(c))
        {
            c.Attend(Attention.Debug);
        }
        else if ((c.AttentionBits & (int)Attention.Debug) != 0)
        {
            c.Unattend(Attention.Debug);
        }

        if (c.S.InterruptShadow != 0)
        {
            c.Attend(Attention.Shadow);
        }
        else if ((c.AttentionBits & (int)Attention.Shadow) != 0)
        {
            c.Unattend(Attention.Shadow);
        }
    }

    /// <summary>Raises #DB for an instruction breakpoint at a linear address; these are faults.</summary>
    internal static bool TryBreakBefore(InterpreterCore c, ulong linear)
    {
        if ((c.S.Dr[7] & 0xFF) == 0 || (c.SystemFlags & (ulong)RFlags.RF) != 0)
        {
            return false;
        }

        ulong hit = 0;
        bool enabled = false;
        for (int n = 0; n < 4; n++)
        {
            if (Kind(c, n) == 0 && c.S.Dr[n] == linear)
            {
                hit |= 1UL << n;
                enabled |= IsEnabled(c, n);
            }
        }

        if (!enabled)
        {
            return false;
        }

        c.S.Dr[6] = (c.S.Dr[6] & ~0xFUL) | hit;
        c.SystemFlags |= (ulong)RFlags.RF; // the frame of an instruction breakpoint has RF set; gates clear it on the way in
        c.Raise(Vector.DB);
        return true;
    }

    /// <summary>Collects what the instruction that just completed has triggered.</summary>
    internal static void AfterInstruction(InterpreterCore c, bool trapFlagWasSet)
    {
        if (trapFlagWasSet && !c.SuppressSingleStep)
        {
            c.S.PendingDebug |= SingleStep;
        }

        c.SuppressSingleStep = false;
    }

    /// <summary>Notes an access that a data breakpoint may watch: a trap after the instruction.</summary>
    internal static void NoteData(InterpreterCore c, ulong linear, int size, bool write)
    {
        for (int n = 0; n < 4; n++)
        {
            ulong length = Length(c, n);
            ulong start = c.S.Dr[n] & ~(length - 1);
            bool kind = Kind(c, n) == 3 || (write && Kind(c, n) == 1);
            if (kind && IsEnabled(c, n) && start < linear + (ulong)size && linear < start + length)
            {
                c.S.PendingDebug |= 1UL << n;
                c.LeaveBlock();
            }
        }
    }

    /// <summary>Notes a port access that an I/O breakpoint (CR4.DE) may watch.</summary>
    internal static void NotePort(InterpreterCore c, ushort port, int size)
    {
        for (int n = 0; n < 4; n++)
        {
            ulong length = Length(c, n);
            ulong start = c.S.Dr[n] & ~(length - 1);
            if (Kind(c, n) == 2 && (c.S.Cr4 & Cr4.DE) != 0 && IsEnabled(c, n) && start < (ulong)port + (ulong)size && port < start + length)
            {
                c.S.PendingDebug |= 1UL << n;
                c.LeaveBlock();
            }
        }
    }

    /// <summary>Turns pending traps into #DB.</summary>
    internal static void RaisePending(InterpreterCore c)
    {
        c.S.Dr[6] = (c.S.Dr[6] & ~0xFUL) | c.S.PendingDebug;
        c.S.PendingDebug = 0;
        c.Raise(Vector.DB);
    }

    private static bool IsEnabled(InterpreterCore c, int n) => ((c.S.Dr[7] >> (n * 2)) & 3) != 0;

    private static int Kind(InterpreterCore c, int n) => (int)(c.S.Dr[7] >> (16 + (n * 4))) & 3;

    private static ulong Length(InterpreterCore c, int n) => ((c.S.Dr[7] >> (18 + (n * 4))) & 3) switch
    {
        0 => 1,
        1 => 2,
        2 => 8,
        _ => 4,
    };
}
