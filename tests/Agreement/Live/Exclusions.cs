using System.Collections.Generic;
using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace Doppel.Agreement.Tests.Live;

/// <summary>What the host is not asked, and why. Everything else that the CPU model and the host both have is tried.</summary>
internal static class Exclusions
{
    private const string System = "enters the host's kernel";
    private const string Bases = "shows or sets bases of the host's thread registers";
    private const string Privileged = "depends on privilege and the host's tables: the privilege matrix covers it";
    private const string Varies = "answers differ from run to run or name the host";
    private const string Vendor = "the last bits of transcendentals are the maker's";
    private const string Approximate = "only the error bound is architectural: the estimate is the maker's";
    private const string Extended = "its image holds the host's extended state and last-instruction pointers";
    private const string Cache = "acts on caches alone";

    private static readonly Dictionary<M, string> Reasons = new()
    {
        [M.Syscall] = System, [M.Sysenter] = System, [M.Int] = System, [M.Int1] = "a debug trap of its own: indistinguishable from the end of the case",
        [M.Sysret] = Privileged, [M.Sysretq] = Privileged, [M.Sysexit] = Privileged, [M.Sysexitq] = Privileged,
        [M.In] = Privileged, [M.Out] = Privileged, [M.Insb] = Privileged, [M.Insw] = Privileged, [M.Insd] = Privileged, [M.Outsb] = Privileged, [M.Outsw] = Privileged,
        [M.Outsd] = Privileged, [M.Cli] = Privileged, [M.Sti] = Privileged, [M.Hlt] = Privileged, [M.Sgdt] = Privileged, [M.Sidt] = Privileged, [M.Sldt] = Privileged,
        [M.Str] = Privileged, [M.Smsw] = Privileged,
        [M.Rdfsbase] = Bases, [M.Rdgsbase] = Bases, [M.Wrfsbase] = Bases, [M.Wrgsbase] = Bases,
        [M.Rdtsc] = Varies, [M.Rdtscp] = Varies, [M.Rdpmc] = Varies, [M.Cpuid] = Varies, [M.Xgetbv] = Varies, [M.Rdrand] = Varies, [M.Rdseed] = Varies,
        [M.F2xm1] = Vendor, [M.Fyl2x] = Vendor, [M.Fyl2xp1] = Vendor, [M.Fptan] = Vendor, [M.Fpatan] = Vendor, [M.Fsin] = Vendor, [M.Fcos] = Vendor, [M.Fsincos] = Vendor,
        [M.Rcpps] = Approximate, [M.Rcpss] = Approximate, [M.Rsqrtps] = Approximate, [M.Rsqrtss] = Approximate,
        [M.Xsave] = Extended, [M.Xsave64] = Extended, [M.Xrstor] = Extended, [M.Xrstor64] = Extended, [M.Xsaveopt] = Extended, [M.Xsaveopt64] = Extended,
        [M.Fxrstor] = "restores a random image, which is #GP for reserved MXCSR bits or lies outside the window", [M.Fxrstor64] = "as FXRSTOR",
        [M.Clflush] = Cache, [M.Xbegin] = Varies, [M.Xabort] = Varies, [M.Ud0] = "its length is the maker's", [M.Ud1] = "its length is the maker's",
    };

    /// <summary>Reason to leave a form out; null when it is tried.</summary>
    internal static string? Of(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        if (Reasons.TryGetValue(code.Mnemonic(), out string? reason))
        {
            return reason;
        }

        if (info.IsPrivileged || info.MustBeCpl0 || info.IsInputOutput)
        {
            return Privileged;
        }

        for (int i = 0; i < info.OpCount; i++)
        {
            if (info.GetOpKind(i) is OpCodeOperandKind.cr_reg or OpCodeOperandKind.dr_reg or OpCodeOperandKind.tr_reg)
            {
                return Privileged;
            }
        }

        return null;
    }

    /// <summary>Whether a form works on selectors: far transfers, loads and stores of segment registers, LAR and its kin. Those have cases of their own.</summary>
    internal static bool IsOnSelectors(Code code)
    {
        if (code.Mnemonic() is M.Iret or M.Iretd or M.Iretq or M.Retf or M.Lds or M.Les or M.Lfs or M.Lgs or M.Lss or M.Lar or M.Lsl or M.Verr or M.Verw or M.Arpl)
        {
            return true;
        }

        OpCodeInfo info = code.ToOpCode();
        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case OpCodeOperandKind.seg_reg or OpCodeOperandKind.es or OpCodeOperandKind.cs or OpCodeOperandKind.ss or OpCodeOperandKind.ds or OpCodeOperandKind.fs or OpCodeOperandKind.gs:
                case OpCodeOperandKind.farbr2_2 or OpCodeOperandKind.farbr4_2:
                    return true;
            }
        }

        return code.IsJmpFarIndirect() || code.IsCallFarIndirect();
    }
}
