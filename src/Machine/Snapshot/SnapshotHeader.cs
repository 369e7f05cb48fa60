using System;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Doppel.Primitives;

namespace Doppel.Machine.Snapshot;

/// <summary>
/// The first 64 KiB of a snapshot file: where its parts stand. RAM stands at a fixed offset, byte for byte, so that it can be mapped; zeros may be
/// holes of the file. Behind it, without gaps, come the boot files, for a guest that resets itself (kernel and initrd, or firmware and display ROM), what was changed on media, and the state stream. All numbers are
/// little-endian; the header ends with its own SHA-256.
/// <code>
///    0  "DOPLSNAP"             40  kernel: offset, length, XXH128
///    8  version, header size   72  initrd: offset, length, XXH128
///   16  length of the file    104  state stream: offset, length
///   24  RAM: offset, length                136  changes of media: offset, length, XXH128
/// </code>
/// </summary>
internal sealed record SnapshotHeader
{
    /// <summary>Length of the header, and so where RAM stands: a border of pages on every host that Linux runs on.</summary>
    public const int HeaderBytes = 0x1_0000;

    /// <summary>Most bytes of memory.</summary>
    public const long MaxRamBytes = 1L << 40;

    /// <summary>Most bytes of a boot file.</summary>
    public const long MaxBootBytes = 1L << 30;

    /// <summary>Most bytes of a state stream.</summary>
    public const long MaxStateBytes = 64L << 20;

    /// <summary>Most bytes of changes of media.</summary>
    public const long MaxMediaBytes = 1L << 44;

    private const uint Version = 2;
    private const int HashAt = HeaderBytes - 32;

    public required long FileLength { get; init; }

    public required long RamLength { get; init; }

    public required FilePart Kernel { get; init; }

    public required FilePart Initrd { get; init; }

    public required FilePart Media { get; init; }

    public required FilePart State { get; init; }

    private static ReadOnlySpan<byte> Magic => "DOPLSNAP"u8;

    /// <summary>The page's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] page = new byte[HeaderBytes];
        Magic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(12), HeaderBytes);
        Put(page, 16, FileLength);
        Put(page, 24, HeaderBytes);
        Put(page, 32, RamLength);
        Put(page, 40, Kernel);
        Put(page, 72, Initrd);
        Put(page, 104, State);
        Put(page, 136, Media);
        SHA256.HashData(page.AsSpan(0, HashAt), page.AsSpan(HashAt));
        return page;
    }

    /// <summary>Reads a page and checks that all parts lie in a file of <paramref name="fileLength"/> bytes.</summary>
    /// <exception cref="StateFormatException">It is no header, or that of another file.</exception>
    public static SnapshotHeader Parse(ReadOnlySpan<byte> page, long fileLength)
    {
        if (page.Length < HeaderBytes || !page.StartsWith(Magic))
        {
            throw new StateFormatException("this is not a snapshot of a machine; name a file that \"doppel snapshot\" wrote");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(page[8..]);
        if (version != Version)
        {
            throw new StateFormatException(string.Create(CultureInfo.InvariantCulture, $"the snapshot has format {version}, but this Doppel reads format {Version}; use the Doppel that wrote it"));
        }

        if (!SHA256.HashData(page[..HashAt]).AsSpan().SequenceEqual(page[HashAt..HeaderBytes]))
        {
            throw new StateFormatException("the snapshot is damaged: its header does not fit its SHA-256");
        }

        SnapshotHeader header = new()
        {
            FileLength = Get(page, 16),
            RamLength = Get(page, 32),
            Kernel = GetPart(page, 40),
            Initrd = GetPart(page, 72),
            State = GetPart(page, 104),
            Media = GetPart(page, 136),
        };
        header.Check(Get(page, 24), fileLength);
        return header;
    }

    private static void Put(byte[] page, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(at), value);

    private static void Put(byte[] page, int at, FilePart part)
    {
        Put(page, at, part.At);
        Put(page, at + 8, part.Length);
        BinaryPrimitives.WriteUInt128LittleEndian(page.AsSpan(at + 16), part.Sum);
    }

    private static long Get(ReadOnlySpan<byte> page, int at) => BinaryPrimitives.ReadInt64LittleEndian(page[at..]);

    private static FilePart GetPart(ReadOnlySpan<byte> page, int at) => new(Get(page, at), Get(page, at + 8), BinaryPrimitives.ReadUInt128LittleEndian(page[(at + 16)..]));

    private void Check(long ramAt, long fileLength)
    {
        if (fileLength != FileLength)
        {
            throw new StateFormatException(string.Create(CultureInfo.InvariantCulture, $"the snapshot is cut off or has grown: {fileLength} bytes instead of {FileLength}"));
        }

        bool fits = ramAt == HeaderBytes && RamLength is > 0 and <= MaxRamBytes && (RamLength & 0xFFF) == 0
            && Follows(HeaderBytes + RamLength, Kernel, MaxBootBytes) && Follows(Kernel.End, Initrd, MaxBootBytes)
            && Follows(Initrd.End, Media, MaxMediaBytes) && Follows(Media.End, State, MaxStateBytes) && State.End == FileLength;
        if (!fits)
        {
            throw new StateFormatException("the snapshot is damaged: its parts do not fit the file");
        }
    }

    // Lengths are bounded before ends are computed from them: nothing overflows.
    private static bool Follows(long end, FilePart part, long most) => part.At == end && part.Length >= 0 && part.Length <= most;
}

/// <summary>A part of a snapshot file.</summary>
/// <param name="At">Offset in bytes.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Sum">XXH128 of the bytes; 0 for the state stream, which carries a SHA-256 of its own.</param>
internal readonly record struct FilePart(long At, long Length, UInt128 Sum)
{
    /// <summary>Offset of what follows.</summary>
    public long End => At + Length;
}
