using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using Doppel.Backends;
using Doppel.Backends.Disk;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Media;

/// <summary>
/// Tells from the content of a file what <c>doppel run FILE</c> means by it: a boot sector (IBM PC, signature 55 AA), an ISO 9660 volume
/// (ECMA-119 8.4), a kernel (Linux boot protocol, ELF, multiboot 0.6.96) or a UEFI firmware volume (PI specification vol. 3 3.2.1).
/// </summary>
internal static class ImageProbe
{
    /// <summary>Largest floppy: 2.88 MB.</summary>
    internal const long LargestFloppy = 2_949_120;

    private const int VolumeDescriptor = 0x8000;
    private const int HeadBytes = VolumeDescriptor + 2048;
    private const int SectorBytes = 512;
    private const int PartitionTable = 0x1BE;
    private const int MultibootSearch = 8192;
    private const uint MultibootMagic = 0x1BAD_B002;

    private static readonly HashSet<long> FloppySizes = [163_840, 184_320, 327_680, 368_640, 737_280, 1_228_800, 1_474_560, 1_720_320, 1_763_328, LargestFloppy];

    // Formats that are no plain bytes of a disk, by their first bytes.
    private static readonly (byte[] Magic, string What, string Remedy)[] Foreign =
    [
        ([0x51, 0x46, 0x49, 0xFB], "a qcow2 image", "convert it: qemu-img convert -O raw OLD NEW"),
        ("KDMV"u8.ToArray(), "a VMDK image", "convert it: qemu-img convert -O raw OLD NEW"),
        ("<<< "u8.ToArray(), "a VDI image", "convert it: qemu-img convert -O raw OLD NEW"),
        ("vhdxfile"u8.ToArray(), "a VHDX image", "convert it: qemu-img convert -O raw OLD NEW"),
        ([0x1F, 0x8B], "compressed by gzip", "unpack it: gunzip FILE"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed by xz", "unpack it: unxz FILE"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd", "unpack it: unzstd FILE"),
        ("BZh"u8.ToArray(), "compressed by bzip2", "unpack it: bunzip2 FILE"),
        ("PK\u0003\u0004"u8.ToArray(), "a ZIP archive", "unpack it first"),
    ];

    /// <summary>Looks at the file; throws the usage error when nothing in it can be booted.</summary>
    internal static ImageFinding Look(string path)
    {
        string shown = Printable.Line(path);
        try
        {
            // As a drive opens it: .NET's own files would trip over another machine's lock with a message of their own.
            using DiskFile file = DiskFile.Open(path, readOnly: true);
            byte[] head = new byte[Math.Min(HeadBytes, file.LengthBytes)];
            return file.Read(0, head) != BlockStatus.Done ? throw CliException.NotFound($"{shown} cannot be read")
                : Look(head, file.LengthBytes) ?? throw CliException.Usage(Refusal(shown, head));
        }
        catch (DiskException e)
        {
            throw MediaShelf.Error("FILE", e);
        }
    }

    /// <summary>What the first bytes of a file of <paramref name="length"/> bytes say; null: nothing.</summary>
    internal static ImageFinding? Look(ReadOnlySpan<byte> head, long length)
    {
        if (head.Length >= VolumeDescriptor + 2048 && head.Slice(VolumeDescriptor + 1, 5).SequenceEqual("CD001"u8))
        {
            return new ImageFinding(ImageKind.Cdrom, "a CD", VolumeDamage(head[VolumeDescriptor..], length));
        }

        if (head.Length >= 0x206 && head.Slice(0x202, 4).SequenceEqual("HdrS"u8))
        {
            return new ImageFinding(ImageKind.Kernel, "a Linux kernel");
        }

        if (head.StartsWith("\u007FELF"u8))
        {
            return new ImageFinding(ImageKind.Kernel, "an ELF kernel");
        }

        if (head.Length >= 0x2C && head.Slice(0x28, 4).SequenceEqual("_FVH"u8))
        {
            return new ImageFinding(ImageKind.Flash, "UEFI firmware");
        }

        bool boots = head.Length >= SectorBytes && head[510] == 0x55 && head[511] == 0xAA;
        if (boots && length > LargestFloppy)
        {
            return new ImageFinding(ImageKind.Disk, "a disk", PartitionDamage(head, length));
        }

        return boots || FloppySizes.Contains(length) ? new ImageFinding(ImageKind.Floppy, "a floppy")
            : HasMultibootHeader(head) ? new ImageFinding(ImageKind.Kernel, "a multiboot kernel")
            : null;
    }

    private static string Refusal(string shown, ReadOnlySpan<byte> head)
    {
        foreach ((byte[] magic, string what, string remedy) in Foreign)
        {
            if (head.StartsWith(magic))
            {
                return $"{shown} is {what}; {remedy}";
            }
        }

        return $"{shown} cannot be booted: it is no CD, no kernel, and has no boot sector; to use it as an empty medium say --disk, --floppy or --cdrom";
    }

    // The primary volume descriptor counts the blocks of the volume (ECMA-119 8.4.8).
    private static string VolumeDamage(ReadOnlySpan<byte> descriptor, long length)
    {
        long blocks = BinaryPrimitives.ReadUInt32LittleEndian(descriptor[80..]);
        long size = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[128..]);
        return descriptor[0] == 1 && size == 2048 && blocks * size > length
            ? string.Create(CultureInfo.InvariantCulture, $"it is cut off: its volume has {blocks * size} bytes, the file {length}")
            : string.Empty;
    }

    private static string PartitionDamage(ReadOnlySpan<byte> head, long length)
    {
        for (int i = 0; i < 4; i++)
        {
            ReadOnlySpan<byte> entry = head.Slice(PartitionTable + (i * 16), 16);
            long end = (long)BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]) + BinaryPrimitives.ReadUInt32LittleEndian(entry[12..]);

            // A protective entry (GPT, isohybrid) may claim more than there is, and code of a boot sector without a table is no entry.
            bool isEntry = (entry[0] & 0x7F) == 0 && entry[4] is not (0 or 0xEE);
            if (isEntry && IsTable(head) && end * SectorBytes > length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"it is cut off: partition {i + 1} ends at byte {end * SectorBytes}, the file at {length}");
            }
        }

        return string.Empty;
    }

    private static bool IsTable(ReadOnlySpan<byte> head)
    {
        for (int i = 0; i < 4; i++)
        {
            if ((head[PartitionTable + (i * 16)] & 0x7F) != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasMultibootHeader(ReadOnlySpan<byte> head)
    {
        int end = Math.Min(head.Length, MultibootSearch) - 12;
        for (int at = 0; at <= end; at += 4)
        {
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(head[at..]);
            if (magic == MultibootMagic && magic + BinaryPrimitives.ReadUInt32LittleEndian(head[(at + 4)..]) + BinaryPrimitives.ReadUInt32LittleEndian(head[(at + 8)..]) == 0)
            {
                return true;
            }
        }

        return false;
    }
}
