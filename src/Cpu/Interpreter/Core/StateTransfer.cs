using System.Runtime.InteropServices;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Between the core's quick form and the canonical state.</summary>
internal static class StateTransfer
{
    /// <summary>Copies the state out.</summary>
    internal static void Load(InterpreterCore c, VcpuState to)
    {
        to.R = c.S;
        for (int i = 0; i < 16; i++)
        {
            to.R.Gpr[i] = c.Gpr(i);
        }

        to.R.Rip = c.Rip;
        to.R.Rflags = c.Rflags;
        to.R.Retired = c.RetiredBefore;
        MemoryMarshal.Cast<byte, ulong>(c.Fx.Image).CopyTo(to.R.Fx);
    }

    /// <summary>Takes a state over and derives what depends on it.</summary>
    internal static void Store(InterpreterCore c, VcpuState from)
    {
        c.S = from.R;
        for (int i = 0; i < 16; i++)
        {
            c.Gpr(i) = from.R.Gpr[i];
        }

        c.Rip = from.R.Rip;
        c.Rflags = from.R.Rflags;
        c.RetiredBefore = from.R.Retired;
        c.CurrentPosition = 0;
        c.Stop = StopFlags.None;
        ((System.ReadOnlySpan<ulong>)from.R.Fx).CopyTo(MemoryMarshal.Cast<byte, ulong>(c.Fx.Image));
        c.Cpl = CplOf(c);
        SegmentRegisters.DeriveAll(c);
        DebugTraps.WatchDataAsTold(c);
    }

    // CPL is the DPL of SS in protected mode (Intel SDM vol. 3A 5.5 and 24.4.1's guest-state rule), 0 in real and 3 in virtual-8086 mode.
    private static byte CplOf(InterpreterCore c) =>
        c.IsVirtual8086 ? (byte)3 : c.IsProtected ? (byte)Attr.Dpl(c.S.Segment[Seg.SS].Attributes) : (byte)0;
}
