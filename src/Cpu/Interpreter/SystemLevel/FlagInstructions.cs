using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// PUSHF, POPF, CLI and STI with IOPL, virtual-8086 extensions and protected-mode virtual interrupts (Intel SDM vol. 2; vol. 3B 20.3, 20.4).
/// The stack of PUSHF and POPF is the caller's.
/// </summary>
internal static class FlagInstructions
{
    private const ulong PopNarrow = (ulong)(RFlags.Arithmetic | RFlags.TF | RFlags.DF | RFlags.NT);
    private const ulong PopWide = (ulong)(RFlags.AC | RFlags.ID);

    /// <summary>The value that PUSHF pushes. False: #GP(0) was raised.</summary>
    internal static bool TryPushImage(InterpreterCore c, int size, out ulong image)
    {
        image = c.Rflags & ~(ulong)(RFlags.VM | RFlags.RF);
        if (!c.IsVirtual8086 || c.Iopl == 3)
        {
            return true;
        }

        if ((c.S.Cr4 & Cr4.VME) != 0 && size == 2)
        {
            image = VirtualImage(image);
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }

    /// <summary>POPF with the value already read from the stack (RSP is moved by the caller after success). False: #GP(0) was raised.</summary>
    internal static bool PopFlags(InterpreterCore c, int size, ulong value)
    {
        ulong mask = PopNarrow | (size > 2 ? PopWide | (ulong)RFlags.RF : 0);
        if (c.IsVirtual8086)
        {
            if (c.Iopl == 3)
            {
                mask |= (ulong)RFlags.IF;
            }
            else if ((c.S.Cr4 & Cr4.VME) == 0 || size != 2)
            {
                c.Raise(Vector.GP);
                return false;
            }
            else if (!TryTakeVirtualImage(c, ref value, ref mask))
            {
                return false;
            }
        }
        else
        {
            if (c.Cpl <= c.Iopl)
            {
                mask |= (ulong)RFlags.IF;
            }

            if (c.Cpl == 0)
            {
                mask |= (ulong)RFlags.IOPL;
            }
        }

        // RF always ends clear.
        SystemFlags.Write(c, value & ~(ulong)RFlags.RF, mask);
        c.LeaveBlock();
        return true;
    }

    /// <summary>CLI. False: #GP(0) was raised.</summary>
    internal static bool ClearInterrupts(InterpreterCore c)
    {
        if (MayTouchInterruptFlag(c))
        {
            c.SystemFlags &= ~(ulong)RFlags.IF;
            return true;
        }

        if (HasVirtualInterrupts(c))
        {
            c.SystemFlags &= ~(ulong)RFlags.VIF;
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }

    /// <summary>STI; starts the interrupt shadow when IF was clear. False: #GP(0) was raised.</summary>
    internal static bool SetInterrupts(InterpreterCore c)
    {
        if (MayTouchInterruptFlag(c))
        {
            if ((c.SystemFlags & (ulong)RFlags.IF) == 0)
            {
                c.SystemFlags |= (ulong)RFlags.IF;
                c.S.InterruptShadow = 1;
                c.Attend(Attention.Shadow);
                c.LeaveBlock();
            }

            return true;
        }

        if (HasVirtualInterrupts(c) && (c.SystemFlags & (ulong)RFlags.VIP) == 0)
        {
            c.SystemFlags |= (ulong)RFlags.VIF;
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }

    /// <summary>FLAGS as an 8086 program below IOPL 3 sees them: VIF in the place of IF, IOPL 3.</summary>
    internal static ulong VirtualImage(ulong flags) =>
        (flags & ~(ulong)RFlags.IF) | (ulong)RFlags.IOPL | ((flags & (ulong)RFlags.VIF) != 0 ? (ulong)RFlags.IF : 0);

    /// <summary>
    /// Takes FLAGS popped by an 8086 program below IOPL 3: IF goes to VIF. #GP(0) when TF would be set, or interrupts enabled while one is pending.
    /// </summary>
    internal static bool TryTakeVirtualImage(InterpreterCore c, ref ulong value, ref ulong mask)
    {
        bool enables = (value & (ulong)RFlags.IF) != 0;
        if ((value & (ulong)RFlags.TF) != 0 || (enables && (c.SystemFlags & (ulong)RFlags.VIP) != 0))
        {
            c.Raise(Vector.GP);
            return false;
        }

        value = (value & ~(ulong)RFlags.VIF) | (enables ? (ulong)RFlags.VIF : 0);
        mask = (mask & ~(ulong)(RFlags.IF | RFlags.IOPL)) | (ulong)RFlags.VIF;
        return true;
    }

    private static bool MayTouchInterruptFlag(InterpreterCore c) => (c.S.Cr0 & Cr0.PE) == 0 || c.Cpl <= c.Iopl;

    private static bool HasVirtualInterrupts(InterpreterCore c) =>
        c.IsVirtual8086 ? (c.S.Cr4 & Cr4.VME) != 0 : c.Cpl == 3 && (c.S.Cr4 & Cr4.PVI) != 0;
}
