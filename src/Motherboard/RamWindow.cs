using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>A window onto card memory at a place that the card chooses.</summary>
internal sealed class RamWindow(GuestPhysicalSpace space, GuestRam ram, int priority) : IRamWindow
{
    private MemoryRegion? _region;

    public void Show(Gpa at, long offset, ulong lengthBytes)
    {
        MemoryRegion? before = _region;
        if (before is not null && before.Start == at && before.Offset == offset && before.Length == lengthBytes)
        {
            return;
        }

        // The new part goes over the old one, whose removal then changes nothing that engines see: one change of the map, not two.
        _region = space.AddRam(at, ram, offset, lengthBytes, priority);
        if (before is not null)
        {
            space.Remove(before);
        }
    }

    public void Hide()
    {
        if (_region is not null)
        {
            space.Remove(_region);
            _region = null;
        }
    }
}
