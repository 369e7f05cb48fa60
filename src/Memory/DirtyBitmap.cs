using System;
using System.Numerics;

namespace Doppel.Memory;

/// <summary>One bit for each 4 KiB page of a <see cref="GuestRam"/>. Not synchronised.</summary>
public sealed class DirtyBitmap
{
    private readonly ulong[] _words;

    /// <summary>A clear bitmap for <paramref name="pageCount"/> pages, at least 1.</summary>
    public DirtyBitmap(long pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageCount);
        PageCount = pageCount;
        _words = new ulong[(pageCount + 63) >> 6];
    }

    /// <summary>Number of pages.</summary>
    public long PageCount { get; }

    /// <summary>Number of set bits.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            foreach (ulong word in _words)
            {
                count += BitOperations.PopCount(word);
            }

            return count;
        }
    }

    /// <summary>The bit of <paramref name="page"/>, 0 to <see cref="PageCount"/> - 1.</summary>
    public bool this[long page]
    {
        get => (_words[Check(page) >> 6] & (1UL << (int)(page & 63))) != 0;
        set
        {
            ref ulong word = ref _words[Check(page) >> 6];
            ulong bit = 1UL << (int)(page & 63);
            word = value ? word | bit : word & ~bit;
        }
    }

    /// <summary>The first set page at or after <paramref name="page"/>, or -1.</summary>
    public long NextSet(long page)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(page);
        if (page >= PageCount)
        {
            return -1;
        }

        long index = page >> 6;
        ulong word = _words[index] & (ulong.MaxValue << (int)(page & 63));
        while (word == 0)
        {
            if (++index == _words.Length)
            {
                return -1;
            }

            word = _words[index];
        }

        return (index << 6) + BitOperations.TrailingZeroCount(word);
    }

    /// <summary>Clears all bits.</summary>
    public void Clear() => Array.Clear(_words);

    // ORs the bits of the eight pages from "page" on, a multiple of 8.
    internal void OrEight(long page, byte bits) => _words[page >> 6] |= (ulong)bits << (int)(page & 63);

    private long Check(long page)
    {
        if ((ulong)page >= (ulong)PageCount)
        {
            throw new ArgumentOutOfRangeException(nameof(page));
        }

        return page;
    }
}
