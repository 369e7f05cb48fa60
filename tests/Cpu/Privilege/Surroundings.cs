namespace Doppel.Cpu.Tests.Privilege;

/// <summary>Modes of operation (Intel SDM vol. 3A 2.2), with the protected mode of 16-bit segments apart and virtual-8086 mode with and without CR4.VME.</summary>
public enum Mode
{
    /// <summary>Real-address mode.</summary>
    Real,

    /// <summary>Protected mode, 16-bit segments with bases.</summary>
    Protected16,

    /// <summary>Protected mode, flat 32-bit segments.</summary>
    Protected32,

    /// <summary>Virtual-8086 mode.</summary>
    Virtual8086,

    /// <summary>Virtual-8086 mode with CR4.VME.</summary>
    Virtual8086Extended,

    /// <summary>32-bit code under IA32_EFER.LMA.</summary>
    Compatibility,

    /// <summary>64-bit mode.</summary>
    Long,
}

/// <summary>Where an instruction runs: mode, privilege level and I/O privilege level.</summary>
internal readonly record struct Surroundings(Mode Mode, int Cpl, int Iopl)
{
    internal static readonly Surroundings[] All = Every();

    internal bool IsVirtual8086 => Mode is Mode.Virtual8086 or Mode.Virtual8086Extended;

    internal bool IsLong => Mode is Mode.Compatibility or Mode.Long;

    /// <summary>Operand size of code without prefixes, in bytes.</summary>
    internal int OperandSize => Mode is Mode.Protected32 or Mode.Compatibility or Mode.Long ? 4 : 2;

    /// <summary>Column of the expectation tables: real | CPL 0, CPL 3 IOPL 0, CPL 3 IOPL 3 | V86 0, 3, with VME 0, 3 | compatibility as protected | 64-bit as protected.</summary>
    internal int Column => Mode switch
    {
        Mode.Real => 0,
        Mode.Protected16 or Mode.Protected32 => 1 + Level,
        Mode.Virtual8086 => Iopl == 0 ? 4 : 5,
        Mode.Virtual8086Extended => Iopl == 0 ? 6 : 7,
        Mode.Compatibility => 8 + Level,
        _ => 11 + Level,
    };

    private int Level => Cpl == 0 ? 0 : Iopl == 0 ? 1 : 2;

    private static Surroundings[] Every()
    {
        System.Collections.Generic.List<Surroundings> all = [];
        foreach (Mode mode in System.Enum.GetValues<Mode>())
        {
            foreach (int iopl in (int[])[0, 3])
            {
                if (mode is Mode.Protected16 or Mode.Protected32 or Mode.Compatibility or Mode.Long or Mode.Real)
                {
                    all.Add(new Surroundings(mode, 0, iopl));
                }

                if (mode != Mode.Real)
                {
                    all.Add(new Surroundings(mode, 3, iopl));
                }
            }
        }

        return [.. all];
    }
}
