using System;

namespace Doppel.Machine.Tests;

/// <summary>A BIOS of 64 KiB whose code, in real mode at F000:0000, is the test's.</summary>
internal static class TinyFirmware
{
    /// <summary>The image: a far jump at the reset vector to <paramref name="code"/> in the copy below 1 MiB.</summary>
    public static byte[] Image(params byte[][] code)
    {
        byte[] image = new byte[0x1_0000];
        int at = 0;
        foreach (byte[] part in code)
        {
            part.CopyTo(image, at);
            at += part.Length;
        }

        ReadOnlySpan<byte> jump = [0xEA, 0, 0, 0, 0xF0];
        jump.CopyTo(image.AsSpan(0xFFF0));
        return image;
    }

    /// <summary>The same at the end of something that looks like UEFI code, with 64 KiB of flash for variables below it.</summary>
    public static byte[] UefiImage(params byte[][] code)
    {
        byte[] image = new byte[0x3_0000];
        "_FVH"u8.CopyTo(image.AsSpan(40));
        Image(code).CopyTo(image, 0x2_0000);
        return image;
    }

    /// <summary>out dx, al with a port and a byte.</summary>
    public static byte[] Out(ushort port, byte value) => [0xBA, (byte)port, (byte)(port >> 8), 0xB0, value, 0xEE];

    /// <summary>out dx, eax with a port and a dword.</summary>
    public static byte[] OutDword(ushort port, uint value) =>
        [0xBA, (byte)port, (byte)(port >> 8), 0x66, 0xB8, (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24), 0x66, 0xEF];

    /// <summary>Writes one configuration byte of a function of PCI bus 0.</summary>
    public static byte[] PciByte(int device, int function, int register, byte value) =>
    [
        .. OutDword(0xCF8, 0x8000_0000u | (uint)((device << 11) | (function << 8) | (register & 0xFC))),
        .. Out((ushort)(0xCFC + (register & 3)), value),
    ];

    /// <summary>mov ax, segment; mov ds, ax; mov byte [offset], value.</summary>
    public static byte[] Poke(ushort segment, ushort offset, byte value) =>
        [0xB8, (byte)segment, (byte)(segment >> 8), 0x8E, 0xD8, 0xC6, 0x06, (byte)offset, (byte)(offset >> 8), value];

    /// <summary>mov ax, segment; mov ds, ax; mov al, [offset]; mov dx, 0x3F8; out dx, al: tells a byte of memory.</summary>
    public static byte[] Tell(ushort segment, ushort offset) =>
        [0xB8, (byte)segment, (byte)(segment >> 8), 0x8E, 0xD8, 0xA0, (byte)offset, (byte)(offset >> 8), 0xBA, 0xF8, 0x03, 0xEE];

    /// <summary>mov dx, port; in al, dx; mov dx, 0x3F8; out dx, al: tells what a port reads.</summary>
    public static byte[] TellPort(ushort port) => [0xBA, (byte)port, (byte)(port >> 8), 0xEC, 0xBA, 0xF8, 0x03, 0xEE];

    /// <summary>Ends the machine.</summary>
    public static byte[] Exit(byte code) => Out(0xF4, code);
}
