using System.Collections.Generic;

namespace Doppel.Machine.Firmware;

/// <summary>What the firmware says of a piece of memory (INT 15h E820 types, ACPI 6.4 table 15.6).</summary>
public enum MemoryKind : uint
{
    /// <summary>The operating system's to use.</summary>
    Usable = 1,

    /// <summary>Not to be used.</summary>
    Reserved = 2,
}

/// <summary>One entry of the memory map.</summary>
/// <param name="Start">First guest-physical address.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Kind">Who may use it.</param>
public readonly record struct MemoryMapEntry(ulong Start, ulong Length, MemoryKind Kind)
{
    /// <summary>First address after the entry.</summary>
    public ulong End => Start + Length;
}

/// <summary>
/// Where RAM answers and what the guest is told of it. RAM fills the addresses up to the hole for devices at 3 GiB; the rest goes above 4 GiB.
/// <code>
/// 0000_0000  640 KiB   usable, less 1 KiB for the extended BIOS data area
/// 000A_0000  384 KiB   VGA, option ROMs: reserved
/// 000F_0000   64 KiB   firmware tables: reserved
/// 0010_0000            usable up to the end of RAM or C000_0000
/// C000_0000    1 GiB   devices: IOAPIC FEC0_0000, local APIC FEE0_0000
/// 1_0000_0000          the rest
/// </code>
/// </summary>
public sealed class MemoryMap
{
    /// <summary>First address of the hole for devices.</summary>
    public const ulong HoleStart = 0xC000_0000;

    /// <summary>First address of the RAM that did not fit below the hole.</summary>
    public const ulong HighStart = 0x1_0000_0000;

    /// <summary>The extended BIOS data area: the last KiB of the low 640.</summary>
    public const ulong ExtendedBiosData = 0x9_FC00;

    /// <summary>First address of the area where firmware tables stand and operating systems look for them.</summary>
    public const ulong FirmwareArea = 0xF_0000;

    /// <summary>First address above the area of the first megabyte.</summary>
    public const ulong OneMiB = 0x10_0000;

    private readonly List<MemoryMapEntry> _entries = [];

    /// <summary>Lays out <paramref name="memoryBytes"/> of RAM, at least 1 MiB.</summary>
    public MemoryMap(ulong memoryBytes)
    {
        LowBytes = memoryBytes < HoleStart ? memoryBytes : HoleStart;
        HighBytes = memoryBytes - LowBytes;
        _entries.Add(new MemoryMapEntry(0, ExtendedBiosData, MemoryKind.Usable));
        _entries.Add(new MemoryMapEntry(ExtendedBiosData, 0xA_0000 - ExtendedBiosData, MemoryKind.Reserved));
        _entries.Add(new MemoryMapEntry(FirmwareArea, OneMiB - FirmwareArea, MemoryKind.Reserved));
        if (LowBytes > OneMiB)
        {
            _entries.Add(new MemoryMapEntry(OneMiB, LowBytes - OneMiB, MemoryKind.Usable));
        }

        if (HighBytes != 0)
        {
            _entries.Add(new MemoryMapEntry(HighStart, HighBytes, MemoryKind.Usable));
        }
    }

    /// <summary>RAM below the hole, starting at 0.</summary>
    public ulong LowBytes { get; }

    /// <summary>RAM from <see cref="HighStart"/> on.</summary>
    public ulong HighBytes { get; }

    /// <summary>The entries in address order.</summary>
    public IReadOnlyList<MemoryMapEntry> Entries => _entries;
}
