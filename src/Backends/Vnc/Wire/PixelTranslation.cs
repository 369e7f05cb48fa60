using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>Turns pixels of a <see cref="ScreenPicture"/> into a client's. Immutable.</summary>
internal sealed class PixelTranslation
{
    private readonly uint[] _red;
    private readonly uint[] _green;
    private readonly uint[] _blue;
    private readonly bool _isNative;
    private readonly bool _isBigEndian;
    private readonly int _compactShift;

    internal PixelTranslation(PixelFormat format)
    {
        PixelFormat colours = format.IsTrueColour ? format : PixelFormat.Mapped;
        _red = Channel(colours.RedMax, colours.RedShift);
        _green = Channel(colours.GreenMax, colours.GreenShift);
        _blue = Channel(colours.BlueMax, colours.BlueShift);
        _isBigEndian = format.IsBigEndian;
        _isNative = format with { Depth = PixelFormat.Native.Depth } == PixelFormat.Native;
        BytesPerPixel = format.BytesPerPixel;
        CompactBytes = BytesPerPixel;
        if (BytesPerPixel == 4 && format.Depth <= 24)
        {
            // CPIXEL (RFC 6143, 7.7.5): three bytes when all colour bits stand in the lower or in the upper three. Where both would do,
            // viewers take the first three bytes on the wire.
            uint all = _red[255] | _green[255] | _blue[255];
            bool low = all < 1u << 24;
            bool high = (all & 0xFF) == 0;
            CompactBytes = low || high ? 3 : 4;
            _compactShift = high && (_isBigEndian || !low) ? 8 : 0;
        }
    }

    /// <summary>Bytes of a pixel.</summary>
    internal int BytesPerPixel { get; }

    /// <summary>Bytes of a pixel inside ZRLE.</summary>
    internal int CompactBytes { get; }

    internal uint Translate(uint pixel) => _red[(byte)(pixel >> 16)] | _green[(byte)(pixel >> 8)] | _blue[(byte)pixel];

    /// <summary>Writes a row of pixels as the client wants them.</summary>
    internal void WriteRow(ReadOnlySpan<uint> row, Span<byte> to)
    {
        if (_isNative && BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(row).CopyTo(to);
            return;
        }

        int at = 0;
        foreach (uint pixel in row)
        {
            Put(to[at..], Translate(pixel), BytesPerPixel);
            at += BytesPerPixel;
        }
    }

    /// <summary>Writes a translated pixel as ZRLE's CPIXEL; returns its bytes.</summary>
    internal int WriteCompact(Span<byte> to, uint value)
    {
        Put(to, value >> _compactShift, CompactBytes);
        return CompactBytes;
    }

    private static uint[] Channel(uint max, int shift)
    {
        uint[] table = new uint[256];
        for (uint level = 0; level < 256; level++)
        {
            table[level] = (((level * max) + 127) / 255) << shift;
        }

        return table;
    }

    private void Put(Span<byte> to, uint value, int bytes)
    {
        switch (bytes)
        {
            case 1:
                to[0] = (byte)value;
                break;
            case 2 when _isBigEndian:
                BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)value);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)value);
                break;
            case 3:
                to[1] = (byte)(value >> 8);
                (to[0], to[2]) = _isBigEndian ? ((byte)(value >> 16), (byte)value) : ((byte)value, (byte)(value >> 16));
                break;
            default:
                if (_isBigEndian)
                {
                    BinaryPrimitives.WriteUInt32BigEndian(to, value);
                }
                else
                {
                    BinaryPrimitives.WriteUInt32LittleEndian(to, value);
                }

                break;
        }
    }
}
