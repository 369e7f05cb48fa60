using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Text;
using Doppel.Cli.Media;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Tests.Media;

public sealed class ImageProbeTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(8_704)]
    [InlineData(1_474_560)]
    [InlineData(2_949_120)]
    public void A_boot_sector_on_few_bytes_is_a_floppy(int length) => Assert.Equal(ImageKind.Floppy, Look(BootSector(length))!.Value.Kind);

    [Fact]
    public void A_boot_sector_on_many_bytes_is_a_disk() => Assert.Equal(ImageKind.Disk, Look(BootSector(2_949_632))!.Value.Kind);

    [Fact]
    public void An_empty_floppy_of_a_standard_size_is_one()
    {
        Assert.Equal(ImageKind.Floppy, Look(new byte[1_474_560])!.Value.Kind);
        Assert.Null(Look(new byte[1_474_561]));
    }

    [Fact]
    public void A_volume_is_a_CD_also_when_it_has_a_boot_sector()
    {
        byte[] iso = Iso(blocks: 20, 20 * 2048);
        (iso[510], iso[511]) = (0x55, 0xAA);
        Assert.Equal(new ImageFinding(ImageKind.Cdrom, "a CD"), Look(iso));
    }

    [Fact]
    public void A_cut_off_volume_says_so() => Assert.StartsWith("it is cut off: its volume has 204800 bytes", Look(Iso(blocks: 100, 20 * 2048))!.Value.Damage, StringComparison.Ordinal);

    [Fact]
    public void A_cut_off_disk_says_so()
    {
        byte[] disk = BootSector(4 << 20);
        Partition(disk, 0x83, start: 2048, sectors: 1 << 20);
        Assert.Contains("partition 1 ends at byte 537919488", Look(disk)!.Value.Damage, StringComparison.Ordinal);
        Partition(disk, 0x83, start: 2048, sectors: 100);
        Assert.Empty(Look(disk)!.Value.Damage);
    }

    [Fact]
    public void Kernels_are_told_by_their_headers()
    {
        byte[] linux = BootSector(4096);
        "HdrS"u8.CopyTo(linux.AsSpan(0x202));
        Assert.Equal(ImageKind.Kernel, Look(linux)!.Value.Kind);
        Assert.Equal(ImageKind.Kernel, Look([0x7F, (byte)'E', (byte)'L', (byte)'F', 1, 1])!.Value.Kind);

        byte[] multiboot = new byte[5000];
        BinaryPrimitives.WriteUInt32LittleEndian(multiboot.AsSpan(400), 0x1BAD_B002);
        BinaryPrimitives.WriteUInt32LittleEndian(multiboot.AsSpan(408), unchecked(0u - 0x1BAD_B002));
        Assert.Equal(ImageKind.Kernel, Look(multiboot)!.Value.Kind);
        multiboot[404] = 1;
        Assert.Null(Look(multiboot));
    }

    [Fact]
    public void Firmware_is_told_by_its_volume()
    {
        byte[] flash = new byte[1 << 20];
        "_FVH"u8.CopyTo(flash.AsSpan(0x28));
        Assert.Equal(ImageKind.Flash, Look(flash)!.Value.Kind);
    }

    [Theory]
    [InlineData("QFI\u00FB", "qemu-img convert")]
    [InlineData("\u001F\u008B", "gunzip")]
    [InlineData("PK\u0003\u0004", "ZIP")]
    [InlineData("#!/bin/sh\n", "cannot be booted")]
    [InlineData("", "is empty")]
    public void What_cannot_be_booted_gets_one_line_with_a_remedy(string content, string words)
    {
        using TemporaryFolder folder = new();
        folder.Write("image", Encoding.Latin1.GetBytes(content));
        CliException refusal = Assert.Throws<CliException>(() => ImageProbe.Look(Path.Combine(folder.Path, "image")));
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_prefix_of_an_image_is_told_or_refused()
    {
        byte[] iso = Iso(blocks: 20, 20 * 2048);
        foreach (int length in Enumerable.Range(0, 600).Concat([0x8000, 0x8006, 0x87FF, 0x8800]))
        {
            _ = Look(iso[..length]);
        }
    }

    [Theory]
    [InlineData("a.img", "a.img", WriteMode.Through)]
    [InlineData("a,b.img,ro", "a,b.img", WriteMode.ReadOnly)]
    [InlineData("a.img,discard", "a.img", WriteMode.Discard)]
    [InlineData("none", null, WriteMode.ReadOnly)]
    internal void Drives_say_what_becomes_of_writes(string text, string? path, WriteMode mode) =>
        Assert.Equal(new DriveOption(path, mode), DriveOption.Parse("--floppy", text, mayBeEmpty: true));

    [Fact]
    public void A_drive_option_without_a_name_is_refused() => Assert.Throws<CliException>(() => DriveOption.Parse("--disk", ",ro", mayBeEmpty: false));

    private static ImageFinding? Look(byte[] image) => ImageProbe.Look(image.AsSpan(0, Math.Min(image.Length, 0x8800)), image.Length);

    private static byte[] BootSector(int length)
    {
        byte[] image = new byte[length];
        (image[510], image[511]) = (0x55, 0xAA);
        return image;
    }

    private static byte[] Iso(uint blocks, int length)
    {
        byte[] image = new byte[length];
        image[0x8000] = 1;
        "CD001"u8.CopyTo(image.AsSpan(0x8001));
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x8050), blocks);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x8080), 2048);
        return image;
    }

    private static void Partition(byte[] disk, byte type, uint start, uint sectors)
    {
        disk[0x1BE + 4] = type;
        BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(0x1BE + 8), start);
        BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(0x1BE + 12), sectors);
    }
}
