using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Interrupts in real mode: four-byte vectors at IDTR, a frame of three words, no error codes (Intel SDM vol. 3B 20.1.4).</summary>
internal static class RealModeDelivery
{
    internal static bool TryDeliver(InterpreterCore c, in Event e)
    {
        if (((uint)e.Vector * 4) + 3 > c.S.Idtr.Limit)
        {
            c.Raise(Vector.GP);
            return false;
        }

        if (!Words.TryReadSystem(c, (uint)(c.S.Idtr.Base + ((uint)e.Vector * 4)), 4, out ulong target))
        {
            return false;
        }

        return TryEnter(c, target, c.Rflags, e.ReturnIp, RFlags.IF | RFlags.TF | RFlags.AC | RFlags.RF);
    }

    /// <summary>Pushes FLAGS, CS, IP and goes to segment:offset, with <paramref name="cleared"/> flags off. Also virtual-8086 mode's redirected INT n.</summary>
    internal static bool TryEnter(InterpreterCore c, ulong target, ulong flagsImage, ulong returnIp, RFlags cleared)
    {
        if (!CodeTargets.TryRealModeOffset(c, target & 0xFFFF))
        {
            return false;
        }

        StackImage frame = new(2);
        frame.Add(flagsImage & 0xFFFF);
        frame.Add(c.S.Segment[Seg.CS].Selector);
        frame.Add(returnIp & 0xFFFF);
        PushTarget stack = PushTarget.Current(c);
        if (!frame.TryProbe(c, stack))
        {
            return false;
        }

        c.Gpr(4) = frame.Write(c, stack);
        c.SystemFlags &= ~(ulong)cleared;
        CodeTargets.EnterRealMode(c, (ushort)(target >> 16), target & 0xFFFF);
        return true;
    }
}
