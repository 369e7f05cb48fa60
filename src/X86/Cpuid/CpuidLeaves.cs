using System;
using System.Numerics;
using F = Doppel.X86.Cpuid.CpuFeatures;

namespace Doppel.X86.Cpuid;

/// <summary>What of CPUID depends on the running processor, not on its model.</summary>
/// <param name="OsXsave">CR4.OSXSAVE.</param>
/// <param name="ApicId">Initial local APIC id.</param>
/// <param name="ApicEnabled">IA32_APIC_BASE bit 11.</param>
/// <param name="TimestampHertz">Rate of the time-stamp counter.</param>
public readonly record struct CpuidDynamics(bool OsXsave, uint ApicId, bool ApicEnabled, ulong TimestampHertz);

/// <summary>
/// CPUID of a model (Intel SDM vol. 2 CPUID; AMD64 manual vol. 3 appendix E): one package of cores without threads (AMD), or packages of one core (Intel). Hypervisor leaves from 4000_0000h name
/// this program; 4000_0010h tells the rates of time-stamp counter and APIC timer in kHz.
/// </summary>
public static class CpuidLeaves
{
    private const uint Extended = 0x8000_0000;
    private const uint Hypervisor = 0x4000_0000;
    private const uint LastHypervisor = 0x4000_0010;
    private const uint ApicKilohertz = 1_000_000;
    private const string Signature = "DoppelDoppel";

    // HTT of leaf 1 EDX and CmpLegacy of leaf 8000_0001h ECX.
    private const uint SeveralInPackage = 1u << 28;
    private const uint CoresNotThreads = 1u << 1;

    // Bits of leaf 1 EDX that AMD repeats in leaf 8000_0001h.
    private const uint RepeatedByAmd = 0x0183_F3FF;

    private static readonly (F Feature, int Bit)[] FirstEdx =
    [
        (F.Fpu, 0), (F.Vme, 1), (F.De, 2), (F.Pse, 3), (F.Tsc, 4), (F.Msr, 5), (F.Pae, 6), (F.Mce, 7), (F.Cx8, 8), (F.Apic, 9), (F.Sep, 11), (F.Mtrr, 12),
        (F.Pge, 13), (F.Mca, 14), (F.Cmov, 15), (F.Pat, 16), (F.Pse36, 17), (F.Clfsh, 19), (F.Mmx, 23), (F.Fxsr, 24), (F.Sse, 25), (F.Sse2, 26),
    ];

    private static readonly (F Feature, int Bit)[] FirstEcx =
    [
        (F.Sse3, 0), (F.Pclmul, 1), (F.Monitor, 3), (F.Ssse3, 9), (F.Cx16, 13), (F.Sse41, 19), (F.Sse42, 20), (F.X2apic, 21), (F.Movbe, 22), (F.Popcnt, 23),
        (F.Aes, 25), (F.Xsave, 26), (F.Rdrand, 30), (F.Hypervisor, 31),
    ];

    private static readonly (F Feature, int Bit)[] SeventhEbx =
    [
        (F.FsGsBase, 0), (F.TscAdjust, 1), (F.Bmi1, 3), (F.Smep, 7), (F.Bmi2, 8), (F.Rdseed, 18), (F.Adx, 19), (F.Smap, 20),
    ];

    private static readonly (F Feature, int Bit)[] ExtendedEcx = [(F.LahfLm, 0), (F.Lzcnt, 5), (F.PrefetchW, 8)];

    private static readonly (F Feature, int Bit)[] ExtendedEdx = [(F.Syscall, 11), (F.Nx, 20), (F.Page1Gb, 26), (F.Rdtscp, 27), (F.Lm, 29)];

    // LFENCE always serialises; a null selector clears the base; automatic IBRS.
    private static readonly (F Feature, int Bit)[] LastExtendedEax = [(F.Lm, 2), (F.Lm, 6), (F.AutoIbrs, 8)];

    /// <summary>Executes CPUID. <paramref name="subleaf"/> is ECX, looked at by some leaves only.</summary>
    public static CpuidResult Query(CpuModel model, uint leaf, uint subleaf, in CpuidDynamics dynamics)
    {
        if (leaf >= Hypervisor && leaf <= Hypervisor + 0xFF && model.Has(F.Hypervisor))
        {
            return QueryHypervisor(leaf, dynamics);
        }

        uint lastExtended = LastExtended(model);
        if (leaf >= Extended && leaf <= lastExtended)
        {
            return QueryExtended(model, leaf, lastExtended);
        }

        uint last = LastBasic(model);
        if (leaf > last)
        {
            // Intel answers with the last basic leaf, AMD with zeros.
            if (IsAmd(model))
            {
                return default;
            }

            leaf = last;
        }

        return QueryBasic(model, leaf, subleaf, dynamics, last);
    }

    /// <summary>Family, model and stepping as leaf 1 EAX has them, and EDX after reset.</summary>
    public static uint FamilyModelStepping(CpuModel model)
    {
        uint family = Math.Min(model.Family, 15);
        return (model.Stepping & 0xF) | ((model.Model & 0xF) << 4) | (family << 8) | ((model.Model >> 4) << 16) | ((model.Family - family) << 20);
    }

    private static bool IsAmd(CpuModel model) => model.Vendor == "AuthenticAMD";

