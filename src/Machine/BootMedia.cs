using System;
using System.Buffers.Binary;
using System.IO;
using Doppel.Machine.Boot;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>The files that a machine boots from: firmware, or a kernel.</summary>
/// <param name="Kernel">The kernel; empty where firmware boots.</param>
/// <param name="Initrd">Initial RAM disk; empty: none.</param>
internal sealed record BootMedia(ReadOnlyMemory<byte> Kernel, ReadOnlyMemory<byte> Initrd)
{
    private const long MaxRomBytes = 16L << 20;

    /// <summary>The firmware; empty: the host starts the kernel.</summary>
    public ReadOnlyMemory<byte> Firmware { get; init; }

    /// <summary>The display adapter's ROM, which firmware runs, or the host's start-up code; empty: none.</summary>
    public ReadOnlyMemory<byte> VideoRom { get; init; }

    /// <summary>Empty variables that came with UEFI firmware; empty: none. A snapshot does not need them: it keeps the flash itself.</summary>
    public ReadOnlyMemory<byte> Variables { get; init; }

    /// <summary>What a snapshot keeps first: firmware, else the kernel.</summary>
    public ReadOnlyMemory<byte> First => Firmware.IsEmpty ? Kernel : Firmware;

    /// <summary>
    /// What a snapshot keeps behind it: the display's ROM with firmware, else the initial RAM disk; where the host starts the display too, its ROM and the
    /// ROM's length follow.
    /// </summary>
    public ReadOnlyMemory<byte> Second => !Firmware.IsEmpty ? VideoRom : VideoRom.IsEmpty ? Initrd : Joined();

    /// <summary>Firmware and the display's ROM.</summary>
    public static BootMedia OfFirmware(ReadOnlyMemory<byte> firmware, ReadOnlyMemory<byte> videoRom) =>
        new(ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty) { Firmware = firmware, VideoRom = videoRom };

    /// <summary>A kernel with what <see cref="Second"/> joined: initial RAM disk, display's ROM and its length.</summary>
    /// <exception cref="StateFormatException">The length is more than there is.</exception>
    public static BootMedia OfKernel(ReadOnlyMemory<byte> kernel, ReadOnlyMemory<byte> joined)
    {
        int most = joined.Length - sizeof(int);
        int rom = most < 0 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(joined.Span[most..]);
        return rom >= 0 && rom <= most
            ? new BootMedia(kernel, joined[..(most - rom)]) { VideoRom = joined[(most - rom)..most] }
            : throw new StateFormatException("the snapshot is damaged: the display's ROM in it is cut off");
    }

    /// <summary>Reads the files that <paramref name="spec"/> names, or takes the bytes that it holds.</summary>
    /// <exception cref="BootException">A file cannot be read.</exception>
    public static BootMedia Of(MachineSpec spec) => spec.HasFirmware
        ? OfFirmware(
            spec.Firmware.IsEmpty ? ReadRom("firmware", spec.FirmwarePath!) : spec.Firmware,
            ReadVideoRom(spec)) with
        {
            Variables = spec.Firmware.IsEmpty && FirmwareLocator.FindVariables(spec.FirmwarePath!) is { } path ? ReadRom("firmware's variables", path) : default,
        }
        : new(
            spec.Kernel.IsEmpty ? ReadFile("kernel", spec.KernelPath) : spec.Kernel,
            spec.Initrd.IsEmpty && spec.InitrdPath is not null ? ReadFile("initrd", spec.InitrdPath) : spec.Initrd) { VideoRom = ReadVideoRom(spec) };

    private static ReadOnlyMemory<byte> ReadVideoRom(MachineSpec spec) =>
        spec.VideoRom.IsEmpty && spec.VideoRomPath is not null ? ReadRom("display ROM", spec.VideoRomPath) : spec.VideoRom;

    private byte[] Joined()
    {
        byte[] joined = new byte[Initrd.Length + VideoRom.Length + sizeof(int)];
        Initrd.Span.CopyTo(joined);
        VideoRom.Span.CopyTo(joined.AsSpan(Initrd.Length));
        BinaryPrimitives.WriteInt32LittleEndian(joined.AsSpan(joined.Length - sizeof(int)), VideoRom.Length);
        return joined;
    }

    private static byte[] ReadRom(string what, string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxRomBytes)
            {
                throw new BootException($"the {what} {path} is larger than 16 MiB: it is something else");
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unreadable(what, path, e);
        }

        return ReadFile(what, path);
    }

    private static byte[] ReadFile(string what, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new BootException("the machine has nothing to boot; name a kernel");
        }

        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unreadable(what, path, e);
        }
    }

    private static BootException Unreadable(string what, string path, Exception e) => new($"cannot read the {what} {path}: {e.Message.ReplaceLineEndings(" ")}", e);
}
