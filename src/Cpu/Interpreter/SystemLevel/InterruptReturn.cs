using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>IRET, IRETD, IRETQ in all modes (Intel SDM vol. 2 IRET).</summary>
internal static class InterruptReturn
{
    private const ulong Narrow = (ulong)(RFlags.Arithmetic | RFlags.TF | RFlags.DF | RFlags.NT);
    private const ulong Wide = (ulong)(RFlags.RF | RFlags.AC | RFlags.ID);
    private const ulong VirtualInterrupts = (ulong)(RFlags.VIF | RFlags.VIP);

    /// <summary>Executes IRET with an operand size of 2, 4 or 8 bytes. False: an exception was raised and nothing changed.</summary>
    /// <param name="c">The processor.</param>
    /// <param name="size">Operand size in bytes.</param>
    /// <param name="nextIp">Next instruction, saved in the task that a nested-task return leaves.</param>
    internal static bool Return(InterpreterCore c, int size, ulong nextIp)
    {
        bool done;
        if ((c.S.Cr0 & Cr0.PE) == 0)
        {
            done = TryRealMode(c, size);
        }
        else if (c.IsVirtual8086)
        {
            done = TryVirtual8086(c, size);
        }
        else if ((c.SystemFlags & (ulong)RFlags.NT) != 0)
        {
            done = TryTaskReturn(c, nextIp);
        }
        else
        {
            done = TryProtected(c, size);
        }

        if (done)
        {
            c.S.NmiBlocked = 0;
            c.LeaveBlock();
        }

        return done;
    }

    /// <summary>Bits of RFLAGS that an IRET or POPF at this privilege may change, besides IF and IOPL rules of virtual-8086 mode.</summary>
    private static ulong Writable(InterpreterCore c, int size)
    {
        ulong bits = Narrow;
        if (size > 2)
        {
            bits |= Wide;
        }

        if (c.Cpl <= c.Iopl)
        {
            bits |= (ulong)RFlags.IF;
        }

        if (c.Cpl == 0)
        {
            bits |= (ulong)RFlags.IOPL | (size > 2 ? VirtualInterrupts : 0);
        }

        return bits;
    }

    private static bool TryPeekThree(InterpreterCore c, int size, out ulong ip, out ulong cs, out ulong flags)
    {
        cs = 0;
        flags = 0;
        return StackPops.TryPeek(c, 0, size, out ip) && StackPops.TryPeek(c, size, size, out cs) && StackPops.TryPeek(c, 2 * size, size, out flags);
    }

    private static bool TryRealMode(InterpreterCore c, int size)
    {
        if (!TryPeekThree(c, size, out ulong ip, out ulong cs, out ulong flags) || !CodeTargets.TryRealModeOffset(c, ip))
        {
            return false;
        }

        ulong mask = Narrow | (ulong)(RFlags.IF | RFlags.IOPL) | (size > 2 ? Wide : 0);
        StackPops.Release(c, 3 * size);
        SystemFlags.Write(c, flags, mask);
        CodeTargets.EnterRealMode(c, (ushort)cs, ip);
        return true;
    }

    private static bool TryVirtual8086(InterpreterCore c, int size)
    {
        bool emulated = c.Iopl < 3;
        if (emulated && ((c.S.Cr4 & Cr4.VME) == 0 || size != 2))
        {
            c.Raise(Vector.GP);
            return false;
        }

        if (!TryPeekThree(c, size, out ulong ip, out ulong cs, out ulong flags) || !CodeTargets.TryRealModeOffset(c, ip))
        {
            return false;
        }

        ulong mask = Narrow | (size > 2 ? Wide : 0);
        if (emulated)
        {
            if (!FlagInstructions.TryTakeVirtualImage(c, ref flags, ref mask))
            {
                return false;
            }
        }
        else
        {
            mask |= (ulong)RFlags.IF;
        }

        StackPops.Release(c, 3 * size);
        SystemFlags.Write(c, flags, mask);
        CodeTargets.EnterRealMode(c, (ushort)cs, ip);
        return true;
    }

