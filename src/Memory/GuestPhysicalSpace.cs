using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Doppel.Primitives;

namespace Doppel.Memory;

/// <summary>
/// The guest-physical address space: regions with priorities, rendered to a <see cref="FlatMap"/> that is swapped whole. TLB fills, KVM slots,
/// DMA and the dirty log derive from the map, so engines cannot disagree. Changed on the machine's thread only.
/// An alias is a region of its own: it stays when its target is removed.
/// </summary>
public sealed class GuestPhysicalSpace
{
    private readonly List<MemoryRegion> _regions = [];
    private int _sequence;

    /// <summary>Raised after what <see cref="Map"/> shows or <see cref="CpuAddressMask"/> changed: engines drop what they derived from it.</summary>
    public event Action? Changed;

    /// <summary>The present map.</summary>
    public FlatMap Map { get; private set; } = new([]);

    /// <summary>ANDed to every physical address the CPU emits: clears bit 20 while the A20 gate is shut.</summary>
    public ulong CpuAddressMask { get; private set; } = ulong.MaxValue;

    /// <summary>Opens or shuts the A20 gate.</summary>
    public void SetA20(bool enabled)
    {
        ulong mask = enabled ? ulong.MaxValue : ~(1UL << 20);
        if (mask != CpuAddressMask)
        {
            CpuAddressMask = mask;
            Changed?.Invoke();
        }
    }

    /// <summary>Adds RAM. Higher <paramref name="priority"/> hides lower; equal priorities: the later region hides the earlier.</summary>
    public MemoryRegion AddRam(Gpa at, GuestRam ram, long offset, ulong length, int priority = 0)
    {
        CheckBacking(ram, offset, length);
        return Add(new MemoryRegion(at, length, RegionKind.Ram, ram, offset, null, priority));
    }

    /// <summary>
    /// Adds ROM: reads come from <paramref name="rom"/>; what the CPU writes goes to the owner of the token <paramref name="writer"/> (flash, shadow
    /// RAM), or vanishes where that is null.
    /// </summary>
    public MemoryRegion AddRom(Gpa at, GuestRam rom, long offset, ulong length, int priority = 1, object? writer = null)
    {
        CheckBacking(rom, offset, length);
        return Add(new MemoryRegion(at, length, RegionKind.Rom, rom, offset, writer, priority));
    }

    /// <summary>Adds device registers; <paramref name="device"/> is the owner's token, found again in <see cref="FlatRange.Device"/>.</summary>
    public MemoryRegion AddMmio(Gpa at, ulong length, object device, int priority = 2) =>
        Add(new MemoryRegion(at, length, RegionKind.Mmio, null, 0, device, priority));

    /// <summary>Shows <paramref name="length"/> bytes of <paramref name="target"/> from <paramref name="offset"/> a second time.</summary>
    public MemoryRegion AddAlias(Gpa at, MemoryRegion target, ulong offset, ulong length, int priority = 1)
    {
        if (offset > target.Length || length > target.Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(length), "the alias leaves its target");
        }

        return Add(new MemoryRegion(at, length, target.Kind, target.Ram, target.Offset + (long)offset, target.Device, priority));
    }

    /// <summary>Removes a region.</summary>
    public void Remove(MemoryRegion region)
    {
        if (_regions.Remove(region))
        {
            Render();
        }
    }

    private MemoryRegion Add(MemoryRegion region)
    {
        if (region.Length == 0 || region.Start.Value > ulong.MaxValue - (region.Length - 1))
        {
            throw new ArgumentOutOfRangeException(nameof(region), "empty, or past the end of the address space");
        }

        region.Sequence = _sequence++;
        _regions.Add(region);
        Render();
        return region;
    }

    // Sweeps over all region borders; between two borders the strongest region wins. A few dozen regions at most.
    private void Render()
    {
        SortedSet<ulong> borders = [];
        foreach (MemoryRegion region in _regions)
        {
            borders.Add(region.Start.Value);
            borders.Add(unchecked(region.Start.Value + region.Length)); // 0 stands for 2^64 and sorts first, where it is harmless
        }

        ulong[] sorted = [.. borders];
        List<FlatRange> flat = [];
        for (int i = 0; i < sorted.Length; i++)
        {
            ulong start = sorted[i];
            ulong length = i + 1 < sorted.Length ? sorted[i + 1] - start : unchecked(0UL - start);
            MemoryRegion? winner = null;
            foreach (MemoryRegion region in _regions)
            {
                if (start - region.Start.Value < region.Length && (winner is null || region.IsStrongerThan(winner)))
                {
                    winner = region;
                }
            }

            if (winner is not null && length != 0)
            {
                Append(flat, new FlatRange(new Gpa(start), length, winner.Kind, winner.Ram, winner.Offset + (long)(start - winner.Start.Value), winner.Device));
            }
        }

        // A change that the guest cannot see (a region under a stronger one) costs the engines nothing.
        if (Map.Ranges.SequenceEqual(CollectionsMarshal.AsSpan(flat)))
        {
            return;
        }

        Map = new FlatMap([.. flat]);
        Changed?.Invoke();
    }
    // Joins a piece to the one before it when both are one stretch of the same backing: fewer, longer pieces to search and to map.
    private static void Append(List<FlatRange> flat, FlatRange next)
    {
        if (flat.Count > 0)
        {
            FlatRange last = flat[^1];
            if (unchecked(last.Start.Value + last.Length) == next.Start.Value && last.Kind == next.Kind && ReferenceEquals(last.Ram, next.Ram)
                && ReferenceEquals(last.Device, next.Device) && last.Offset + (long)last.Length == next.Offset)
            {
                flat[^1] = last with { Length = last.Length + next.Length };
                return;
            }
        }

        flat.Add(next);
    }

    private static void CheckBacking(GuestRam ram, long offset, ulong length)
    {
        if (offset < 0 || offset > ram.LengthBytes || length > (ulong)(ram.LengthBytes - offset))
        {
            throw new ArgumentOutOfRangeException(nameof(length), "the region leaves its memory");
        }
    }
}
