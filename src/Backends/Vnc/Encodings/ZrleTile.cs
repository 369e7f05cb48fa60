using System;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc.Encodings;

/// <summary>Encodes a tile of at most 64 x 64 pixels in the shortest of ZRLE's forms (RFC 6143, 7.7.6).</summary>
internal sealed class ZrleTile
{
    internal const int Side = 64;

    /// <summary>No form is longer: the raw one at four bytes a pixel and its type.</summary>
    internal const int MaxBytes = 1 + (Side * Side * 4);

    private const int MaxPalette = 127;
    private const int MaxPacked = 16;
    private const int PlainRuns = 128;
    private const int Slots = 512;

    private readonly uint[] _pixels = new uint[Side * Side];
    private readonly uint[] _palette = new uint[MaxPalette];
    private readonly byte[] _slots = new byte[Slots];
    private int _colours;

    /// <summary>Encodes a part of a picture; returns the bytes written to <paramref name="to"/>, which holds <see cref="MaxBytes"/>.</summary>
    internal int Encode(ScreenPicture picture, ScreenArea tile, PixelTranslation translation, Span<byte> to)
    {
        int count = tile.Width * tile.Height;
        Load(picture, tile, translation);
        ReadOnlySpan<uint> pixels = _pixels.AsSpan(0, count);
        (int plainBytes, int indexedBytes) = Measure(pixels, translation.CompactBytes);
        int rawBytes = count * translation.CompactBytes;
        if (_colours == 1)
        {
            to[0] = 1;
            return 1 + translation.WriteCompact(to[1..], pixels[0]);
        }

        int paletteBytes = _colours * translation.CompactBytes;
        int packedBits = BitsFor(_colours);
        int packedBytes = _colours is > 0 and <= MaxPacked ? paletteBytes + (tile.Height * (((tile.Width * packedBits) + 7) / 8)) : int.MaxValue;
        indexedBytes = _colours > 0 ? indexedBytes + paletteBytes : int.MaxValue;
        int best = Math.Min(Math.Min(rawBytes, plainBytes), Math.Min(packedBytes, indexedBytes));
        if (best == rawBytes)
        {
            to[0] = 0;
            return 1 + WritePixels(pixels, translation, to[1..]);
        }

        if (best == packedBytes)
        {
            to[0] = (byte)_colours;
            int palette = WritePixels(_palette.AsSpan(0, _colours), translation, to[1..]);
            return 1 + palette + WritePacked(pixels, tile.Width, packedBits, to[(1 + palette)..]);
        }

        if (best == plainBytes)
        {
            to[0] = PlainRuns;
            return 1 + WriteRuns(pixels, translation, isIndexed: false, to[1..]);
        }

        to[0] = (byte)(PlainRuns + _colours);
        int indexed = WritePixels(_palette.AsSpan(0, _colours), translation, to[1..]);
        return 1 + indexed + WriteRuns(pixels, translation, isIndexed: true, to[(1 + indexed)..]);
    }

    private static int BitsFor(int colours) => colours switch { <= 2 => 1, <= 4 => 2, _ => 4 };

    private static int LengthBytes(int run) => ((run - 1) / 255) + 1;

    private static int WritePixels(ReadOnlySpan<uint> pixels, PixelTranslation translation, Span<byte> to)
    {
        int at = 0;
        foreach (uint pixel in pixels)
        {
            at += translation.WriteCompact(to[at..], pixel);
        }

        return at;
    }

    private static int RunAt(ReadOnlySpan<uint> pixels, int from)
    {
        int end = pixels[from..].IndexOfAnyExcept(pixels[from]);
        return end < 0 ? pixels.Length - from : end;
    }

    private void Load(ScreenPicture picture, ScreenArea tile, PixelTranslation translation)
    {
        int at = 0;
        for (int y = tile.Y; y < tile.Y + tile.Height; y++)
        {
            foreach (uint pixel in picture.Row(y).Slice(tile.X, tile.Width))
            {
                _pixels[at++] = translation.Translate(pixel);
            }
        }
    }

    // Bytes as runs with colours and with indices; the palette is made on the way, and has no colours when there are too many.
    private (int Plain, int Indexed) Measure(ReadOnlySpan<uint> pixels, int pixelBytes)
    {
        _colours = 0;
        Array.Clear(_slots);
        bool hasPalette = true;
        int plain = 0;
        int indexed = 0;
        for (int at = 0; at < pixels.Length;)
        {
            int run = RunAt(pixels, at);
            plain += pixelBytes + LengthBytes(run);
            indexed += run == 1 ? 1 : 1 + LengthBytes(run);
            hasPalette = hasPalette && Add(pixels[at]);
            at += run;
        }

        if (!hasPalette)
        {
            _colours = 0;
        }

        return (plain, indexed);
    }

    private bool Add(uint colour)
    {
        int slot = SlotOf(colour);
        if (_slots[slot] != 0)
        {
            return true;
        }

        if (_colours == MaxPalette)
        {
            return false;
        }

        _palette[_colours++] = colour;
        _slots[slot] = (byte)_colours;
        return true;
    }

    // Where the colour stands or would stand; the table is never more than a quarter full.
    private int SlotOf(uint colour)
    {
        int slot = (int)((colour * 2654435761u) >> 23);
        while (_slots[slot] != 0 && _palette[_slots[slot] - 1] != colour)
        {
            slot = (slot + 1) % Slots;
        }

        return slot;
    }

    private int IndexOf(uint colour) => _slots[SlotOf(colour)] - 1;

    private int WritePacked(ReadOnlySpan<uint> pixels, int width, int bits, Span<byte> to)
    {
        int at = 0;
        for (int row = 0; row < pixels.Length; row += width)
        {
            int filled = 0;
            int gathered = 0;
            foreach (uint pixel in pixels.Slice(row, width))
            {
                gathered = (gathered << bits) | IndexOf(pixel);
                filled += bits;
                if (filled == 8)
                {
                    to[at++] = (byte)gathered;
                    filled = 0;
                    gathered = 0;
                }
            }

            if (filled != 0)
            {
                to[at++] = (byte)(gathered << (8 - filled));
            }
        }

        return at;
    }

    private int WriteRuns(ReadOnlySpan<uint> pixels, PixelTranslation translation, bool isIndexed, Span<byte> to)
    {
        int written = 0;
        for (int at = 0; at < pixels.Length;)
        {
            int run = RunAt(pixels, at);
            if (isIndexed)
            {
                to[written++] = (byte)(IndexOf(pixels[at]) | (run == 1 ? 0 : 0x80));
            }
            else
            {
                written += translation.WriteCompact(to[written..], pixels[at]);
            }

            at += run;
            if (isIndexed && run == 1)
            {
                continue;
            }

            for (run--; run >= 255; run -= 255)
            {
                to[written++] = 255;
            }

            to[written++] = (byte)run;
        }

        return written;
    }
}
