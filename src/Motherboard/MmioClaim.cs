using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>A claimed range of device registers or of card memory; the token that <see cref="FlatRange.Device"/> carries.</summary>
internal sealed class MmioClaim(GuestPhysicalSpace space, string region, ulong lengthBytes, IRegisterBlock? block, AccessSize widest, int priority) : IRomClaim
{
    private MemoryRegion? _region;

    public string Region => region;

    public IRegisterBlock? Block => block;

    public int Widest => (int)widest;

    /// <summary>Memory shown instead of registers: a card's, or, where there are registers too, that of a ROM whose writes they take.</summary>
    public GuestRam? Ram { get; init; }

    /// <summary>Whether reads see the registers where there is ROM.</summary>
    public bool ShowsRegisters { get; set; } = true;

    public long RamOffset { get; init; }

    /// <summary>Whether writes to it vanish.</summary>
    public bool IsRom { get; set; }

    public void Map(Gpa at)
    {
        if (_region is not null && _region.Start == at)
        {
            return;
        }

        Unmap();
        if (at.Value > ulong.MaxValue - (lengthBytes - 1))
        {
            return; // a guest may place a 64-bit range over the end of the address space: it decodes nothing
        }

        _region = Add(at);
    }

    public void ShowRegisters(bool shown)
    {
        if (shown == ShowsRegisters)
        {
            return;
        }

        ShowsRegisters = shown;
        if (_region is { } before)
        {
            _region = Add(before.Start);
            space.Remove(before);
        }
    }

    private MemoryRegion Add(Gpa at) =>
        Ram is null || (Block is not null && ShowsRegisters) ? space.AddMmio(at, lengthBytes, this, priority)
        : Block is not null ? space.AddRom(at, Ram, RamOffset, lengthBytes, priority, this)
        : IsRom ? space.AddRom(at, Ram, RamOffset, lengthBytes, priority)
        : space.AddRam(at, Ram, RamOffset, lengthBytes, priority);

    public void Unmap()
    {
        if (_region is not null)
        {
            space.Remove(_region);
            _region = null;
        }
    }
}
