using System;
using System.Buffers.Binary;

namespace Doppel.Devices.Storage.Ide.Ata;

/// <summary>The 256 words that IDENTIFY DEVICE and IDENTIFY PACKET DEVICE answer (ATA/ATAPI-6, 8.15 and 8.16).</summary>
internal static class AtaIdentify
{
    /// <summary>Length in bytes.</summary>
    public const int LengthBytes = 512;

    /// <summary>Writes the words of a disk.</summary>
    public static void Disk(Span<byte> to, DriveIdentity identity, AtaGeometry geometry, DriveSettings settings, in DiskFlags flags)
    {
        Span<ushort> words = stackalloc ushort[256];
        words.Clear();
        words[0] = 0x0040;
        words[1] = geometry.NativeCylinders;
        words[3] = 16;
        words[6] = 63;
        words[20] = 3;
        words[21] = 512;
        PutNames(words, identity);
        words[47] = 0x8000 | AtaDisk.MostMultiple;
        words[48] = 1;
        words[49] = 0x2F00;
        words[50] = 0x4000;
        words[51] = 0x0200;
        words[52] = 0x0200;
        words[53] = 0x0007;
        words[54] = geometry.Cylinders;
        words[55] = (ushort)geometry.Heads;
        words[56] = (ushort)geometry.Track;
        PutDword(words[57..], geometry.Reach);
        words[59] = (ushort)(flags.Multiple == 0 ? 0 : 0x0100 | flags.Multiple);
        PutDword(words[60..], geometry.Sectors28);
        PutModes(words, settings);
        words[80] = 0x007E;

        // NOP, look-ahead, write cache, power management; 48-bit addresses, FLUSH CACHE and its 48-bit form. What word 84 has is marked valid only.
        words[82] = 0x4068;
        words[83] = 0x7400;
        words[84] = 0x4000;
        words[85] = (ushort)(0x4008 | (flags.LooksAhead ? 0x40 : 0) | (flags.CachesWrites ? 0x20 : 0));
        words[86] = 0x3400;
        words[87] = 0x4000;
        words[93] = ResetResult(flags.IsSecond, flags.HasNeighbour);
        PutDword(words[100..], (uint)geometry.Sectors);
        PutDword(words[102..], (uint)(geometry.Sectors >> 32));
        Finish(to, words);
    }

    /// <summary>Writes the words of a CD-ROM drive: packets of 12 bytes, DRQ within 50 microseconds.</summary>
    public static void Cdrom(Span<byte> to, DriveIdentity identity, DriveSettings settings, bool isSecond, bool hasNeighbour)
    {
        Span<ushort> words = stackalloc ushort[256];
        words.Clear();
        words[0] = 0x85C0;
        PutNames(words, identity);
        words[48] = 1;
        words[49] = 0x0F00;
        words[50] = 0x4000;
        words[51] = 0x0200;
        words[52] = 0x0200;
        words[53] = 0x0006;
        PutModes(words, settings);
        words[80] = 0x007E;

        // NOP, DEVICE RESET, packets, power management.
        words[82] = 0x4218;
        words[83] = 0x4000;
        words[84] = 0x4000;
        words[85] = 0x4218;
        words[87] = 0x4000;
        words[93] = ResetResult(isSecond, hasNeighbour);
        Finish(to, words);
    }

    // How the drives found each other at reset: an 80-wire cable, numbers by jumper; bit 6 says that the first drive stands in for the second.
    private static ushort ResetResult(bool isSecond, bool hasNeighbour) =>
        (ushort)(0x6000 | (isSecond ? 0x0B00 : hasNeighbour ? 0x003B : 0x004B));

    private static void PutNames(Span<ushort> words, DriveIdentity identity)
    {
        DriveIdentity.PutSwapped(words.Slice(10, 10), identity.Serial);
        DriveIdentity.PutSwapped(words.Slice(23, 4), identity.Firmware);
        DriveIdentity.PutSwapped(words.Slice(27, 20), identity.Model);
    }

    // PIO modes 3 and 4 and cycle times of 120 ns.
    private static void PutModes(Span<ushort> words, DriveSettings settings)
    {
        words[63] = settings.MultiwordWord;
        words[64] = 0x0003;
        words.Slice(65, 4).Fill(120);
        words[88] = settings.UltraWord;
    }

    private static void PutDword(Span<ushort> words, uint value)
    {
        words[0] = (ushort)value;
        words[1] = (ushort)(value >> 16);
    }

    // The last word: a signature and a byte that makes the sum of all bytes 0.
    private static void Finish(Span<byte> to, ReadOnlySpan<ushort> words)
    {
        byte sum = 0xA5;
        for (int i = 0; i < 255; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[(i * 2)..], words[i]);
            sum += (byte)(to[i * 2] + to[(i * 2) + 1]);
        }

        to[510] = 0xA5;
        to[511] = (byte)-sum;
    }
}

/// <summary>What a disk's identity depends on besides its size.</summary>
/// <param name="Multiple">Sectors a block of READ and WRITE MULTIPLE; 0: they are off.</param>
/// <param name="CachesWrites">The write cache is on.</param>
/// <param name="LooksAhead">Read look-ahead is on.</param>
/// <param name="IsSecond">The second drive of its cable.</param>
/// <param name="HasNeighbour">The cable has another drive.</param>
internal readonly record struct DiskFlags(int Multiple, bool CachesWrites, bool LooksAhead, bool IsSecond, bool HasNeighbour);
