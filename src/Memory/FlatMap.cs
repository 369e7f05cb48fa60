using Doppel.Primitives;

namespace Doppel.Memory;

/// <summary>What answers at a guest-physical address.</summary>
public enum RegionKind : byte
{
    /// <summary>Nothing: reads all ones, writes vanish.</summary>
    Hole = 0,

    /// <summary>Readable and writable memory.</summary>
    Ram = 1,

    /// <summary>Readable memory; writes vanish (or go to a device behind it).</summary>
    Rom = 2,

    /// <summary>Device registers.</summary>
    Mmio = 3,
}

/// <summary>One piece of the rendered address space: <see cref="Start"/> to <see cref="Start"/> + <see cref="Length"/> - 1, all of one kind.</summary>
/// <param name="Start">First guest-physical address.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Kind">What answers.</param>
/// <param name="Ram">Backing memory of RAM and ROM, else null.</param>
/// <param name="Offset">Offset in <paramref name="Ram"/>, or in the device's range, of <paramref name="Start"/>.</param>
/// <param name="Device">The owner's token of an MMIO range, or of what takes the writes to ROM; else null.</param>
public sealed record FlatRange(Gpa Start, ulong Length, RegionKind Kind, GuestRam? Ram, long Offset, object? Device)
{
    /// <summary>Whether what the CPU writes here goes to the owner of <see cref="Device"/>.</summary>
    public bool TakesWrites => Kind == RegionKind.Mmio || (Kind == RegionKind.Rom && Device is not null);

    /// <summary>Whether the range holds <paramref name="at"/>.</summary>
    public bool Contains(Gpa at) => at.Value - Start.Value < Length;

    /// <summary>Whether the range holds the whole 4 KiB page of <paramref name="at"/>: only then may an engine cache the page.</summary>
    public bool CoversPage(Gpa at)
    {
        ulong first = (at.Value & ~0xFFFUL) - Start.Value;
        return first < Length && Length - first >= 0x1000;
    }
}

/// <summary>The address space rendered to non-overlapping, sorted pieces. Immutable; gaps are holes.</summary>
public sealed class FlatMap
{
    private readonly FlatRange[] _ranges;

    /// <summary>Wraps sorted, non-overlapping ranges.</summary>
    public FlatMap(FlatRange[] sorted) => _ranges = sorted;

    /// <summary>The pieces in address order.</summary>
    public System.ReadOnlySpan<FlatRange> Ranges => _ranges;

    /// <summary>The piece that holds <paramref name="at"/>, or null in a hole.</summary>
    public FlatRange? Find(Gpa at)
    {
        int low = 0;
        int high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            FlatRange range = _ranges[middle];
            if (range.Contains(at))
            {
                return range;
            }

            if (range.Start.Value > at.Value)
            {
                high = middle - 1;
            }
            else
            {
                low = middle + 1;
            }
        }

        return null;
    }
}
