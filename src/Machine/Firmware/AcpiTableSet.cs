using System.Collections.Generic;
using static Doppel.Machine.Firmware.AcpiTables;

namespace Doppel.Machine.Firmware;

/// <summary>An address inside the tables: where it stands and how many bytes it has, 4 or 8.</summary>
internal readonly record struct AcpiPointer(uint At, byte Bytes);

/// <summary>One table and where it stands.</summary>
internal readonly record struct AcpiPlacedTable(uint At, byte[] Bytes, bool HasChecksum);

/// <summary>All ACPI tables, laid one after the other from an address on, and where they point at one another. The root pointer stands apart.</summary>
internal sealed class AcpiTableSet
{
    public const int ChecksumAt = 9;
    public const int RootChecksumAt = 8;
    public const int RootWholeChecksumAt = 32;
    public const int RootFirstBytes = 20;

    private const uint Alignment = 64;
    private readonly List<AcpiPlacedTable> _tables = [];
    private readonly List<AcpiPointer> _pointers = [];
    private readonly uint _start;
    private uint _next;

    private AcpiTableSet(uint start)
    {
        _start = start;
        _next = start;
    }

    /// <summary>Pointers of the root pointer, as offsets in it: RSDT and XSDT.</summary>
    public static AcpiPointer[] RootPointers { get; } = [new(16, 4), new(24, 8)];

    /// <summary>The tables in rising order.</summary>
    public IReadOnlyList<AcpiPlacedTable> Tables => _tables;

    /// <summary>Pointers between tables.</summary>
    public IReadOnlyList<AcpiPointer> Pointers => _pointers;

    /// <summary>The root pointer.</summary>
    public byte[] Root { get; private set; } = [];

    /// <summary>First address behind the last table.</summary>
    public uint End => _next;

    /// <summary>Lays out the tables of <paramref name="hardware"/>.</summary>
    public static AcpiTableSet Lay(uint start, AcpiHardware hardware)
    {
        AcpiTableSet set = new(start);
        uint facs = set.Place(Facs(), hasChecksum: false);
        uint dsdt = set.Place(Table("DSDT", 2, AcpiNamespace.Build(hardware)));
        List<uint> roots = [set.Place(Fixed(hardware, facs, dsdt), hasChecksum: true, FixedPointers)];
        if (hardware.HasLocalApic)
        {
            roots.Add(set.Place(Interrupts(hardware)));
        }

        if (hardware.HasHpet)
        {
            roots.Add(set.Place(EventTimer()));
        }

        uint rsdt = set.Place(Roots("RSDT", roots, 4), hasChecksum: true, RootsPointers(roots.Count, 4));
        uint xsdt = set.Place(Roots("XSDT", roots, 8), hasChecksum: true, RootsPointers(roots.Count, 8));
        set.Root = RootPointer(rsdt, xsdt);
        return set;
    }

    /// <summary>The bytes from the start on.</summary>
    public byte[] ToBlock()
    {
        byte[] block = new byte[_next - _start];
        foreach (AcpiPlacedTable table in _tables)
        {
            table.Bytes.CopyTo(block, (int)(table.At - _start));
        }

        return block;
    }

    private static AcpiPointer[] RootsPointers(int count, byte bytes)
    {
        AcpiPointer[] pointers = new AcpiPointer[count];
        for (int i = 0; i < count; i++)
        {
            pointers[i] = new AcpiPointer((uint)(HeaderBytes + (i * bytes)), bytes);
        }

        return pointers;
    }

    private uint Place(byte[] table, bool hasChecksum = true, params AcpiPointer[] pointers)
    {
        uint address = (_next + Alignment - 1) & ~(Alignment - 1);
        _tables.Add(new AcpiPlacedTable(address, table, hasChecksum));
        foreach (AcpiPointer pointer in pointers)
        {
            _pointers.Add(pointer with { At = pointer.At + address });
        }

        _next = address + (uint)table.Length;
        return address;
    }
}
