using System;
using System.Collections.Generic;
using System.Globalization;
using Doppel.Machine.Firmware;
using Doppel.Memory;

namespace Doppel.Machine.Boot;

/// <summary>
/// RAM as a boot loader sees it: everything a loader puts there first gets a place of its own inside usable memory, so that nothing
/// overlaps and what does not fit is said by name. A place is taken once a load; make a new object to load again.
/// </summary>
internal sealed class BootMemory(GuestRam ram, MemoryMap map)
{
    private const ulong LowDataStart = 0x1000;
    private const int ZeroChunkBytes = 1 << 16;

    private readonly List<(string What, ulong Start, ulong End)> _taken = [];

    public MemoryMap Map { get; } = map;

    /// <summary>Takes the given place; it must be usable memory that nobody has.</summary>
    public void Take(string what, ulong start, ulong length)
    {
        ulong end = start > ulong.MaxValue - length ? ulong.MaxValue : start + length;
        if (!IsUsable(start, end))
        {
            throw new BootException(string.Create(CultureInfo.InvariantCulture,
                $"{what} needs memory {start:X}-{end:X}, which this machine of {(Map.LowBytes + Map.HighBytes) >> 20} MiB does not have; use more --memory"));
        }

        foreach ((string other, ulong otherStart, ulong otherEnd) in _taken)
        {
            if (start < otherEnd && otherStart < end)
            {
                throw new BootException(string.Create(CultureInfo.InvariantCulture, $"{what} ({start:X}-{end:X}) would overwrite {other} ({otherStart:X}-{otherEnd:X}); use another kernel or more --memory"));
            }
        }

        _taken.Add((what, start, end));
    }

    /// <summary>Takes the lowest free page-aligned place below 640 KiB.</summary>
    public ulong TakeLow(string what, ulong length)
    {
        ulong start = LowDataStart;
        while (FindTaken(start, start + length) is { } taken)
        {
            start = (taken + 0xFFF) & ~0xFFFUL;
        }

        if (length > MemoryMap.ExtendedBiosData || start + length > MemoryMap.ExtendedBiosData)
        {
            throw new BootException($"{what} of {length} bytes does not fit below 640 KiB; make it shorter");
        }

        _taken.Add((what, start, start + length));
        return start;
    }

    /// <summary>Takes the highest free page-aligned place from 1 MiB to <paramref name="limit"/>, the last address allowed.</summary>
    public ulong TakeHigh(string what, ulong length, ulong limit)
    {
        ulong end = Math.Min(Map.LowBytes, limit == ulong.MaxValue ? limit : limit + 1) & ~0xFFFUL;
        ulong rounded = (length + 0xFFF) & ~0xFFFUL;
        while (end >= rounded && end - rounded >= MemoryMap.OneMiB)
        {
            ulong start = end - rounded;
            if (LowestTaken(start, end) is not { } lower)
            {
                _taken.Add((what, start, start + length));
                return start;
            }

            end = lower & ~0xFFFUL;
        }

        throw new BootException(string.Create(CultureInfo.InvariantCulture, $"{what} of {(length + 0xFFFFF) >> 20} MiB does not fit into {(Map.LowBytes + Map.HighBytes) >> 20} MiB of memory beside the kernel; use more --memory"));
    }

    /// <summary>Writes bytes to a place that was taken, or to the firmware area.</summary>
    public void Write(ulong at, ReadOnlySpan<byte> bytes) => ram.Write(OffsetOf(at), bytes);

    /// <summary>Fills a place that was taken with zeros.</summary>
    public void Zero(ulong at, ulong length)
    {
        ReadOnlySpan<byte> zeros = new byte[(int)Math.Min(length, ZeroChunkBytes)];
        while (length != 0)
        {
            int chunk = (int)Math.Min(length, ZeroChunkBytes);
            Write(at, zeros[..chunk]);
            at += (ulong)chunk;
            length -= (ulong)chunk;
        }
    }

    private static long OffsetOf(ulong at) => (long)(at < MemoryMap.HighStart ? at : at - MemoryMap.HighStart + MemoryMap.HoleStart);

    private bool IsUsable(ulong start, ulong end)
    {
        foreach (MemoryMapEntry entry in Map.Entries)
        {
            if (entry.Kind == MemoryKind.Usable && start >= entry.Start && end <= entry.End)
            {
                return true;
            }
        }

        return false;
    }

    private ulong? FindTaken(ulong start, ulong end)
    {
        foreach ((string _, ulong otherStart, ulong otherEnd) in _taken)
        {
            if (start < otherEnd && otherStart < end)
            {
                return otherEnd;
            }
        }

        return null;
    }

    private ulong? LowestTaken(ulong start, ulong end)
    {
        ulong? lowest = null;
        foreach ((string _, ulong otherStart, ulong otherEnd) in _taken)
        {
            if (start < otherEnd && otherStart < end && (lowest is null || otherStart < lowest))
            {
                lowest = otherStart;
            }
        }

        return lowest;
    }
}
