using System;
using Doppel.Devices;
using Doppel.Memory;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class MemoryBusTests : IDisposable
{
    private readonly GuestPhysicalSpace _space = new();
    private readonly GuestRam _ram = new("ram", 0x2000);
    private readonly RecordingBlock _block = new();
    private readonly MemoryBus _bus;

    public MemoryBusTests()
    {
        _space.AddRam(new Gpa(0), _ram, 0, 0x2000);
        _bus = new MemoryBus(_space);
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Holes_read_all_ones()
    {
        Assert.Equal(ulong.MaxValue, _bus.Read(new Gpa(0xFFFF_FFFF_FFFF_FFFC), AccessSize.Qword) | 0xFFFF_FFFF_0000_0000);
        _bus.Write(new Gpa(0x9000), AccessSize.Dword, 1);
        Assert.Equal(new Gpa(0x9003), _bus.LastUnclaimed);
    }

    [Fact]
    public void Accesses_are_cut_to_what_the_block_takes()
    {
        IMmioClaim claim = _bus.Claim("m", 0x10, _block, AccessSize.Dword);
        claim.Map(new Gpa(0x8000));
        Assert.Equal(0x0706_0504_0302_0100ul, _bus.Read(new Gpa(0x8000), AccessSize.Qword));
        Assert.Equal(0x0403_0201ul, _bus.Read(new Gpa(0x8001), AccessSize.Dword));
        Assert.Equal(0xFFFF_0F0Eul, _bus.Read(new Gpa(0x800E), AccessSize.Dword));
        Assert.Equal("r0:4 r4:4 r1:1 r2:2 r4:1 rE:2", string.Join(' ', _block.Log));
        claim.Map(new Gpa(0x9000));
        Assert.Equal(0xFFul, _bus.Read(new Gpa(0x8000), AccessSize.Byte));
        Assert.Equal(1ul, _bus.Read(new Gpa(0x9001), AccessSize.Byte));
        claim.Unmap();
        Assert.Equal(0xFFul, _bus.Read(new Gpa(0x9001), AccessSize.Byte));
    }

    [Fact]
    public void Access_across_the_end_of_ram_writes_ram_and_registers()
    {
        IMmioClaim claim = _bus.Claim("m", 0x10, _block, AccessSize.Byte);
        claim.Map(new Gpa(0x2000));
        _bus.Write(new Gpa(0x1FFE), AccessSize.Dword, 0xDDCC_BBAA);
        Assert.Equal(new byte[] { 0xAA, 0xBB }, _ram.Read(0x1FFE, 2).ToArray());
        Assert.True(_ram.GetMarks(1).HasFlag(PageMarks.Dirty));
        Assert.Equal("w0:1=CC w1:1=DD", string.Join(' ', _block.Log));
        Assert.Equal(0x0100_BBAAul, _bus.Read(new Gpa(0x1FFE), AccessSize.Dword));
    }

    [Fact]
    public void Adv58_bar_games()
    {
        // Over RAM, over another range, over the end of the address space: memory wins, then who claimed first; nothing throws.
        IMmioClaim first = _bus.ClaimMovable("first", 0x1000, _block, AccessSize.Dword);
        RecordingBlock other = new();
        IMmioClaim second = _bus.ClaimMovable("second", 0x1000, other, AccessSize.Dword);
        first.Map(new Gpa(0x1000));
        Assert.Equal(0ul, _bus.Read(new Gpa(0x1000), AccessSize.Dword));
        Assert.Empty(_block.Log);
        second.Map(new Gpa(0x4800));
        first.Map(new Gpa(0x4000));
        _bus.Read(new Gpa(0x4FFE), AccessSize.Dword);
        Assert.Equal("rFFE:2", string.Join(' ', _block.Log));
        Assert.Equal("r800:2", string.Join(' ', other.Log));
        first.Map(new Gpa(ulong.MaxValue - 0x10));
        first.Map(new Gpa(0xFFFF_FFFF_FFFF_F000));
        Assert.Equal(0x03FCul & 0xFF, _bus.Read(new Gpa(0xFFFF_FFFF_FFFF_FFFC), AccessSize.Byte));
    }

    [Fact]
    public void Card_memory_shows_in_its_aperture()
    {
        using GuestRam card = new("card", 0x1000);
        IMmioClaim claim = _bus.ClaimRam("card", card, 0, 0x1000);
        claim.Map(new Gpa(0x10_0000));
        Assert.Equal(RegionKind.Ram, _space.Map.Find(new Gpa(0x10_0000))!.Kind);
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.ClaimRam("card", card, 1, 0x1000));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.Claim("big", (1UL << 32) + 1, _block, AccessSize.Byte));
    }

    [Fact]
    public void Card_rom_is_read_and_swallows_writes()
    {
        using GuestRam rom = new("rom", 0x1000);
        rom.Write(0, [0x55]);
        IMmioClaim claim = _bus.ClaimRom("rom", rom, 0, 0x1000);
        claim.Map(new Gpa(0x1000));
        Assert.NotEqual(RegionKind.Rom, _space.Map.Find(new Gpa(0x1000))!.Kind);
        claim.Map(new Gpa(0x10_0000));
        Assert.Equal(RegionKind.Rom, _space.Map.Find(new Gpa(0x10_0000))!.Kind);
        _bus.Write(new Gpa(0x10_0000), AccessSize.Byte, 0xAA);
        Assert.Equal(0x55ul, _bus.Read(new Gpa(0x10_0000), AccessSize.Byte));
    }

    [Fact]
    public void A_window_hides_ram_and_registers_and_moves_in_one_change()
    {
        using GuestRam card = new("card", 0x4000);
        card.Write(0x3000, [0x77]);
        _bus.Claim("m", 0x2000, _block, AccessSize.Dword).Map(new Gpa(0));
        IRamWindow window = _bus.ClaimWindow(card);
        window.Show(new Gpa(0), 0, 0x1000);
        Assert.Equal(0ul, _bus.Read(new Gpa(0), AccessSize.Byte));
        Assert.Equal(RegionKind.Mmio, _space.Map.Find(new Gpa(0x1000))!.Kind);
        int changes = 0;
        _space.Changed += () => changes++;
        window.Show(new Gpa(0), 0x3000, 0x1000);
        Assert.Equal(0x77ul, _bus.Read(new Gpa(0), AccessSize.Byte));
        window.Show(new Gpa(0), 0x3000, 0x1000);
        Assert.Equal(1, changes);
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Show(new Gpa(0), 0x3000, 0x2000));
        window.Hide();
        window.Hide();
        Assert.Equal(RegionKind.Mmio, _space.Map.Find(new Gpa(0))!.Kind);
    }
}
