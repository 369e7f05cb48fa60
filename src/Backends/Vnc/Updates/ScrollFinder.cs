using System;
using System.Collections.Generic;

namespace Doppel.Backends.Vnc.Updates;

/// <summary>Finds out whether a part of a screen scrolled up or down: rows are told apart by hashes, vote for a distance, and are then compared.</summary>
internal sealed class ScrollFinder
{
    private const int LeastColumns = 64;
    private const int LeastRows = 32;
    private const int LeastVotes = 8;

    private readonly Dictionary<ulong, int> _rowOf = [];
    private readonly int[] _votes = new int[(2 * ScreenPicture.MaxSide) + 1];

    /// <summary>The largest move inside an area, or null when there is none worth telling.</summary>
    internal ScreenMove? Find(ScreenPicture before, ScreenPicture after, ScreenArea area)
    {
        area = Narrow(before, after, area);
        if (area.Width < LeastColumns || area.Height < LeastRows)
        {
            return null;
        }

        int distance = Vote(before, after, area);
        return distance == 0 ? null : LongestRun(before, after, area, distance);
    }

    // Only rows and columns that changed: a side bar that stays must not hide the text beside it that scrolls.
    private static ScreenArea Narrow(ScreenPicture before, ScreenPicture after, ScreenArea area)
    {
        int left = area.Width;
        int right = -1;
        int top = -1;
        int bottom = -1;
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            ReadOnlySpan<uint> old = Part(before, area, y);
            ReadOnlySpan<uint> now = Part(after, area, y);
            int same = old.CommonPrefixLength(now);
            if (same == area.Width)
            {
                continue;
            }

            left = Math.Min(left, same);
            int last = area.Width - 1;
            while (last > right && old[last] == now[last])
            {
                last--;
            }

            right = Math.Max(right, last);
            top = top < 0 ? y : top;
            bottom = y;
        }

        return top < 0 ? default : new ScreenArea(area.X + left, top, right - left + 1, bottom - top + 1);
    }

    private static ReadOnlySpan<uint> Part(ScreenPicture picture, ScreenArea area, int y) => picture.Row(y).Slice(area.X, area.Width);

    private static ulong Hash(ReadOnlySpan<uint> row)
    {
        ulong hash = 0x9E37_79B9_7F4A_7C15;
        foreach (uint pixel in row)
        {
            hash = (hash ^ pixel) * 0x0000_0100_0000_01B3;
            hash ^= hash >> 29;
        }

        return hash;
    }

    // How far most of the rows that stood only once before have come: positive when upwards.
    private int Vote(ScreenPicture before, ScreenPicture after, ScreenArea area)
    {
        const int Twice = -1;
        _rowOf.Clear();
        Array.Clear(_votes);
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            ulong hash = Hash(Part(before, area, y));
            if (!_rowOf.TryAdd(hash, y))
            {
                _rowOf[hash] = Twice;
            }
        }

        int best = ScreenPicture.MaxSide;
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            if (_rowOf.TryGetValue(Hash(Part(after, area, y)), out int was) && was != Twice && was != y)
            {
                int slot = was - y + ScreenPicture.MaxSide;
                _votes[slot]++;
                best = _votes[slot] > _votes[best] ? slot : best;
            }
        }

        return _votes[best] < LeastVotes ? 0 : best - ScreenPicture.MaxSide;
    }

    private static ScreenMove? LongestRun(ScreenPicture before, ScreenPicture after, ScreenArea area, int distance)
    {
        int top = Math.Max(area.Y, area.Y - distance);
        int bottom = Math.Min(area.Y + area.Height, area.Y + area.Height - distance);
        int bestTop = 0;
        int bestRows = 0;
        int start = top;
        for (int y = top; y < bottom; y++)
        {
            if (!Part(before, area, y + distance).SequenceEqual(Part(after, area, y)))
            {
                start = y + 1;
            }
            else if (y + 1 - start > bestRows)
            {
                bestTop = start;
                bestRows = y + 1 - start;
            }
        }

        return bestRows < LeastRows ? null : new ScreenMove(area.X, bestTop + distance, area with { Y = bestTop, Height = bestRows });
    }
}
