using Doppel.Devices.Pci;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// Shadow RAM between 0xC0000 and 0xFFFFF: lays pieces of main memory over the ROM as the host bridge says. Main memory must lie at
/// guest-physical 0 from its offset 0. A segment that reads ROM and writes RAM swallows writes: firmware that runs in machines like ours
/// switches both at once. With both off, what the machine laid there answers (ROM, or RAM where it put none).
/// </summary>
public sealed class ShadowMemory(GuestPhysicalSpace space, GuestRam main) : IShadowMemory
{
    // Over ROM (1), under fixed registers' later claims of equal rank.
    private const int Priority = 2;
    private const int SegmentCount = 13;

    private readonly MemoryRegion?[] _regions = new MemoryRegion?[SegmentCount];
    private readonly int[] _modes = new int[SegmentCount];

    /// <inheritdoc/>
    public void SetSegment(int segment, bool readRam, bool writeRam)
    {
        int mode = !readRam ? 0 : writeRam ? 2 : 1;
        if ((uint)segment >= SegmentCount || _modes[segment] == mode)
        {
            return;
        }

        _modes[segment] = mode;
        MemoryRegion? before = _regions[segment];
        ulong at = segment == 0 ? 0xF_0000UL : 0xC_0000UL + ((ulong)(segment - 1) << 14);
        ulong length = segment == 0 ? 0x1_0000UL : 0x4000UL;
        _regions[segment] = mode switch
        {
            2 => space.AddRam(new Gpa(at), main, (long)at, length, Priority),
            1 => space.AddRom(new Gpa(at), main, (long)at, length, Priority),
            _ => null,
        };
        if (before is not null)
        {
            space.Remove(before);
        }
    }
}
