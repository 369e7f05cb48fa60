using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>What the CMOS RAM tells firmware at power-on (IBM AT technical reference; memory sizes above 16 MiB as PC firmware reads them).</summary>
public sealed record CmosOptions
{
    /// <summary>RAM below 4 GiB in bytes, from address 0 and with the hole below 1 MiB counted: addresses 0x15-0x18, 0x30, 0x31, 0x34, 0x35.</summary>
    public ulong MemoryBelow4GiB { get; init; } = 64UL << 20;

    /// <summary>RAM above 4 GiB in bytes: addresses 0x5B-0x5D.</summary>
    public ulong MemoryAbove4GiB { get; init; }

    /// <summary>Equipment byte 0x14: bit 1 coprocessor, bit 2 keyboard, bits 4-5 display (0: VGA).</summary>
    public byte Equipment { get; init; } = 0x06;

    /// <summary>More bytes, address 0x0E to 0x7F, written after the others and before the checksum.</summary>
    public IReadOnlyList<(byte Address, byte Value)> Extra { get; init; } = [];

    /// <summary>Fills CMOS RAM; clock registers are left alone.</summary>
    internal void Fill(Span<byte> cmos)
    {
        const ulong MiB = 1 << 20;
        ulong extendedKiB = MemoryBelow4GiB > MiB ? Math.Min((MemoryBelow4GiB - MiB) >> 10, 0xFFFF) : 0;
        ulong above16 = MemoryBelow4GiB > 16 * MiB ? Math.Min((MemoryBelow4GiB - (16 * MiB)) >> 16, 0xFFFF) : 0;
        ulong above4G = Math.Min(MemoryAbove4GiB >> 16, 0xFF_FFFF);
        cmos[0x14] = Equipment;
        Put(cmos, 0x15, Math.Min(MemoryBelow4GiB >> 10, 640), 2);
        Put(cmos, 0x17, extendedKiB, 2);
        Put(cmos, 0x30, extendedKiB, 2);
        Put(cmos, 0x34, above16, 2);
        Put(cmos, 0x5B, above4G, 3);
        foreach ((byte address, byte value) in Extra.Where(e => e.Address is >= 0x0E and < 0x80))
        {
            cmos[address] = value;
        }

        int sum = 0;
        foreach (byte value in cmos[0x10..0x2E])
        {
            sum += value;
        }

        cmos[0x2E] = (byte)(sum >> 8);
        cmos[0x2F] = (byte)sum;
    }

    private static void Put(Span<byte> cmos, int at, ulong value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            cmos[at + i] = (byte)(value >> (8 * i));
        }
    }
}
