using System;
using Doppel.Primitives;

namespace Doppel.Memory.Tests;

public sealed class GuestPhysicalSpaceTests : IDisposable
{
    private readonly GuestRam _ram = new("ram", 0x20_0000);
    private readonly GuestRam _rom = new("rom", 0x1_0000);
    private readonly GuestPhysicalSpace _space = new();

    public void Dispose()
    {
        _ram.Dispose();
        _rom.Dispose();
    }

    [Fact]
    public void Higher_priority_hides_lower_and_removal_uncovers_it()
    {
        object device = new();
        _space.AddRam(new Gpa(0), _ram, 0, 0x20_0000);
        MemoryRegion vga = _space.AddMmio(new Gpa(0xA_0000), 0x2_0000, device);
        Assert.Equal(3, _space.Map.Ranges.Length);
        Assert.Equal(RegionKind.Mmio, Find(0xA_0000).Kind);
        Assert.Same(device, Find(0xB_FFFF).Device);
        Assert.Equal(RegionKind.Ram, Find(0x9_FFFF).Kind);
        Assert.Equal(0xC_0000, Find(0xC_0000).Offset);
        _space.Remove(vga);
        Assert.Equal(1, _space.Map.Ranges.Length);
        Assert.Equal(RegionKind.Ram, Find(0xA_0000).Kind);
        Assert.Equal(0x20_0000UL, Find(0xA_0000).Length);
    }

    [Fact]
    public void Of_equal_priorities_the_later_hides_the_earlier()
    {
        _space.AddMmio(new Gpa(0x1000), 0x1000, "first");
        MemoryRegion second = _space.AddMmio(new Gpa(0x1800), 0x1000, "second");
        Assert.Equal("first", Find(0x17FF).Device);
        Assert.Equal("second", Find(0x1800).Device);
        _space.Remove(second);
        Assert.Equal("first", Find(0x1FFF).Device);
        Assert.Null(_space.Map.Find(new Gpa(0x2000)));
    }

    [Fact]
    public void An_alias_shows_the_same_bytes_and_outlives_its_target()
    {
        MemoryRegion top = _space.AddRom(new Gpa(0xFFFF_0000), _rom, 0, 0x1_0000);
        _space.AddAlias(new Gpa(0xF_8000), top, 0x8000, 0x8000);
        FlatRange low = Find(0xF_8000);
        Assert.Equal(RegionKind.Rom, low.Kind);
        Assert.Equal(0x8000, low.Offset);
        Assert.Same(_rom, low.Ram);
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddAlias(new Gpa(0), top, 0x8000, 0x8001));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddAlias(new Gpa(0), top, 0x1_0001, 0));
        _space.Remove(top);
        Assert.Null(_space.Map.Find(new Gpa(0xFFFF_0000)));
        Assert.NotNull(_space.Map.Find(new Gpa(0xF_8000)));
    }

    [Fact]
    public void Adjacent_pieces_of_one_backing_are_joined()
    {
        MemoryRegion low = _space.AddRam(new Gpa(0), _ram, 0, 0x10_0000);
        _space.AddRam(new Gpa(0x10_0000), _ram, 0x10_0000, 0x10_0000);
        Assert.Equal(1, _space.Map.Ranges.Length);
        _space.AddAlias(new Gpa(0x8000), low, 0x8000, 0x8000);
        Assert.Equal(1, _space.Map.Ranges.Length);
        _space.AddAlias(new Gpa(0x8000), low, 0x9000, 0x1000);
        Assert.Equal(3, _space.Map.Ranges.Length);
        Assert.Equal(0x9000, Find(0x8000).Offset);
    }

    [Fact]
    public void Changes_are_told_once_and_only_when_visible()
    {
        int changes = 0;
        _space.Changed += () => changes++;
        MemoryRegion ram = _space.AddRam(new Gpa(0), _ram, 0, 0x10_0000, priority: 5);
        Assert.Equal(1, changes);
        FlatMap before = _space.Map;
        MemoryRegion hidden = _space.AddMmio(new Gpa(0x1000), 0x1000, "hidden");
        Assert.Equal(1, changes);
        Assert.Same(before, _space.Map);
        _space.Remove(hidden);
        _space.Remove(hidden);
        Assert.Equal(1, changes);
        _space.Remove(ram);
        Assert.Equal(2, changes);
        Assert.Equal(0, _space.Map.Ranges.Length);
    }

    [Fact]
    public void A_region_may_end_at_the_end_of_the_address_space()
    {
        _space.AddMmio(new Gpa(0xFFFF_FFFF_FFFF_F000), 0x1000, "last");
        _space.AddMmio(new Gpa(0), 0x10, "first");
        Assert.Equal(2, _space.Map.Ranges.Length);
        Assert.Equal("last", Find(ulong.MaxValue).Device);
        Assert.Equal("last", Find(0xFFFF_FFFF_FFFF_F000).Device);
        Assert.Null(_space.Map.Find(new Gpa(0xFFFF_FFFF_FFFF_EFFF)));
        Assert.Equal("first", Find(0xF).Device);
        Assert.Null(_space.Map.Find(new Gpa(0x10)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddMmio(new Gpa(0xFFFF_FFFF_FFFF_F000), 0x1001, "past"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddMmio(new Gpa(0x5000), 0, "empty"));
    }

    [Fact]
    public void Memory_regions_may_not_leave_their_backing()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddRam(new Gpa(0), _ram, 0, 0x20_0001));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddRam(new Gpa(0), _ram, -4096, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddRom(new Gpa(0), _rom, 0xF000, 0x2000));
        Assert.Throws<ArgumentOutOfRangeException>(() => _space.AddRom(new Gpa(0), _rom, 0x2_0000, ulong.MaxValue));
        Assert.Equal(0, _space.Map.Ranges.Length);
    }

    [Fact]
    public void The_A20_gate_masks_bit_20_only()
    {
        int changes = 0;
        _space.Changed += () => changes++;
        _space.SetA20(true);
        Assert.Equal(0, changes);
        _space.SetA20(false);
        Assert.Equal(0x20_1234UL, 0x30_1234UL & _space.CpuAddressMask);
        Assert.Equal(0xFFFF_FFFF_FFEF_FFFFUL, _space.CpuAddressMask);
        _space.SetA20(false);
        Assert.Equal(1, changes);
        _space.SetA20(true);
        Assert.Equal(ulong.MaxValue, _space.CpuAddressMask);
        Assert.Equal(2, changes);
    }

    [Fact]
    public void Only_whole_pages_of_a_range_count_as_covered()
    {
        _space.AddRam(new Gpa(0x1000), _ram, 0, 0x3000);
        _space.AddMmio(new Gpa(0x3800), 0x10, "register");
        FlatRange ram = Find(0x1000);
        Assert.True(ram.CoversPage(new Gpa(0x1FFF)));
        Assert.True(ram.CoversPage(new Gpa(0x2000)));
        Assert.False(ram.CoversPage(new Gpa(0x3000)));
        Assert.False(ram.CoversPage(new Gpa(0x0FFF)));
        Assert.False(Find(0x3810).CoversPage(new Gpa(0x3810)));
    }

    private FlatRange Find(ulong at) => Assert.IsType<FlatRange>(_space.Map.Find(new Gpa(at)));
}