    private static uint Cores(CpuModel model) => IsAmd(model) ? (uint)model.Processors : 1;

    // Low bits of an APIC id that number the core in its package.
    private static uint CoreIdBits(CpuModel model) => (uint)BitOperations.Log2((Cores(model) * 2) - 1);

    private static uint LastBasic(CpuModel model) => IsAmd(model) ? 0xDu : model.Family >= 6 ? 2u : 1;

    private static uint LastExtended(CpuModel model) => IsAmd(model) ? Extended + 0x21 : model.Family >= 15 ? Extended + 4 : 0;

    private static CpuidResult QueryBasic(CpuModel model, uint leaf, uint subleaf, in CpuidDynamics dynamics, uint last) => leaf switch
    {
        0 => new(last, Word(model.Vendor, 0), Word(model.Vendor, 2), Word(model.Vendor, 1)),
        1 => First(model, dynamics),
        2 when !IsAmd(model) => model.Family >= 15 ? new(0x665B_5001, 0, 0, 0x007A_7000) : new(0x0302_0101, 0, 0, 0x0C04_0843),
        7 when subleaf == 0 => new(0, Gather(model, SeventhEbx), model.Has(F.Umip) ? 1u << 2 : 0, 0),
        0xB => subleaf switch
        {
            0 => new(0, 1, 0x100, dynamics.ApicId), // one thread a core
            1 => new(CoreIdBits(model), Cores(model), 0x201, dynamics.ApicId),
            _ => new(0, 0, subleaf & 0xFF, dynamics.ApicId),
        },
        0xD when model.Has(F.Xsave) => subleaf switch
        {
            0 => new(3, 576, 576, 0), // x87 and SSE: legacy area and header
            1 => new(model.Has(F.Xsaveopt) ? 1u : 0, 0, 0, 0),
            _ => default,
        },
        _ => default,
    };

    private static CpuidResult First(CpuModel model, in CpuidDynamics dynamics)
    {
        uint ebx = (dynamics.ApicId << 24) | (Cores(model) << 16) | (model.Has(F.Clfsh) ? 8u << 8 : 0);
        uint ecx = Gather(model, FirstEcx) | (dynamics.OsXsave ? 1u << 27 : 0);
        uint edx = (Gather(model, FirstEdx) & ~(dynamics.ApicEnabled ? 0 : 1u << 9)) | (Cores(model) > 1 ? SeveralInPackage : 0);
        return new(FamilyModelStepping(model), ebx, ecx, edx);
    }

    private static CpuidResult QueryHypervisor(uint leaf, in CpuidDynamics dynamics) => leaf switch
    {
        Hypervisor => new(LastHypervisor, Word(Signature, 0), Word(Signature, 1), Word(Signature, 2)),
        LastHypervisor => new((uint)Math.Min(dynamics.TimestampHertz / 1000, uint.MaxValue), ApicKilohertz, 0, 0),
        _ => default,
    };

    private static CpuidResult QueryExtended(CpuModel model, uint leaf, uint last)
    {
        bool amd = IsAmd(model);
        switch (leaf - Extended)
        {
            case 0:
                return amd ? new(last, Word(model.Vendor, 0), Word(model.Vendor, 2), Word(model.Vendor, 1)) : new(last, 0, 0, 0);
            case 1:
                uint edx = Gather(model, ExtendedEdx) | (amd ? Gather(model, FirstEdx) & RepeatedByAmd : 0);
                uint ecx = Gather(model, ExtendedEcx) | (Cores(model) > 1 ? CoresNotThreads : 0);
                return new(amd ? FamilyModelStepping(model) : 0, 0, ecx, edx);
            case 2 or 3 or 4:
                int at = (int)(leaf - Extended - 2) * 4;
                return new(Word(model.Brand, at), Word(model.Brand, at + 1), Word(model.Brand, at + 2), Word(model.Brand, at + 3));
            case 5:
                return new(0xFF40_FF40, 0xFF40_FF40, 0x2008_0140, 0x2008_0140); // 32 KiB each of level 1, 8-way, 64-byte lines
            case 6:
                return new(0, 0x6800_4200, 0x0200_6140, 0); // 512 KiB of level 2, 8-way, 64-byte lines
            case 7:
                return new(0, 0, 0, model.Has(F.InvariantTsc) ? 1u << 8 : 0);
            case 8:
                return new((uint)model.PhysicalAddressBits | ((model.Has(F.Lm) ? 48u : 32) << 8), model.Has(F.SsbNo) ? 1u << 26 : 0, (Cores(model) - 1) | (CoreIdBits(model) << 12), 0);
            case 0x21:
                return new(Gather(model, LastExtendedEax), 0, 0, 0);
            default:
                return default;
        }
    }

    private static uint Gather(CpuModel model, (F Feature, int Bit)[] bits)
    {
        uint value = 0;
        foreach ((F feature, int bit) in bits)
        {
            value |= model.Has(feature) ? 1u << bit : 0;
        }

        return value;
    }

    // Four letters of a text as a little-endian word; zeros behind its end.
    private static uint Word(string text, int index)
    {
        uint word = 0;
        for (int i = 0; i < 4; i++)
        {
            int at = (index * 4) + i;
            word |= at < text.Length ? (uint)(text[at] & 0x7F) << (8 * i) : 0;
        }

        return word;
    }
}
