using Doppel.Primitives;

namespace Doppel.Memory;

/// <summary>A region as it was added; the handle for removing and aliasing it.</summary>
public sealed class MemoryRegion
{
    internal MemoryRegion(Gpa start, ulong length, RegionKind kind, GuestRam? ram, long offset, object? device, int priority)
    {
        Start = start;
        Length = length;
        Kind = kind;
        Ram = ram;
        Offset = offset;
        Device = device;
        Priority = priority;
    }

    /// <summary>First guest-physical address.</summary>
    public Gpa Start { get; }

    /// <summary>Length in bytes.</summary>
    public ulong Length { get; }

    /// <summary>What answers.</summary>
    public RegionKind Kind { get; }

    /// <summary>Backing memory of RAM and ROM.</summary>
    public GuestRam? Ram { get; }

    /// <summary>Offset of the first byte in <see cref="Ram"/>, or in the device's range.</summary>
    public long Offset { get; }

    /// <summary>The owner's token of MMIO, or of what takes the writes to ROM.</summary>
    public object? Device { get; }

    /// <summary>Higher hides lower.</summary>
    public int Priority { get; }

    internal int Sequence { get; set; }

    internal bool IsStrongerThan(MemoryRegion other) =>
        Priority != other.Priority ? Priority > other.Priority : Sequence > other.Sequence;
}
