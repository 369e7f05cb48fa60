using System;
using System.Buffers.Binary;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>How a client wants its pixels: PIXEL_FORMAT of RFC 6143, 7.4.</summary>
/// <param name="BitsPerPixel">8, 16 or 32.</param>
/// <param name="Depth">Bits that count; 24 or less makes compact ZRLE pixels possible.</param>
/// <param name="IsBigEndian">Order of the bytes of a pixel.</param>
/// <param name="IsTrueColour">False: pixels are indices into a map that the server sets.</param>
/// <param name="RedMax">Largest red.</param>
/// <param name="GreenMax">Largest green.</param>
/// <param name="BlueMax">Largest blue.</param>
/// <param name="RedShift">Place of red's lowest bit.</param>
/// <param name="GreenShift">Place of green's lowest bit.</param>
/// <param name="BlueShift">Place of blue's lowest bit.</param>
internal readonly record struct PixelFormat(
    byte BitsPerPixel, byte Depth, bool IsBigEndian, bool IsTrueColour, ushort RedMax, ushort GreenMax, ushort BlueMax, byte RedShift, byte GreenShift, byte BlueShift)
{
    /// <summary>Bytes on the wire.</summary>
    internal const int LengthBytes = 16;

    /// <summary>The format of <see cref="ScreenPicture"/> on a little-endian host; what clients get that ask for none.</summary>
    internal static PixelFormat Native { get; } = new(32, 24, false, true, 255, 255, 255, 16, 8, 0);

    /// <summary>Three bits of red, three of green, two of blue: the colours that a client without true colour gets.</summary>
    internal static PixelFormat Mapped { get; } = new(8, 8, false, true, 7, 7, 3, 5, 2, 0);

    internal int BytesPerPixel => BitsPerPixel / 8;

    /// <summary>Reads and checks a format.</summary>
    /// <exception cref="RfbProtocolException">It cannot be served.</exception>
    internal static PixelFormat Parse(ReadOnlySpan<byte> wire)
    {
        PixelFormat format = new(
            wire[0], wire[1], wire[2] != 0, wire[3] != 0,
            BinaryPrimitives.ReadUInt16BigEndian(wire[4..]), BinaryPrimitives.ReadUInt16BigEndian(wire[6..]), BinaryPrimitives.ReadUInt16BigEndian(wire[8..]),
            wire[10], wire[11], wire[12]);
        bool serves = format.IsTrueColour
            ? format.BitsPerPixel is 8 or 16 or 32 && format.Fits(format.RedMax, format.RedShift) && format.Fits(format.GreenMax, format.GreenShift)
                && format.Fits(format.BlueMax, format.BlueShift)
            : format.BitsPerPixel == 8;
        return serves ? format : throw new RfbProtocolException($"asks for a pixel format that does not exist ({format.BitsPerPixel} bits)");
    }

    internal void Write(Span<byte> wire)
    {
        wire[..LengthBytes].Clear();
        wire[0] = BitsPerPixel;
        wire[1] = Depth;
        wire[2] = IsBigEndian ? (byte)1 : (byte)0;
        wire[3] = IsTrueColour ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16BigEndian(wire[4..], RedMax);
        BinaryPrimitives.WriteUInt16BigEndian(wire[6..], GreenMax);
        BinaryPrimitives.WriteUInt16BigEndian(wire[8..], BlueMax);
        wire[10] = RedShift;
        wire[11] = GreenShift;
        wire[12] = BlueShift;
    }

    private bool Fits(ushort max, byte shift) => shift < BitsPerPixel && ((ulong)max << shift) < (1UL << BitsPerPixel);
}
