using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class ShadowMemoryTests
{
    [Fact]
    public void Segments_show_ram_over_rom_and_go_back()
    {
        using GuestRam ram = new("ram", 0x10_0000);
        using GuestRam rom = new("rom", 0x1_0000);
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), ram, 0, 0x10_0000);
        space.AddRom(new Gpa(0xF_0000), rom, 0, 0x1_0000);
        ShadowMemory shadow = new(space, ram);
        shadow.SetSegment(0, readRam: true, writeRam: true);
        FlatRange range = space.Map.Find(new Gpa(0xF_1234))!;
        Assert.Same(ram, range.Ram);
        Assert.Equal(RegionKind.Ram, range.Kind);
        Assert.Equal(0xF_1234, range.Offset + (long)(0xF_1234 - range.Start.Value));
        shadow.SetSegment(0, readRam: true, writeRam: false);
        Assert.Equal(RegionKind.Rom, space.Map.Find(new Gpa(0xF_FFFF))!.Kind);
        shadow.SetSegment(12, readRam: true, writeRam: false);
        Assert.Equal(RegionKind.Rom, space.Map.Find(new Gpa(0xE_C000))!.Kind);
        Assert.Equal(RegionKind.Ram, space.Map.Find(new Gpa(0xE_BFFF))!.Kind);
        shadow.SetSegment(0, readRam: false, writeRam: false);
        Assert.Same(rom, space.Map.Find(new Gpa(0xF_0000))!.Ram);
        shadow.SetSegment(99, readRam: true, writeRam: true);
    }
}
