using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;
using K4os.Compression.LZ4;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>How the payload of a bzImage is packed.</summary>
internal enum PayloadFormat
{
    Unknown = 0,
    Gzip = 1,
    Xz = 2,
    Zstd = 3,
    Lz4 = 4,
    Lzma = 5,
    Bzip2 = 6,
    Lzo = 7,
    Elf = 8,
}

/// <summary>
/// The packed kernel inside a bzImage (Documentation/arch/x86/boot.rst, payload_offset). The format shows in the first bytes; the unpacked
/// size stands in the last four, for gzip as its own trailer, for all others appended by the kernel's build. LZO is told apart but not unpacked.
/// </summary>
internal static class KernelPayload
{
    private const uint Lz4LegacyMagic = 0x184C_2102;
    private const int Lz4LegacyBlockBytes = 8 << 20;

    public static PayloadFormat Detect(ReadOnlySpan<byte> packed) => packed switch
    {
        [0x1F, 0x8B or 0x9E, ..] => PayloadFormat.Gzip,
        [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, ..] => PayloadFormat.Xz,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => PayloadFormat.Zstd,
        [0x02, 0x21, 0x4C, 0x18, ..] => PayloadFormat.Lz4,
        [0x5D, 0x00, 0x00, ..] => PayloadFormat.Lzma,
        [0x42, 0x5A, 0x68, ..] => PayloadFormat.Bzip2,
        [0x89, 0x4C, 0x5A, 0x4F, ..] => PayloadFormat.Lzo,
        [0x7F, 0x45, 0x4C, 0x46, ..] => PayloadFormat.Elf,
        _ => PayloadFormat.Unknown,
    };

    /// <summary>Size after unpacking as the payload itself says.</summary>
    public static uint UnpackedSize(ReadOnlySpan<byte> packed) =>
        Detect(packed) == PayloadFormat.Elf ? (uint)packed.Length
        : packed.Length < 8 ? throw Damaged("it is too short")
        : BinaryPrimitives.ReadUInt32LittleEndian(packed[^4..]);

    /// <summary>Unpacks the whole of <paramref name="packed"/>; it must fill <paramref name="output"/> exactly.</summary>
    /// <exception cref="BootException">The payload is damaged, or packed in a way that is not supported.</exception>
    public static void Unpack(ReadOnlyMemory<byte> packed, Span<byte> output)
    {
        PayloadFormat format = Detect(packed.Span);
        if (format is not (PayloadFormat.Gzip or PayloadFormat.Elf) && packed.Length > 4)
        {
            packed = packed[..^4];
        }

        try
        {
            int length = format switch
            {
                PayloadFormat.Gzip => ReadAll(new GZipStream(AsStream(packed), CompressionMode.Decompress), output),
                PayloadFormat.Xz => XzStreamDecoder.Decode(packed.Span, output),
                PayloadFormat.Zstd => UnpackZstd(packed.Span, output),
                PayloadFormat.Lz4 => UnpackLz4Legacy(packed.Span, output),
                PayloadFormat.Lzma => LzmaAlone.Decode(packed.Span, output),
                PayloadFormat.Bzip2 => ReadAll(SharpCompress.Compressors.BZip2.BZip2Stream.Create(AsStream(packed), SharpCompress.Compressors.CompressionMode.Decompress, false), output),
                PayloadFormat.Elf => Copy(packed.Span, output),
                PayloadFormat.Lzo => throw new BootException("the kernel is packed with LZO, which is not supported; let the kernel unpack itself (--no-unpack)"),
                _ => throw new BootException("the kernel is packed in an unknown way; let the kernel unpack itself (--no-unpack)"),
            };
            if (length != output.Length)
            {
                throw Damaged("it ends early");
            }
        }
        catch (Exception e) when (e is not (BootException or OutOfMemoryException))
        {
            // The libraries throw types of their own, and sometimes index errors, for damaged input.
            throw new BootException($"the packed kernel is damaged ({e.Message.ReplaceLineEndings(" ")}); get a good copy", e);
        }
    }

    internal static BootException Damaged(string how) => new($"the packed kernel is damaged: {how}; get a good copy");

    private static MemoryStream AsStream(ReadOnlyMemory<byte> bytes) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(bytes.ToArray(), writable: false);

    private static int ReadAll(Stream stream, Span<byte> output)
    {
        using (stream)
        {
            int length = stream.ReadAtLeast(output, output.Length, throwOnEndOfStream: false);
            if (length == output.Length && stream.ReadByte() >= 0)
            {
                throw Damaged("it is longer than it says");
            }

            return length;
        }
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> output)
    {
        from.CopyTo(output);
        return from.Length;
    }

    private static int UnpackZstd(ReadOnlySpan<byte> packed, Span<byte> output)
    {
        using ZstdSharp.Decompressor decompressor = new();
        return decompressor.Unwrap(packed, output);
    }

    // The legacy LZ4 frame: magic, then blocks of at most 8 MiB each, led by their packed size; concatenated frames are allowed.
    private static int UnpackLz4Legacy(ReadOnlySpan<byte> packed, Span<byte> output)
    {
        int at = 4;
        int length = 0;
        while (packed.Length - at >= 4)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(packed[at..]);
            at += 4;
            if (size == Lz4LegacyMagic)
            {
                continue;
            }

            if (size == 0)
            {
                break;
            }

            if (size > packed.Length - at)
            {
                throw Damaged("an LZ4 block is cut off");
            }

            Span<byte> room = output[length..];
            int got = LZ4Codec.Decode(packed.Slice(at, (int)size), room[..Math.Min(room.Length, Lz4LegacyBlockBytes)]);
            if (got < 0)
            {
                throw Damaged("an LZ4 block does not decode");
            }

            length += got;
            at += (int)size;
        }

        return length;
    }
}
