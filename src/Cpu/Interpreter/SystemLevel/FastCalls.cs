using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// SYSENTER, SYSEXIT, SYSCALL, SYSRET (Intel SDM vol. 2; AMD64 manual vol. 3). Intel has SYSCALL in 64-bit code only; AMD has it in every protected mode
/// and has SYSENTER outside long mode only. All return false when an exception was raised and nothing changed.
/// </summary>
internal static class FastCalls
{
    private const int FlatCode = Attr.Present | Attr.NotSystem | Attr.Code | Attr.Readable | Attr.Accessed | Attr.Granular;
    private const int FlatData = Attr.Present | Attr.NotSystem | Attr.Writable | Attr.Accessed | Attr.Granular | Attr.Big;

    /// <summary>SYSENTER.</summary>
    internal static bool SysEnter(InterpreterCore c)
    {
        if (c.IsLongMode && IsAmd(c))
        {
            return Privilege.Fault(c, Vector.UD);
        }

        if ((c.S.Cr0 & Cr0.PE) == 0 || DescriptorTables.IsNull((int)c.S.SysenterCs))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        bool to64 = c.IsLongMode;
        c.SystemFlags &= ~(ulong)(RFlags.VM | RFlags.IF | RFlags.RF);
        Enter(c, (int)c.S.SysenterCs & 0xFFFC, 8, 0, to64, to64 ? c.S.SysenterEip : (uint)c.S.SysenterEip);
        c.Gpr(4) = to64 ? c.S.SysenterEsp : (uint)c.S.SysenterEsp;
        return true;
    }

    /// <summary>SYSEXIT; <paramref name="to64"/> with a 64-bit operand size.</summary>
    internal static bool SysExit(InterpreterCore c, bool to64)
    {
        if (c.IsLongMode && IsAmd(c))
        {
            return Privilege.Fault(c, Vector.UD);
        }

        ulong ip = to64 ? c.Gpr(2) : (uint)c.Gpr(2);
        ulong stack = to64 ? c.Gpr(1) : (uint)c.Gpr(1);
        if (!c.IsProtected || c.Cpl != 0 || DescriptorTables.IsNull((int)c.S.SysenterCs) || (to64 && !(Words.IsCanonical(ip) && Words.IsCanonical(stack))))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        Enter(c, (int)(c.S.SysenterCs & 0xFFFC) + (to64 ? 32 : 16), 8, 3, to64, ip);
        c.Gpr(4) = stack;
        return true;
    }

    /// <summary>SYSCALL.</summary>
    internal static bool SysCall(InterpreterCore c, ulong nextIp)
    {
        if (!HasSyscall(c))
        {
            return Privilege.Fault(c, Vector.UD);
        }

        int selector = (int)(c.S.Star >> 32) & 0xFFFC;
        if (!c.IsLongMode)
        {
            c.Gpr(1) = (uint)nextIp;
            c.SystemFlags &= ~(ulong)(RFlags.VM | RFlags.IF | RFlags.RF);
            Enter(c, selector, 8, 0, false, (uint)c.S.Star);
            return true;
        }

        ulong flags = c.Rflags & ~(ulong)RFlags.RF;
        ulong target = c.Is64Bit ? c.S.LStar : c.S.CStar;
        c.Gpr(1) = nextIp;
        c.Gpr(11) = flags;
        c.Rflags = flags & ~c.S.SfMask;
        Enter(c, selector, 8, 0, true, target);
        return true;
    }

    /// <summary>SYSRET; <paramref name="to64"/> with a 64-bit operand size.</summary>
    internal static bool SysRet(InterpreterCore c, bool to64)
    {
        if (!HasSyscall(c))
        {
            return Privilege.Fault(c, Vector.UD);
        }

        ulong ip = to64 ? c.Gpr(1) : (uint)c.Gpr(1);

        // Intel checks the target here, AMD leaves the fault to the first fetch in user mode.
        if (c.Cpl != 0 || (to64 && !IsAmd(c) && !Words.IsCanonical(ip)))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        int selector = (int)(c.S.Star >> 48) & 0xFFFC;
        if (c.IsLongMode)
        {
            c.Rflags = c.Gpr(11) & 0x3C_7FD7;
        }
        else
        {
            c.SystemFlags |= (ulong)RFlags.IF;
        }

        // CS is 16 above for 64-bit code, SS 8 above the base in both cases.
        Enter(c, to64 ? selector + 16 : selector, to64 ? -8 : 8, 3, to64, ip);
        return true;
    }

    private static bool IsAmd(InterpreterCore c) => c.Model.Vendor == "AuthenticAMD";

    private static bool HasSyscall(InterpreterCore c) => (c.S.Efer & Efer.SCE) != 0 && c.IsProtected && (c.Is64Bit || IsAmd(c));

    // Fixed flat segments: descriptors are not read.
    private static void Enter(InterpreterCore c, int selector, int toStack, int cpl, bool to64, ulong rip)
    {
        int dpl = cpl << 5;
        c.Cpl = (byte)cpl;
        c.Rip = rip;
        SegmentRegisters.Set(c, Seg.CS, new SegmentState
        {
            Limit = uint.MaxValue,
            Selector = (ushort)(selector | cpl),
            Attributes = (ushort)(FlatCode | dpl | (to64 ? Attr.Long : Attr.Big)),
        });
        SegmentRegisters.Set(c, Seg.SS, new SegmentState
        {
            Limit = uint.MaxValue,
            Selector = (ushort)((selector + toStack) | cpl),
            Attributes = (ushort)(FlatData | dpl),
        });
        c.LeaveBlock();
    }
}
