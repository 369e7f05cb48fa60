namespace Doppel.Devices.Chipset.Apic;

/// <summary>What differs between processors' local APICs; follows from the CPU model.</summary>
public sealed record LocalApicOptions
{
    /// <summary>Rate of the board's time-stamp counter, for TSC-deadline mode.</summary>
    public ulong TimestampHertz { get; init; } = 1_000_000_000;

    /// <summary>Whether x2APIC mode exists (CPUID.1:ECX bit 21).</summary>
    public bool HasX2Apic { get; init; } = true;

    /// <summary>Whether IA32_TSC_DEADLINE exists (CPUID.1:ECX bit 24).</summary>
    public bool HasTscDeadline { get; init; } = true;

    /// <summary>Width of physical addresses, 32 to 52: higher bits of IA32_APIC_BASE are reserved.</summary>
    public int PhysicalAddressBits { get; init; } = 40;

    /// <summary>Whether the boot processor's APIC passes the 8259 pair on right after reset, for machines without firmware that sets it so.</summary>
    public bool VirtualWireAtReset { get; init; }
}
