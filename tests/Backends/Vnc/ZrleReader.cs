using System;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>Unpacks ZRLE rectangles (RFC 6143, 7.7.6).</summary>
internal sealed class ZrleReader : IDisposable
{
    private readonly ZlibFeed _feed = new();

    internal void Read(byte[] packed, RfbFormat format, int width, int height, Action<int, int, uint> put)
    {
        _feed.Add(packed);
        for (int y = 0; y < height; y += 64)
        {
            for (int x = 0; x < width; x += 64)
            {
                (int left, int top, int columns) = (x, y, Math.Min(64, width - x));
                int rows = Math.Min(64, height - y);
                uint[] tile = Tile(format, columns, rows);
                for (int i = 0; i < tile.Length; i++)
                {
                    put(left + (i % columns), top + (i / columns), tile[i]);
                }
            }
        }
    }

    public void Dispose() => _feed.Dispose();

    private uint[] Tile(RfbFormat format, int columns, int rows)
    {
        uint[] tile = new uint[columns * rows];
        int type = Byte();
        switch (type)
        {
            case 0:
                Fill(tile, () => Pixel(format));
                break;
            case 1:
                Array.Fill(tile, Pixel(format));
                break;
            case <= 16:
                Packed(tile, Palette(format, type), columns, rows);
                break;
            case 128:
                Runs(tile, () => (Pixel(format), Length()));
                break;
            case >= 130:
                uint[] palette = Palette(format, type - 128);
                Runs(tile, () => Byte() is var index && index >= 128 ? (palette[index - 128], Length()) : (palette[index], 1));
                break;
            default:
                Assert.Fail($"ZRLE tile of type {type}");
                break;
        }

        return tile;
    }

    private static void Fill(uint[] tile, Func<uint> next)
    {
        for (int i = 0; i < tile.Length; i++)
        {
            tile[i] = next();
        }
    }

    private static void Runs(uint[] tile, Func<(uint Pixel, int Length)> next)
    {
        for (int i = 0; i < tile.Length;)
        {
            (uint pixel, int length) = next();
            Assert.True(i + length <= tile.Length, "a run leaves its tile");
            tile.AsSpan(i, length).Fill(pixel);
            i += length;
        }
    }

    private void Packed(uint[] tile, uint[] palette, int columns, int rows)
    {
        int bits = palette.Length switch { 2 => 1, <= 4 => 2, _ => 4 };
        for (int y = 0; y < rows; y++)
        {
            byte[] row = _feed.Read(((columns * bits) + 7) / 8);
            for (int x = 0; x < columns; x++)
            {
                int shift = 8 - bits - (x * bits % 8);
                tile[(y * columns) + x] = palette[row[x * bits / 8] >> shift & ((1 << bits) - 1)];
            }
        }
    }

    private uint[] Palette(RfbFormat format, int count)
    {
        uint[] palette = new uint[count];
        Fill(palette, () => Pixel(format));
        return palette;
    }

    private int Length()
    {
        int length = 1;
        int part;
        do
        {
            part = Byte();
            length += part;
        }
        while (part == 255);
        return length;
    }

    private int Byte() => _feed.Read(1)[0];

    private uint Pixel(RfbFormat format) => format.ReadCompact(_feed.Read(format.CompactBytes));
}
