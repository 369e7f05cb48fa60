using System;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>What the monitor says of itself (VESA E-EDID 1.4): 128 bytes, preferring 1024x768; zeros behind them.</summary>
internal static class Edid
{
    /// <summary>Room for the data.</summary>
    public const uint LengthBytes = 0x400;

    private static readonly byte[] s_block = Make();

    /// <summary>Reads bytes of the block.</summary>
    public static ulong Read(uint offset, AccessSize size)
    {
        ulong value = 0;
        for (uint i = 0; i < (uint)size; i++)
        {
            value |= (offset + i < s_block.Length ? (ulong)s_block[offset + i] : 0) << (int)(i * 8);
        }

        return value;
    }

    private static byte[] Make()
    {
        byte[] block = new byte[128];
        block.AsSpan(1, 6).Fill(0xFF);

        // Manufacturer "DPL" in three letters of five bits, product 1, made in 2026, version 1.4.
        block[8] = (4 << 2) | (16 >> 3);
        block[9] = (16 & 7) << 5 | 12;
        block[10] = 1;
        (block[16], block[17], block[18], block[19]) = (1, 2026 - 1990, 1, 4);

        // Digital with 8 bits a colour; 32 cm by 24 cm; gamma 2.2; sRGB, first timing is preferred.
        (block[20], block[21], block[22], block[23], block[24]) = (0xA0, 32, 24, 120, 0x06);
        ReadOnlySpan<byte> chromaticity = [0xEE, 0x91, 0xA3, 0x54, 0x4C, 0x99, 0x26, 0x0F, 0x50, 0x54];
        chromaticity.CopyTo(block.AsSpan(25));

        // Established: 640x480, 800x600 and 1024x768 at 60 Hz. Standard: 1280x1024, 1600x1200, 1920x1080 (16:9) at 60 Hz; rest unused.
        (block[35], block[36]) = (0x21, 0x08);
        block.AsSpan(38, 16).Fill(0x01);
        (block[38], block[39], block[40], block[41], block[42], block[43]) = (0x81, 0x80, 0xA9, 0x40, 0xD1, 0xC0);

        // Preferred: 1024x768 at 60 Hz, pixel clock 65 MHz, blanking 320 and 38.
        ReadOnlySpan<byte> timing = [0x64, 0x19, 0x00, 0x40, 0x41, 0x00, 0x26, 0x30, 0x18, 0x88, 0x36, 0x00, 0x40, 0xF0, 0x10, 0x00, 0x00, 0x18];
        timing.CopyTo(block.AsSpan(54));
        Descriptor(block.AsSpan(72, 18), 0xFC, "Doppel Screen"u8);

        // Range limits: 50 to 125 Hz, 30 to 160 kHz, up to 560 MHz, no formula.
        ReadOnlySpan<byte> limits = [0x00, 0x00, 0x00, 0xFD, 0x00, 50, 125, 30, 160, 56, 0x01, 0x0A, 0x20, 0x20, 0x20, 0x20, 0x20, 0x20];
        limits.CopyTo(block.AsSpan(90));
        Descriptor(block.AsSpan(108, 18), 0x10, default);
        int sum = 0;
        foreach (byte value in block)
        {
            sum += value;
        }

        block[127] = (byte)-sum;
        return block;
    }

    private static void Descriptor(Span<byte> to, byte kind, ReadOnlySpan<byte> text)
    {
        to[3] = kind;
        if (!text.IsEmpty)
        {
            to[5..].Fill(0x20);
            text.CopyTo(to[5..]);
        }
    }
}
