using System;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc;

/// <summary>
/// The pointer that viewers draw themselves: a small dot. The guest draws its own somewhere near; without any, people would not find theirs on a
/// text screen.
/// </summary>
internal static class DotCursor
{
    private const int Side = 5;

    private static readonly string[] Picture = [".###.", "#ooo#", "#ooo#", "#ooo#", ".###."];

    /// <summary>The cursor's rectangle: its hot spot and its size (RFC 6143, 7.8.1).</summary>
    internal static ScreenArea Area { get; } = new(Side / 2, Side / 2, Side, Side);

    /// <summary>Writes pixels and mask.</summary>
    internal static void Write(PixelTranslation translation, RfbWriter to)
    {
        Span<uint> row = stackalloc uint[Side];
        foreach (string line in Picture)
        {
            for (int x = 0; x < Side; x++)
            {
                row[x] = line[x] == 'o' ? 0xFF_FFFFu : 0;
            }

            translation.WriteRow(row, to.Take(Side * translation.BytesPerPixel));
        }

        foreach (string line in Picture)
        {
            int mask = 0;
            for (int x = 0; x < Side; x++)
            {
                mask |= line[x] == '.' ? 0 : 0x80 >> x;
            }

            to.WriteByte((byte)mask);
        }
    }
}
