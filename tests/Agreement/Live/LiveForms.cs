using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using F = Iced.Intel.CpuidFeature;

namespace Doppel.Agreement.Tests.Live;

/// <summary>The encodings that are tried: user-mode ones of the CPU model "max" that the host has too and that <see cref="Exclusions"/> does not name.</summary>
internal static class LiveForms
{
    private static readonly Dictionary<F, Func<uint>> HostHas = new()
    {
        [F.INTEL8086] = Always, [F.INTEL186] = Always, [F.INTEL286] = Always, [F.INTEL386] = Always, [F.INTEL486] = Always, [F.PAUSE] = Always, [F.X64] = Always,
        [F.CX8] = Always, [F.CMOV] = Always, [F.MULTIBYTENOP] = Always, [F.FPU] = Always, [F.FPU287] = Always, [F.FPU387] = Always, [F.FXSR] = Always, [F.MMX] = Always,
        [F.SSE] = Always, [F.SSE2] = Always, [F.CMPXCHG16B] = () => Leaf(1).Ecx >> 13, [F.SSE3] = () => Leaf(1).Ecx, [F.SSSE3] = () => Leaf(1).Ecx >> 9,
        [F.SSE4_1] = () => Leaf(1).Ecx >> 19, [F.SSE4_2] = () => Leaf(1).Ecx >> 20, [F.POPCNT] = () => Leaf(1).Ecx >> 23, [F.AES] = () => Leaf(1).Ecx >> 25,
        [F.PCLMULQDQ] = () => Leaf(1).Ecx >> 1, [F.MOVBE] = () => Leaf(1).Ecx >> 22, [F.BMI1] = () => Leaf(7).Ebx >> 3, [F.BMI2] = () => Leaf(7).Ebx >> 8,
        [F.ADX] = () => Leaf(7).Ebx >> 19, [F.LZCNT] = () => Leaf(unchecked((int)0x8000_0001)).Ecx >> 5, [F.PREFETCHW] = () => Leaf(unchecked((int)0x8000_0001)).Ecx >> 8,
    };

    private static readonly ConcurrentDictionary<int, (uint Ebx, uint Ecx)> Leaves = new();

    /// <summary>Letters of CPUID leaf 0 of the host.</summary>
    internal static string HostVendor { get; } = ReadVendor();

    /// <summary>The forms for code of 16, 32 or 64 bits that a style of cases is about.</summary>
    internal static IReadOnlyList<Code> For(int bits, CaseStyle style) =>
        [.. Enum.GetValues<Code>().Where(code => Exclusions.IsOnSelectors(code) == (style == CaseStyle.Selectors) && IsTried(code, bits) && (style != CaseStyle.Limits || TouchesSegments(code)))];

    /// <summary>
    /// <paramref name="count"/> of the forms of one mode, which ones the seed decides: they get <see cref="LiveTests.ManyCases"/> cases instead of the usual number.
    /// </summary>
    internal static IReadOnlySet<Code> Chosen(IReadOnlyList<Code> forms, int bits, ulong seed, int count) =>
        forms.OrderBy(code => new LiveRandom(seed ^ ((ulong)code << 8) ^ (ulong)bits).Next()).Take(count).ToHashSet();

    private static bool TouchesSegments(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        return info.MemorySize != MemorySize.Unknown || info.IsStackInstruction || code.FlowControl() is not FlowControl.Next || code.Mnemonic() is Mnemonic.Enter or Mnemonic.Leave or Mnemonic.Lea;
    }

    private static bool IsTried(Code code, int bits)
    {
        OpCodeInfo info = code.ToOpCode();
        return info.IsInstruction && info.Fwait is false && bits switch { 16 => info.Mode16, 32 => info.Mode32, _ => info.Mode64 } && info.Encoding is EncodingKind.Legacy or EncodingKind.VEX
            && info.DecoderOption == DecoderOptions.None && code.CpuidFeatures().All(feature => HostHas.TryGetValue(feature, out Func<uint>? has) && (has() & 1) != 0)
            && IsKnownToHost(info, bits) && !NeedsVectorState(info) && Exclusions.Of(code) is null;
    }

    // What the makers decode differently: near branches with an operand-size prefix in 64-bit code (AMD truncates the target, Intel ignores the prefix), and
    // LSS and its kin and far branches with REX.W, which AMD ignores.
    private static bool IsKnownToHost(OpCodeInfo info, int bits) => bits switch
    {
        16 => info.IntelDecoder16 && info.AmdDecoder16,
        32 => info.IntelDecoder32 && info.AmdDecoder32,
        _ => info.IntelDecoder64 && info.AmdDecoder64,
    };

    // VEX-encoded forms other than those on general registers belong to AVX, which no CPU model has.
    private static bool NeedsVectorState(OpCodeInfo info) => info.Encoding == EncodingKind.VEX && info.Code.CpuidFeatures().Any(feature => feature is not (F.BMI1 or F.BMI2));

    private static string ReadVendor()
    {
        (_, int ebx, int ecx, int edx) = X86Base.CpuId(0, 0);
        return string.Concat(new[] { ebx, edx, ecx }.SelectMany(BitConverter.GetBytes).Select(letter => (char)letter));
    }

    private static uint Always() => 1;

    // CPUID leaves the guest where the host is itself a guest: asked once.
    private static (uint Ebx, uint Ecx) Leaf(int leaf)
    {
        if (!Leaves.TryGetValue(leaf, out (uint Ebx, uint Ecx) known))
        {
            (_, int ebx, int ecx, _) = X86Base.CpuId(leaf, 0);
            Leaves[leaf] = known = ((uint)ebx, (uint)ecx);
        }

        return known;
    }
}
