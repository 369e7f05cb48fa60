using System;
using System.Buffers.Binary;

namespace Doppel.Devices.Display.Vga;

/// <summary>Draws single lines of the VGA's graphics modes: each character clock is 32 bits of memory and 8 dots.</summary>
internal static class VgaGraphicsLines
{
    // Bit 7 - i of a byte as byte i.
    private static readonly ulong[] s_spread = MakeSpread();

    /// <summary>
    /// Draws <paramref name="columns"/> character clocks of a line.
    /// </summary>
    /// <param name="frame">A frame of kind planar, interleaved or bytes.</param>
    /// <param name="line">Which line.</param>
    /// <param name="columns">How many character clocks.</param>
    /// <param name="planes">The memory; holds every address of the frame.</param>
    /// <param name="palette">Colours.</param>
    /// <param name="to">Room for 8 dots, each of <see cref="VgaFrame.DotWidth"/> pixels, a character clock.</param>
    public static void Draw(in VgaFrame frame, in VgaLine line, int columns, ReadOnlySpan<byte> planes, VgaPalette palette, Span<uint> to)
    {
        Span<uint> dots = stackalloc uint[8];
        int at = 0;
        for (int column = 0; column < columns; column++)
        {
            int address = frame.Address((line.Counter + column) & frame.AddressMask, line.RowLine);
            uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(planes[(address * 4)..]);
            switch (frame.Kind)
            {
                case VgaKind.Planar:
                    Planar(bytes, palette.Sixteen, dots);
                    break;
                case VgaKind.Interleaved:
                    Interleaved(bytes, palette.Sixteen, dots);
                    break;
                default:
                    Bytes(bytes, palette.Colours, dots);
                    break;
            }

            if (frame.DotWidth == 1)
            {
                dots.CopyTo(to[at..]);
                at += 8;
                continue;
            }

            foreach (uint dot in dots)
            {
                to[at++] = dot;
                to[at++] = dot;
            }
        }
    }

    private static void Planar(uint bytes, ReadOnlySpan<uint> colours, Span<uint> dots)
    {
        ulong values = s_spread[(byte)bytes] | s_spread[(byte)(bytes >> 8)] << 1 | s_spread[(byte)(bytes >> 16)] << 2 | s_spread[bytes >> 24] << 3;
        for (int i = 0; i < 8; i++)
        {
            dots[i] = colours[(int)(values >> (i * 8)) & 15];
        }
    }

    // Planes 0 and 2 give the first four dots, planes 1 and 3 the others; the higher plane the higher two bits.
    private static void Interleaved(uint bytes, ReadOnlySpan<uint> colours, Span<uint> dots)
    {
        for (int i = 0; i < 8; i++)
        {
            int plane = i >> 2;
            int shift = 6 - ((i & 3) * 2);
            int low = (int)(bytes >> ((plane * 8) + shift)) & 3;
            int high = (int)(bytes >> ((plane * 8) + 16 + shift)) & 3;
            dots[i] = colours[low | high << 2];
        }
    }

    private static void Bytes(uint bytes, ReadOnlySpan<uint> colours, Span<uint> dots)
    {
        for (int i = 0; i < 4; i++)
        {
            uint colour = colours[(byte)(bytes >> (i * 8))];
            dots[i * 2] = colour;
            dots[(i * 2) + 1] = colour;
        }
    }

    private static ulong[] MakeSpread()
    {
        ulong[] spread = new ulong[256];
        for (int value = 0; value < 256; value++)
        {
            for (int i = 0; i < 8; i++)
            {
                spread[value] |= (ulong)(value >> (7 - i) & 1) << (i * 8);
            }
        }

        return spread;
    }
}
