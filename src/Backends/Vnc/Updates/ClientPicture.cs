using System;
using System.Collections.Generic;
using System.Numerics;

namespace Doppel.Backends.Vnc.Updates;

/// <summary>
/// What one client has on its screen, and what it should have. <see cref="Stage"/> copies damaged parts while the server's picture is locked,
/// which takes no longer than copying memory; finding out what really differs, and sending it, comes after.
/// </summary>
internal sealed class ClientPicture
{
    // A rectangle holds at most this many pixels, so that what is packed of it stays small.
    private const int MaxPixels = 256 * 1024;

    private readonly ScreenPicture _next = new();
    private readonly DamageMap _staged = new();
    private readonly ScrollFinder _scrolls = new();
    private ScreenArea _wanted;
    private ScreenArea _forced;

    /// <summary>The client's screen after all that has been handed out by <see cref="Collect"/>.</summary>
    internal ScreenPicture Shown { get; } = new();

    internal ScreenArea Whole => new(0, 0, Shown.Width, Shown.Height);

    /// <summary>Gives the client's screen another size; its contents are then unknown.</summary>
    internal void Resize(int width, int height)
    {
        Shown.Resize(width, height);
        _next.Resize(width, height);
    }

    /// <summary>Copies what may differ. Under the lock of <paramref name="source"/>.</summary>
    /// <param name="source">The server's picture; may have another size than the client's, what is outside is black.</param>
    /// <param name="damage">Tiles that may differ; those that are staged wholly are taken out.</param>
    /// <param name="wanted">The area that the client asks for.</param>
    /// <param name="forced">The area that it asks for even if it should have it.</param>
    internal void Stage(ScreenPicture source, DamageMap damage, ScreenArea wanted, ScreenArea forced)
    {
        _wanted = Areas.Intersect(wanted, Whole);
        _forced = Areas.Intersect(forced, Whole);
        _staged.Clear();
        Copy(source, _forced);
        Select(damage);

        // Mostly damaged: all of it, so that scrolling can be seen.
        ScreenArea bounds = _staged.Bounds();
        if (_staged.Count() * 2 * DamageMap.Side * DamageMap.Side >= bounds.Width * bounds.Height)
        {
            _staged.Add(bounds);
            Copy(source, Areas.Intersect(bounds, Whole));
            return;
        }

        for (int row = 0; row < DamageMap.Rows; row++)
        {
            for (ulong bits = _staged.Row(row); bits != 0; bits &= bits - 1)
            {
                Copy(source, Tile(BitOperations.TrailingZeroCount(bits), row));
            }
        }
    }

    /// <summary>
    /// Says what to send, in this order: a move of a part of the client's own screen, then areas of <see cref="Shown"/>, which holds them already.
    /// </summary>
    /// <param name="areas">Receives the areas.</param>
    /// <param name="mayMove">Whether the client can copy parts of its screen.</param>
    internal ScreenMove? Collect(List<ScreenArea> areas, bool mayMove)
    {
        ScreenMove? move = null;
        ScreenArea bounds = Areas.Intersect(_staged.Bounds(), _wanted);
        if (mayMove && _forced.IsEmpty && _staged.Count() * DamageMap.Side * DamageMap.Side == _staged.Bounds().Width * _staged.Bounds().Height)
        {
            move = _scrolls.Find(Shown, _next, bounds);
            if (move is { } found)
            {
                Move(found);
            }
        }

        if (!_forced.IsEmpty)
        {
            Accept(_forced);
            AddStrips(areas, _forced);
        }

        int first = areas.Count;
        for (int row = 0; row < DamageMap.Rows; row++)
        {
            for (ulong bits = _staged.Row(row); bits != 0; bits &= bits - 1)
            {
                ScreenArea changed = Difference(Areas.Intersect(Tile(BitOperations.TrailingZeroCount(bits), row), _wanted));
                if (!changed.IsEmpty)
                {
                    Accept(changed);
                    AddMerged(areas, first, changed);
                }
            }
        }

        MergeDownwards(areas, first);
        SplitLarge(areas, first);
        return move;
    }

    private ScreenArea Tile(int column, int row) =>
        Areas.Intersect(new ScreenArea(column * DamageMap.Side, row * DamageMap.Side, DamageMap.Side, DamageMap.Side), Whole);