    private static bool TryTaskReturn(InterpreterCore c, ulong nextIp)
    {
        if (!c.IsLongMode)
        {
            return TaskGates.TryNestedReturn(c, nextIp);
        }

        c.Raise(Vector.GP);
        return false;
    }

    private static bool TryProtected(InterpreterCore c, int size)
    {
        if (!TryPeekThree(c, size, out ulong ip, out ulong cs, out ulong flags))
        {
            return false;
        }

        if ((flags & (ulong)RFlags.VM) != 0 && c.Cpl == 0 && !c.IsLongMode && size == 4)
        {
            return TryToVirtual8086(c, ip, cs, flags);
        }

        int selector = (ushort)cs;
        int cpl = selector & 3;
        if (!FarReturns.TryCode(c, selector, out Descriptor code))
        {
            return false;
        }

        ulong mask = Writable(c, size);
        bool withStack = cpl > c.Cpl || c.Is64Bit;
        if (!withStack)
        {
            if (!CodeTargets.TryFinish(c, selector, code, ip))
            {
                return false;
            }

            StackPops.Release(c, 3 * size);
            SystemFlags.Write(c, flags, mask);
            CodeTargets.Enter(c, selector, code, cpl, ip);
            return true;
        }

        // AMD's processors look at the offset before they look at the stack segment.
        if (!StackPops.TryPeek(c, 3 * size, size, out ulong pointer) || !StackPops.TryPeek(c, 4 * size, size, out ulong ss)
            || (c.IsAmd && !CodeTargets.TryOffset(c, code, ip))
            || !FarReturns.TryOuterStack(c, (ushort)ss, cpl, CodeTargets.Is64Bit(c, code), out SegmentState stack)
            || !CodeTargets.TryFinish(c, selector, code, ip))
        {
            return false;
        }

        bool outward = cpl > c.Cpl;
        SystemFlags.Write(c, flags, mask);
        CodeTargets.Enter(c, selector, code, cpl, ip);
        SegmentRegisters.Set(c, Seg.SS, stack);
        StackPops.SetPointer(c, pointer);
        if (outward)
        {
            SegmentLoads.DropPrivileged(c);
        }

        return true;
    }

    // The upper half of EIP is dropped, as processors do.
    private static bool TryToVirtual8086(InterpreterCore c, ulong ip, ulong cs, ulong flags)
    {
        ulong pointer = 0, ss = 0, es = 0, ds = 0, fs = 0, gs = 0;
        bool read = StackPops.TryPeek(c, 12, 4, out pointer) && StackPops.TryPeek(c, 16, 4, out ss) && StackPops.TryPeek(c, 20, 4, out es)
            && StackPops.TryPeek(c, 24, 4, out ds) && StackPops.TryPeek(c, 28, 4, out fs) && StackPops.TryPeek(c, 32, 4, out gs);
        if (!read)
        {
            return false;
        }

        ulong mask = Narrow | Wide | VirtualInterrupts | (ulong)(RFlags.IF | RFlags.IOPL | RFlags.VM);
        SystemFlags.Write(c, flags, mask);
        c.Cpl = 3;
        SegmentRegisters.SetRealMode(c, Seg.ES, (ushort)es);
        SegmentRegisters.SetRealMode(c, Seg.DS, (ushort)ds);
        SegmentRegisters.SetRealMode(c, Seg.FS, (ushort)fs);
        SegmentRegisters.SetRealMode(c, Seg.GS, (ushort)gs);
        SegmentRegisters.SetRealMode(c, Seg.SS, (ushort)ss);
        CodeTargets.EnterRealMode(c, (ushort)cs, ip & 0xFFFF);
        c.Gpr(4) = (uint)pointer;
        return true;
    }
}
