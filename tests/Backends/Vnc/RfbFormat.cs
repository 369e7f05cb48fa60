using System;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>A pixel format as the test's client asks for it.</summary>
internal sealed record RfbFormat(int Bits, int Depth, bool BigEndian, int RedMax, int GreenMax, int BlueMax, int RedShift, int GreenShift, int BlueShift, bool TrueColour = true)
{
    internal static RfbFormat Native { get; } = new(32, 24, false, 255, 255, 255, 16, 8, 0);

    internal static RfbFormat Named(string name) => name switch
    {
        "native" => Native,
        "bgr32" => new RfbFormat(32, 24, false, 255, 255, 255, 0, 8, 16),
        "big32" => new RfbFormat(32, 24, true, 255, 255, 255, 16, 8, 0),
        "high32" => new RfbFormat(32, 24, false, 255, 255, 255, 24, 16, 8),
        "highbig32" => new RfbFormat(32, 24, true, 255, 255, 255, 8, 16, 24),
        "deep32" => new RfbFormat(32, 32, false, 1023, 1023, 1023, 20, 10, 0),
        "little565" => new RfbFormat(16, 16, false, 31, 63, 31, 11, 5, 0),
        "big555" => new RfbFormat(16, 15, true, 31, 31, 31, 10, 5, 0),
        "bgr233" => new RfbFormat(8, 8, false, 7, 7, 3, 0, 3, 6),
        "rgb222" => new RfbFormat(8, 6, true, 3, 3, 3, 4, 2, 0),
        "mapped" => new RfbFormat(8, 8, false, 7, 7, 3, 5, 2, 0, TrueColour: false),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    internal int Bytes => Bits / 8;

    // RFC 6143, 7.7.5: three bytes when no more than 24 bits count and all stand in the lower or upper three.
    internal int CompactBytes => Bits == 32 && Depth <= 24 ? 3 : Bytes;

    internal uint Translate(uint pixel) =>
        (Level(pixel >> 16, RedMax) << RedShift) | (Level(pixel >> 8, GreenMax) << GreenShift) | (Level(pixel, BlueMax) << BlueShift);

    internal uint Read(ReadOnlySpan<byte> from)
    {
        uint value = 0;
        for (int i = 0; i < Bytes; i++)
        {
            value |= (uint)from[i] << (8 * (BigEndian ? Bytes - 1 - i : i));
        }

        return value;
    }

    internal uint ReadCompact(ReadOnlySpan<byte> from)
    {
        if (CompactBytes != 3)
        {
            return Read(from);
        }

        uint low = BigEndian ? ((uint)from[0] << 16) | ((uint)from[1] << 8) | from[2] : from[0] | ((uint)from[1] << 8) | ((uint)from[2] << 16);
        uint all = ((uint)RedMax << RedShift) | ((uint)GreenMax << GreenShift) | ((uint)BlueMax << BlueShift);
        return all < 1 << 24 ? low : low << 8;
    }

    private static uint Level(uint value, int max) => (uint)(((value & 0xFF) * max) + 127) / 255;
}
