using System.Collections.Generic;
using Doppel.X86.Cpuid;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Which instructions a CPU model has. What it does not announce raises #UD.</summary>
internal static class FeatureGate
{
    private static readonly Dictionary<CpuidFeature, CpuFeatures> Needs = new()
    {
        [CpuidFeature.CPUID] = CpuFeatures.Cpuid,
        [CpuidFeature.MSR] = CpuFeatures.Msr,
        [CpuidFeature.TSC] = CpuFeatures.Tsc,
        [CpuidFeature.RDPMC] = CpuFeatures.Mmx,
        [CpuidFeature.CX8] = CpuFeatures.Cx8,
        [CpuidFeature.CMPXCHG16B] = CpuFeatures.Cx16,
        [CpuidFeature.CMOV] = CpuFeatures.Cmov,
        [CpuidFeature.FPU] = CpuFeatures.Fpu,
        [CpuidFeature.FPU287] = CpuFeatures.Fpu,
        [CpuidFeature.FPU387] = CpuFeatures.Fpu,
        [CpuidFeature.FXSR] = CpuFeatures.Fxsr,
        [CpuidFeature.MMX] = CpuFeatures.Mmx,
        [CpuidFeature.SSE] = CpuFeatures.Sse,
        [CpuidFeature.SSE2] = CpuFeatures.Sse2,
        [CpuidFeature.SSE3] = CpuFeatures.Sse3,
        [CpuidFeature.SSSE3] = CpuFeatures.Ssse3,
        [CpuidFeature.SSE4_1] = CpuFeatures.Sse41,
        [CpuidFeature.SSE4_2] = CpuFeatures.Sse42,
        [CpuidFeature.POPCNT] = CpuFeatures.Popcnt,
        [CpuidFeature.AES] = CpuFeatures.Aes,
        [CpuidFeature.PCLMULQDQ] = CpuFeatures.Pclmul,
        [CpuidFeature.MOVBE] = CpuFeatures.Movbe,
        [CpuidFeature.LZCNT] = CpuFeatures.Lzcnt,
        [CpuidFeature.BMI1] = CpuFeatures.Bmi1,
        [CpuidFeature.BMI2] = CpuFeatures.Bmi2,
        [CpuidFeature.ADX] = CpuFeatures.Adx,
        [CpuidFeature.SEP] = CpuFeatures.Sep,
        [CpuidFeature.SYSCALL] = CpuFeatures.Syscall,
        [CpuidFeature.RDTSCP] = CpuFeatures.Rdtscp,
        [CpuidFeature.XSAVE] = CpuFeatures.Xsave,
        [CpuidFeature.XSAVEOPT] = CpuFeatures.Xsaveopt,
        [CpuidFeature.RDRAND] = CpuFeatures.Rdrand,
        [CpuidFeature.RDSEED] = CpuFeatures.Rdseed,
        [CpuidFeature.FSGSBASE] = CpuFeatures.FsGsBase,
        [CpuidFeature.CLFSH] = CpuFeatures.Clfsh,
        [CpuidFeature.SMAP] = CpuFeatures.Smap,
        [CpuidFeature.MONITOR] = CpuFeatures.Monitor,
        [CpuidFeature.X64] = CpuFeatures.Lm,
        [CpuidFeature.PREFETCHW] = CpuFeatures.PrefetchW,
        [CpuidFeature.MULTIBYTENOP] = CpuFeatures.Cmov,
    };

    // Present on every model: the 486, system-management mode, and what is a no-operation where it is not known.
    private static readonly HashSet<CpuidFeature> Always =
    [
        CpuidFeature.INTEL8086,
        CpuidFeature.INTEL186,
        CpuidFeature.INTEL286,
        CpuidFeature.INTEL386,
        CpuidFeature.INTEL486,
        CpuidFeature.SMM,
        CpuidFeature.PAUSE,
    ];

    /// <summary>Decoder options that follow from a model.</summary>
    internal static DecoderOptions Options(CpuModel model)
    {
        // What later extensions put into the reserved no-operations (0F 0D, 0F 18 to 0F 1F) stays a no-operation.
        DecoderOptions options = DecoderOptions.ForceReservedNop;
        if (!model.Has(CpuFeatures.Lzcnt))
        {
            options |= DecoderOptions.NoMPFX_0FBD;
        }

        if (!model.Has(CpuFeatures.Bmi1))
        {
            options |= DecoderOptions.NoMPFX_0FBC;
        }

        return options;
    }

    /// <summary>Whether the model has an instruction.</summary>
    internal static bool Has(CpuModel model, in Instruction instruction)
    {
        // The prefetches of 0F 0D have no register form (AMD APM vol. 3, PREFETCH); Intel's processors do nothing there.
        if (model.IsAmd && instruction.Code is Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D && instruction.Op0Kind == OpKind.Register)
        {
            return false;
        }

        foreach (CpuidFeature feature in instruction.CpuidFeatures)
        {
            if (!Always.Contains(feature) && (!Needs.TryGetValue(feature, out CpuFeatures need) || !model.Has(need)))
            {
                return false;
            }
        }

        return true;
    }
}