    private void Select(DamageMap damage)
    {
        for (int row = 0; row < DamageMap.Rows; row++)
        {
            for (ulong bits = damage.Row(row); bits != 0; bits &= bits - 1)
            {
                int column = BitOperations.TrailingZeroCount(bits);
                ScreenArea tile = Tile(column, row);
                ScreenArea part = Areas.Intersect(tile, _wanted);
                if (part == tile)
                {
                    damage.Remove(column, row);
                }

                if (!part.IsEmpty)
                {
                    _staged.Add(part);
                }
            }
        }
    }

    private void Copy(ScreenPicture source, ScreenArea area)
    {
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            Span<uint> to = _next.Row(y).Slice(area.X, area.Width);
            int there = y < source.Height ? Math.Clamp(source.Width - area.X, 0, area.Width) : 0;
            if (there > 0)
            {
                source.Row(y).Slice(area.X, there).CopyTo(to);
            }

            to[there..].Clear();
        }
    }

    private void Accept(ScreenArea area)
    {
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            _next.Row(y).Slice(area.X, area.Width).CopyTo(Shown.Row(y).Slice(area.X, area.Width));
        }
    }

    private void Move(ScreenMove move)
    {
        ScreenArea to = move.To;
        bool isUpwards = move.FromY > to.Y;
        for (int i = 0; i < to.Height; i++)
        {
            int row = isUpwards ? i : to.Height - 1 - i;
            Shown.Row(move.FromY + row).Slice(move.FromX, to.Width).CopyTo(Shown.Row(to.Y + row).Slice(to.X, to.Width));
        }
    }

    // The smallest area that holds all pixels that differ.
    private ScreenArea Difference(ScreenArea area)
    {
        int left = int.MaxValue;
        int right = -1;
        int top = -1;
        int bottom = -1;
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            ReadOnlySpan<uint> has = Shown.Row(y).Slice(area.X, area.Width);
            ReadOnlySpan<uint> needs = _next.Row(y).Slice(area.X, area.Width);
            int same = has.CommonPrefixLength(needs);
            if (same == area.Width)
            {
                continue;
            }

            int last = area.Width - 1;
            while (has[last] == needs[last])
            {
                last--;
            }

            left = Math.Min(left, same);
            right = Math.Max(right, last);
            top = top < 0 ? y : top;
            bottom = y;
        }

        return top < 0 ? default : new ScreenArea(area.X + left, top, right - left + 1, bottom - top + 1);
    }

    // Joins an area to the one before it when that one is its neighbour in the same row of tiles.
    private static void AddMerged(List<ScreenArea> areas, int first, ScreenArea area)
    {
        if (areas.Count > first)
        {
            ScreenArea before = areas[^1];
            bool isSameRow = before.Y / DamageMap.Side == area.Y / DamageMap.Side;
            bool isNext = (before.X + before.Width - 1) / DamageMap.Side + 1 == area.X / DamageMap.Side;
            if (isSameRow && isNext)
            {
                areas[^1] = before.Union(area);
                return;
            }
        }

        areas.Add(area);
    }

    private static void MergeDownwards(List<ScreenArea> areas, int first)
    {
        int kept = first;
        for (int i = first; i < areas.Count; i++)
        {
            ScreenArea area = areas[i];
            if (kept > first && areas[kept - 1] is var above && above.X == area.X && above.Width == area.Width && above.Y + above.Height == area.Y)
            {
                areas[kept - 1] = above.Union(area);
            }
            else
            {
                areas[kept++] = area;
            }
        }

        areas.RemoveRange(kept, areas.Count - kept);
    }

    private static void SplitLarge(List<ScreenArea> areas, int first)
    {
        for (int i = areas.Count - 1; i >= first; i--)
        {
            ScreenArea area = areas[i];
            if (area.Width * area.Height > MaxPixels)
            {
                areas.RemoveAt(i);
                AddStrips(areas, area);
            }
        }
    }

    private static void AddStrips(List<ScreenArea> areas, ScreenArea area)
    {
        int rows = Math.Max(MaxPixels / area.Width / DamageMap.Side, 1) * DamageMap.Side;
        for (int y = area.Y; y < area.Y + area.Height; y += rows)
        {
            areas.Add(area with { Y = y, Height = Math.Min(rows, area.Y + area.Height - y) });
        }
    }
}
