using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot;

/// <summary>The Multiboot 1 header (Multiboot Specification 0.6.96, 3.1): in the first 8 KiB, on a 4-byte border, with a sum of zero.</summary>
/// <param name="Offset">Where it stands in the file.</param>
/// <param name="Flags">Bits 0-15 must be understood, 16 means that the addresses count.</param>
/// <param name="HeaderAddress">Physical address of the header itself.</param>
/// <param name="LoadAddress">Where the text begins.</param>
/// <param name="LoadEnd">Where the data ends; 0: with the file.</param>
/// <param name="BssEnd">Where the zeroed part ends; 0: there is none.</param>
/// <param name="Entry">Where to start.</param>
internal readonly record struct MultibootHeader(int Offset, uint Flags, uint HeaderAddress, uint LoadAddress, uint LoadEnd, uint BssEnd, uint Entry)
{
    public const uint HasAddresses = 1 << 16;

    private const uint Magic = 0x1BAD_B002;
    private const int SearchBytes = 8192;
    private const int AddressedBytes = 32;

    /// <summary>The header in <paramref name="file"/>, or null.</summary>
    public static MultibootHeader? Find(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> area = file[..Math.Min(file.Length, SearchBytes)];
        for (int at = 0; at + 12 <= area.Length; at += 4)
        {
            if (Read(area, at) != Magic)
            {
                continue;
            }

            uint flags = Read(area, at + 4);
            if (unchecked(Magic + flags + Read(area, at + 8)) != 0)
            {
                continue;
            }

            if ((flags & HasAddresses) == 0)
            {
                return new MultibootHeader(at, flags, 0, 0, 0, 0, 0);
            }

            return at + AddressedBytes <= file.Length
                ? new MultibootHeader(at, flags, Read(file, at + 12), Read(file, at + 16), Read(file, at + 20), Read(file, at + 24), Read(file, at + 28))
                : throw Damaged("its header is cut off");
        }

        return null;
    }

    internal static BootException Damaged(string how) => new($"the multiboot kernel is damaged: {how}; get a good copy");

    private static uint Read(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);
}
