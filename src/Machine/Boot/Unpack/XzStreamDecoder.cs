using System;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>
/// One .xz stream (the .xz file format 1.1.0): header, blocks, index. Filters: LZMA2 alone or after x86 branch conversion, which is what the
/// kernel's build uses. Checks none, CRC32 and SHA-256 are verified; CRC64 is skipped over (the kernel cannot use it).
/// The index and footer repeat the block sizes and are not read.
/// </summary>
internal static class XzStreamDecoder
{
    private const int StreamHeaderBytes = 12;
    private const ulong FilterX86 = 0x04;
    private const ulong FilterLzma2 = 0x21;

    /// <summary>Decodes into <paramref name="output"/>; returns the length.</summary>
    public static int Decode(ReadOnlySpan<byte> packed, Span<byte> output)
    {
        if (packed.Length < StreamHeaderBytes || packed[6] != 0 || packed[7] > 15
            || BinaryPrimitives.ReadUInt32LittleEndian(packed[8..]) != Crc32.Compute(packed.Slice(6, 2)))
        {
            throw KernelPayload.Damaged("the xz header is wrong");
        }

        int check = packed[7];
        int checkBytes = check switch { 0 => 0, <= 3 => 4, <= 6 => 8, <= 9 => 16, <= 12 => 32, _ => 64 };
        int from = StreamHeaderBytes;
        int at = 0;
        while (At(packed, from) != 0)
        {
            bool hasBranchFilter = ReadBlockHeader(packed, ref from, out uint startOffset);
            int length = Lzma2Decoder.Decode(packed[from..], output[at..], out int consumed);
            from = (from + consumed + 3) & ~3;
            Span<byte> block = output.Slice(at, length);
            if (hasBranchFilter)
            {
                X86BranchFilter.Decode(block, startOffset);
            }

            if (checkBytes > packed.Length - from)
            {
                throw KernelPayload.Damaged("it ends early");
            }

            if (!IsIntact(check, block, packed.Slice(from, checkBytes)))
            {
                throw KernelPayload.Damaged("its checksum does not match");
            }

            from += checkBytes;
            at += length;
        }

        return at;
    }

    private static bool IsIntact(int check, ReadOnlySpan<byte> block, ReadOnlySpan<byte> stored) => check switch
    {
        1 => BinaryPrimitives.ReadUInt32LittleEndian(stored) == Crc32.Compute(block),
        10 => SHA256.HashData(block).AsSpan().SequenceEqual(stored),
        _ => true,
    };

    private static bool ReadBlockHeader(ReadOnlySpan<byte> packed, ref int from, out uint startOffset)
    {
        startOffset = 0;
        int size = (packed[from] + 1) * 4;
        if (size > packed.Length - from)
        {
            throw KernelPayload.Damaged("it ends early");
        }

        ReadOnlySpan<byte> header = packed.Slice(from, size);
        from += size;
        byte flags = header[1];
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]) != Crc32.Compute(header[..^4]) || (flags & 0x3C) != 0)
        {
            throw KernelPayload.Damaged("an xz block header is wrong");
        }

        int at = 2;
        int sizes = ((flags >> 6) & 1) + (flags >> 7);
        for (int i = 0; i < sizes; i++)
        {
            _ = ReadNumber(header, ref at); // compressed and uncompressed size: the data ends itself
        }

        int filters = (flags & 3) + 1;
        bool hasBranchFilter = false;
        for (int i = 0; i < filters; i++)
        {
            ulong id = ReadNumber(header, ref at);
            ulong propertyBytes = ReadNumber(header, ref at);
            bool isLast = i == filters - 1;
            bool isKnown = isLast ? id == FilterLzma2 && propertyBytes == 1 : id == FilterX86 && propertyBytes is 0 or 4 && !hasBranchFilter;
            if (!isKnown || (int)propertyBytes > header.Length - at)
            {
                throw new BootException($"the kernel is packed with xz filter 0x{id:X}, which is not supported; let the kernel unpack itself (--no-unpack)");
            }

            if (!isLast)
            {
                hasBranchFilter = true;
                startOffset = propertyBytes == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(header[at..]) : 0;
            }

            at += (int)propertyBytes;
        }

        return hasBranchFilter;
    }

    // A number of up to 63 bits, seven a byte, least significant first.
    private static ulong ReadNumber(ReadOnlySpan<byte> header, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte b = At(header, at++);
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw KernelPayload.Damaged("an xz block header is wrong");
    }

    private static byte At(ReadOnlySpan<byte> bytes, int at) =>
        (uint)at < (uint)bytes.Length ? bytes[at] : throw KernelPayload.Damaged("it ends early");
}
