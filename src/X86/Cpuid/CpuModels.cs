using System;
using System.Collections.Generic;
using System.Linq;
using F = Doppel.X86.Cpuid.CpuFeatures;

namespace Doppel.X86.Cpuid;

/// <summary>
/// The CPU models by name. 32-bit ones are Intel's; 64-bit ones are AMD's, whose processors need no kernel page-table isolation, so that guests do
/// not pay for it; their family is one without the speculation errata that kernels spend time on, and automatic IBRS spares them retpolines. Nothing is
/// announced that the engines do not do.
/// </summary>
public static class CpuModels
{
    private const F I486 = F.Fpu | F.Cpuid;
    private const F Pentium = I486 | F.Vme | F.De | F.Pse | F.Tsc | F.Msr | F.Mce | F.Cx8 | F.Apic;
    private const F PentiumPro = Pentium | F.Pae | F.Mtrr | F.Pge | F.Mca | F.Cmov;
    private const F PentiumTwo = PentiumPro | F.Sep | F.Pat | F.Pse36 | F.Mmx | F.Fxsr;
    private const F PentiumThree = PentiumTwo | F.Sse;
    private const F PentiumFour = PentiumThree | F.Sse2 | F.Clfsh | F.Hypervisor;
    private const F LevelOne = PentiumFour | F.Syscall | F.Nx | F.Lm | F.PrefetchW | F.InvariantTsc | F.AutoIbrs | F.SsbNo;
    private const F LevelTwo = LevelOne | F.Sse3 | F.Ssse3 | F.Sse41 | F.Sse42 | F.Popcnt | F.Cx16 | F.LahfLm | F.Rdtscp;
    private const F Everything = LevelTwo | F.Aes | F.Pclmul | F.Bmi1 | F.Bmi2 | F.Movbe | F.Lzcnt | F.Adx | F.Xsave | F.FsGsBase | F.Smep | F.Smap | F.Umip | F.Page1Gb | F.Rdrand | F.Rdseed;

    // What a feature cannot be without.
    private static readonly (F Feature, F Needs)[] Dependencies =
    [
        (F.Sse, F.Fxsr), (F.Sse2, F.Sse), (F.Sse3, F.Sse2), (F.Ssse3, F.Sse3), (F.Sse41, F.Ssse3), (F.Sse42, F.Sse41), (F.Aes, F.Sse2), (F.Pclmul, F.Sse2),
        (F.Xsaveopt, F.Xsave), (F.Xsave, F.Fxsr), (F.Fxsr, F.Fpu), (F.Mmx, F.Fpu), (F.X2apic, F.Apic | F.Msr), (F.Lm, F.Pae | F.Sse2 | F.Syscall | F.Msr), (F.Nx, F.Pae),
        (F.Page1Gb, F.Lm), (F.Cx16, F.Lm), (F.FsGsBase, F.Lm), (F.LahfLm, F.Lm), (F.Rdtscp, F.Tsc), (F.Pse36, F.Pse), (F.Mca, F.Mce | F.Msr), (F.Mtrr, F.Msr), (F.Sep, F.Msr),
        (F.Syscall, F.Msr), (F.InvariantTsc, F.Tsc), (F.AutoIbrs, F.Lm),
    ];

    // Named in CPUID words, but no engine does it.
    private const F NotOffered = F.Monitor;

    /// <summary>All models, the oldest first.</summary>
    public static IReadOnlyList<CpuModel> All { get; } =
    [
        new("486", "GenuineIntel", "", 4, 8, 0, 32, I486),
        new("pentium", "GenuineIntel", "", 5, 2, 12, 32, Pentium),
        new("pentium-mmx", "GenuineIntel", "", 5, 4, 3, 32, Pentium | F.Mmx),
        new("pentium-pro", "GenuineIntel", "", 6, 1, 9, 36, PentiumPro),
        new("pentium2", "GenuineIntel", "", 6, 5, 2, 36, PentiumTwo),
        new("pentium3", "GenuineIntel", "", 6, 8, 6, 36, PentiumThree),
        new("pentium4", "GenuineIntel", "Intel(R) Pentium(R) 4 (Doppel)", 15, 2, 9, 36, PentiumFour),
        new("x86-64", "AuthenticAMD", "Doppel x86-64 Processor", 0x1A, 0x02, 0, 40, LevelOne),
        new("x86-64-v2", "AuthenticAMD", "Doppel x86-64-v2 Processor", 0x1A, 0x02, 0, 40, LevelTwo),
        new("max", "AuthenticAMD", "Doppel Processor", 0x1A, 0x02, 0, 40, Everything),
    ];

    /// <summary>The model a machine gets when none is named: x86-64-v2.</summary>
    public static CpuModel Default { get; } = All.Single(model => model.Name == "x86-64-v2");

    /// <summary>Names of the features that can be added or taken away, in lower case.</summary>
    public static IEnumerable<string> FeatureNames => Enum.GetValues<F>().Where(IsSingle).Select(NameOf);

    /// <summary>
    /// Finds a model by name, with changes behind commas: <c>x86-64-v2,+aes,-nx</c>. Throws <see cref="ArgumentException"/> with a sentence for people.
    /// </summary>
    public static CpuModel Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string[] parts = name.Split(',', StringSplitOptions.TrimEntries);
        string wanted = parts[0] == "686" ? "pentium-pro" : parts[0];
        CpuModel model = All.FirstOrDefault(candidate => string.Equals(candidate.Name, wanted, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no CPU model \"{parts[0]}\". Models: {string.Join(", ", All.Select(candidate => candidate.Name))}.");
        if (parts.Length == 1)
        {
            return model;
        }

        F features = model.Features;
        foreach (string part in parts.Skip(1))
        {
            if (part.Length < 2 || part[0] is not ('+' or '-'))
            {
                throw new ArgumentException($"\"{part}\" is no change of a CPU model: write +feature or -feature.");
            }

            F feature = FindFeature(part[1..]);
            features = part[0] == '+' ? features | feature : features & ~feature;
        }

        CheckDependencies(name, features);
        return model with { Name = name, Features = features };
    }

    private static F FindFeature(string text)
    {
        string plain = text.Replace(".", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        foreach (F feature in Enum.GetValues<F>())
        {
            if (IsSingle(feature) && string.Equals(NameOf(feature), plain, StringComparison.OrdinalIgnoreCase))
            {
                return feature;
            }
        }

        throw new ArgumentException($"There is no CPU feature \"{text}\" to change. Features: {string.Join(", ", FeatureNames)}.");
    }

    private static void CheckDependencies(string name, F features)
    {
        foreach ((F feature, F needs) in Dependencies)
        {
            F missing = needs & ~features;
            if ((features & feature) != 0 && missing != 0)
            {
                string list = string.Join(", ", Enum.GetValues<F>().Where(single => IsSingle(single) && (missing & single) != 0).Select(NameOf));
                throw new ArgumentException($"CPU model \"{name}\": {NameOf(feature)} cannot be without {list}.");
            }
        }
    }

    private static bool IsSingle(F feature) => feature != F.None && (feature & NotOffered) == 0;

    private static string NameOf(F feature) => feature.ToString().ToLowerInvariant();
}
