using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>A claimed range of device registers or of card memory; the token that <see cref="FlatRange.Device"/> carries.</summary>
internal sealed class MmioClaim(GuestPhysicalSpace space, string region, ulong lengthBytes, IRegisterBlock? block, AccessSize widest, int priority) : IMmioClaim
{
    private MemoryRegion? _region;

    public string Region => region;

    public IRegisterBlock? Block => block;

    public int Widest => (int)widest;

    /// <summary>Card memory shown instead of registers.</summary>
    public GuestRam? Ram { get; init; }

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

        _region = Ram is null ? space.AddMmio(at, lengthBytes, this, priority)
            : IsRom ? space.AddRom(at, Ram, RamOffset, lengthBytes, priority)
            : space.AddRam(at, Ram, RamOffset, lengthBytes, priority);
    }

    public void Unmap()
    {
        if (_region is not null)
        {
            space.Remove(_region);
            _region = null;
        }
    }
}
