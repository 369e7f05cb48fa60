using System;
using System.Numerics;

namespace Doppel.Backends.Vnc.Updates;

/// <summary>
/// Which tiles of 64 x 64 pixels may have changed: a bit each for the largest picture, so that however much is drawn while a client is slow,
/// what it misses takes 512 bytes.
/// </summary>
internal sealed class DamageMap
{
    internal const int Side = 64;
    internal const int Rows = ScreenPicture.MaxSide / Side;

    private readonly ulong[] _rows = new ulong[Rows];

    internal bool IsEmpty => !_rows.AsSpan().ContainsAnyExcept(0UL);

    internal static ScreenArea Whole { get; } = new(0, 0, ScreenPicture.MaxSide, ScreenPicture.MaxSide);

    /// <summary>Bits of the tiles in a row of tiles.</summary>
    internal ulong Row(int row) => _rows[row];

    internal bool Contains(int column, int row) => (_rows[row] >> column & 1) != 0;

    internal void Remove(int column, int row) => _rows[row] &= ~(1UL << column);

    internal void Clear() => Array.Clear(_rows);

    /// <summary>Adds all tiles that an area touches.</summary>
    internal void Add(ScreenArea area)
    {
        int left = Math.Max(area.X, 0);
        int top = Math.Max(area.Y, 0);
        int right = Math.Min(area.X + area.Width, ScreenPicture.MaxSide);
        int bottom = Math.Min(area.Y + area.Height, ScreenPicture.MaxSide);
        if (left >= right || top >= bottom)
        {
            return;
        }

        ulong bits = (ulong.MaxValue << (left / Side)) & (ulong.MaxValue >> (63 - ((right - 1) / Side)));
        for (int row = top / Side; row <= (bottom - 1) / Side; row++)
        {
            _rows[row] |= bits;
        }
    }

    /// <summary>How many tiles there are.</summary>
    internal int Count()
    {
        int count = 0;
        foreach (ulong bits in _rows)
        {
            count += BitOperations.PopCount(bits);
        }

        return count;
    }

    /// <summary>The smallest area of whole tiles that holds all.</summary>
    internal ScreenArea Bounds()
    {
        ScreenArea bounds = default;
        for (int row = 0; row < Rows; row++)
        {
            if (_rows[row] != 0)
            {
                int first = BitOperations.TrailingZeroCount(_rows[row]);
                int last = 63 - BitOperations.LeadingZeroCount(_rows[row]);
                bounds = bounds.Union(new ScreenArea(first * Side, row * Side, (last - first + 1) * Side, Side));
            }
        }

        return bounds;
    }
}
