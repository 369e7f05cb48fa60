using System;
using System.Runtime.InteropServices;

namespace Doppel.Memory;

/// <summary>
/// Collects which pages of one <see cref="GuestRam"/> were written since the last collection: for incremental snapshots, migration and
/// display refresh. The marks have one consumer; two consumers need one owner that hands the bits on.
/// Used on the machine's thread while no vCPU runs.
/// </summary>
public sealed class DirtyLog
{
    private const ulong DirtyOfEight = 0x0101_0101_0101_0101;
    private const int ChunkPages = 1 << 16;

    private readonly GuestRam _ram;

    /// <summary>Watches <paramref name="ram"/>; marks set before stay until the first collection.</summary>
    public DirtyLog(GuestRam ram) => _ram = ram;

    /// <summary>How many collections there were: what was derived from older marks is stale when this has moved.</summary>
    public ulong Version { get; private set; }

    /// <summary>A clear bitmap of the right size.</summary>
    public DirtyBitmap NewBitmap() => new(_ram.LengthBytes >> 12);

    /// <summary>
    /// Adds the pages written since the last call to <paramref name="into"/> (bits set there stay set) and clears their marks.
    /// Engines are told before and after, by <see cref="GuestRam.DirtyCollecting"/> and <see cref="GuestRam.DirtyCleared"/>.
    /// </summary>
    public void CollectAndClear(DirtyBitmap into)
    {
        long pages = _ram.LengthBytes >> 12;
        if (into.PageCount != pages)
        {
            throw new ArgumentException("the bitmap is of another size than the RAM", nameof(into));
        }

        _ram.RaiseDirtyCollecting();
        for (long first = 0; first < pages; first += ChunkPages)
        {
            // Eight pages at a time: the marks are padded with zeros to a multiple of 4096.
            int count = (int)Math.Min(ChunkPages, (pages - first + 7) & ~7L);
            Span<ulong> marks = MemoryMarshal.Cast<byte, ulong>(_ram.MarksFrom(first, count));
            for (int i = 0; i < marks.Length; i++)
            {
                ulong dirty = marks[i] & DirtyOfEight;
                if (dirty != 0)
                {
                    marks[i] &= ~DirtyOfEight;
                    into.OrEight(first + ((long)i << 3), GatherLowBits(dirty));
                }
            }
        }

        Version++;
        _ram.RaiseDirtyCleared();
    }

    // Bit 0 of byte i becomes bit i: the multiplication moves each to bit 56 + i, and no two meet.
    private static byte GatherLowBits(ulong eight) => (byte)(unchecked(eight * 0x0102_0408_1020_4080) >> 56);
}
