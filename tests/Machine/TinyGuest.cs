using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Tests;

/// <summary>Multiboot kernels of a few instructions, loaded and entered at 1 MiB.</summary>
internal static class TinyGuest
{
    private const uint LoadAddress = 0x10_0000;
    private const int HeaderBytes = 32;

    /// <summary>mov dx, 0xF4; mov al, code; out dx, al; hlt for ever.</summary>
    public static byte[] Exit(byte code) => [0x66, 0xBA, 0xF4, 0x00, 0xB0, code, 0xEE, 0xFA, 0xF4, 0xEB, 0xFD];

    /// <summary>mov dx, port; mov al, value; out dx, al.</summary>
    public static byte[] Out(ushort port, byte value) => [0x66, 0xBA, (byte)port, (byte)(port >> 8), 0xB0, value, 0xEE];

    public static byte[] Image(params byte[][] code)
    {
        int length = HeaderBytes;
        foreach (byte[] part in code)
        {
            length += part.Length;
        }

        byte[] image = new byte[length];
        uint[] header = [0x1BAD_B002, 1 << 16, unchecked(0U - 0x1BAD_B002 - (1 << 16)), LoadAddress, LoadAddress, 0, 0, LoadAddress + HeaderBytes];
        for (int i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(i * 4), header[i]);
        }

        int at = HeaderBytes;
        foreach (byte[] part in code)
        {
            part.CopyTo(image, at);
            at += part.Length;
        }

        return image;
    }
}
