using System;
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Doppel.Devices.Display.Vga;

/// <summary>Draws single lines of DISPI modes with a byte or more a pixel.</summary>
internal static class LinearLines
{
    /// <summary>Bytes of a pixel.</summary>
    public static int PixelBytes(int bits) => (bits + 7) / 8;

    /// <summary>Makes <paramref name="to"/>.Length pixels of as many in <paramref name="from"/>.</summary>
    public static void Draw(int bits, bool isBigEndian, ReadOnlySpan<byte> from, ReadOnlySpan<uint> colours, Span<uint> to)
    {
        switch (bits)
        {
            case 8:
                for (int i = 0; i < to.Length; i++)
                {
                    to[i] = colours[from[i]];
                }

                break;
            case 15:
            case 16:
                DrawWords(bits, isBigEndian, MemoryMarshal.Cast<byte, ushort>(from), to);
                break;
            case 24:
                for (int i = 0; i < to.Length; i++)
                {
                    ReadOnlySpan<byte> pixel = from.Slice(i * 3, 3);
                    to[i] = (uint)(pixel[2] << 16 | pixel[1] << 8 | pixel[0]);
                }

                break;
            default:
                DrawDoublewords(isBigEndian, MemoryMarshal.Cast<byte, uint>(from), to);
                break;
        }
    }

    private static void DrawWords(int bits, bool isBigEndian, ReadOnlySpan<ushort> from, Span<uint> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            uint pixel = isBigEndian ? BinaryPrimitives.ReverseEndianness(from[i]) : from[i];
            (uint red, uint green, uint blue) = bits == 15
                ? (Five(pixel >> 10), Five(pixel >> 5), Five(pixel))
                : (Five(pixel >> 11), Six(pixel >> 5), Five(pixel));
            to[i] = red << 16 | green << 8 | blue;
        }
    }

    private static void DrawDoublewords(bool isBigEndian, ReadOnlySpan<uint> from, Span<uint> to)
    {
        if (isBigEndian)
        {
            for (int i = 0; i < to.Length; i++)
            {
                to[i] = BinaryPrimitives.ReverseEndianness(from[i]) & 0x00FF_FFFF;
            }

            return;
        }

        int done = 0;
        Vector<uint> mask = new(0x00FF_FFFF);
        for (; done <= to.Length - Vector<uint>.Count; done += Vector<uint>.Count)
        {
            (new Vector<uint>(from[done..]) & mask).CopyTo(to[done..]);
        }

        for (; done < to.Length; done++)
        {
            to[done] = from[done] & 0x00FF_FFFF;
        }
    }

    // The highest bits fill those that are missing: full stays full.
    private static uint Five(uint level) => (level & 31) << 3 | (level & 31) >> 2;

    private static uint Six(uint level) => (level & 63) << 2 | (level & 63) >> 4;
}
