using System;
using Doppel.Devices;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class PortBusTests
{
    private readonly PortBus _bus = new();
    private readonly RecordingBlock _a = new();
    private readonly RecordingBlock _b = new();

    [Fact]
    public void Unclaimed_ports_read_all_ones_and_are_counted()
    {
        Assert.Equal(0xFFFFul, _bus.Read(0x300, AccessSize.Word));
        _bus.Write(0x301, AccessSize.Byte, 1);
        Assert.Equal(3ul, _bus.UnclaimedAccesses);
        Assert.Equal(0x301, _bus.LastUnclaimed);
    }

    [Fact]
    public void Wide_access_to_byte_registers_is_cut_in_rising_order()
    {
        _bus.Claim("a", 0x40, 4, _a, AccessSize.Byte);
        Assert.Equal(0x0302_0100ul, _bus.Read(0x40, AccessSize.Dword));
        _bus.Write(0x42, AccessSize.Word, 0xBBAA);
        Assert.Equal("r0:1 r1:1 r2:1 r3:1 w2:1=AA w3:1=BB", string.Join(' ', _a.Log));
    }

    [Fact]
    public void Access_that_leaves_a_claim_reads_ones_beyond()
    {
        _bus.Claim("a", 0x40, 2, _a, AccessSize.Dword);
        Assert.Equal(0xFFFF_0100ul, _bus.Read(0x40, AccessSize.Dword));
        Assert.Equal(0x00FFul, _bus.Read(0x3F, AccessSize.Word));
        Assert.Equal("r0:2 r0:1", string.Join(' ', _a.Log));
    }

    [Fact]
    public void Unaligned_access_is_cut_at_natural_borders()
    {
        _bus.Claim("a", 0x40, 8, _a, AccessSize.Dword);
        Assert.Equal(0x0403_0201ul, _bus.Read(0x41, AccessSize.Dword));
        Assert.Equal("r1:1 r2:2 r4:1", string.Join(' ', _a.Log));
    }

    [Fact]
    public void Access_past_the_last_port_reads_ones()
    {
        _bus.Claim("a", 0xFFFF, 1, _a, AccessSize.Byte);
        Assert.Equal(0xFF00ul, _bus.Read(0xFFFF, AccessSize.Word));
        _bus.Write(0xFFFF, AccessSize.Dword, 7);
        Assert.Equal("r0:1 w0:1=7", string.Join(' ', _a.Log));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Byte_claim_inside_a_dword_claim_takes_bytes_only(bool overlayFirst)
    {
        if (overlayFirst)
        {
            _bus.Claim("reset", 0xCF9, 1, _b, AccessSize.Byte);
        }

        _bus.Claim("pci", 0xCF8, 8, _a, AccessSize.Dword);
        if (!overlayFirst)
        {
            _bus.Claim("reset", 0xCF9, 1, _b, AccessSize.Byte);
        }

        _bus.Write(0xCF8, AccessSize.Dword, 0x8000_0000);
        _bus.Write(0xCF8, AccessSize.Word, 0x1234);
        _bus.Write(0xCF9, AccessSize.Word, 0x0605);
        Assert.Empty(_b.Log);
        _bus.Write(0xCF9, AccessSize.Byte, 6);
        _bus.Write(0xCF8, AccessSize.Byte, 9);
        Assert.Equal("w0:1=6", string.Join(' ', _b.Log));
        Assert.Equal("w0:4=80000000 w0:2=1234 w1:1=5 w2:1=6 w0:1=9", string.Join(' ', _a.Log));
    }

    [Fact]
    public void Conflicts_are_host_errors()
    {
        _bus.Claim("a", 0x40, 4, _a, AccessSize.Byte);
        Assert.Throws<InvalidOperationException>(() => _bus.Claim("b", 0x43, 1, _b, AccessSize.Byte));
        Assert.Throws<InvalidOperationException>(() => _bus.Claim("b", 0x42, 4, _b, AccessSize.Dword));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.Claim("b", 0xFFFF, 2, _b, AccessSize.Byte));
        Assert.Throws<ArgumentOutOfRangeException>(() => _bus.Claim("b", 1, 0, _b, AccessSize.Byte));
    }

    [Fact]
    public void Refused_register_reads_ones_of_its_width()
    {
        _a.Answers = false;
        _bus.Claim("a", 0x40, 4, _a, AccessSize.Word);
        Assert.Equal(0xFFFFul, _bus.Read(0x40, AccessSize.Word));
        _bus.Write(0x40, AccessSize.Word, 1);
        Assert.Equal(2ul, _bus.UnclaimedAccesses);
    }

    [Fact]
    public void Movable_claims_yield_to_fixed_ones_and_come_back()
    {
        _bus.Claim("fixed", 0x1F0, 8, _a, AccessSize.Byte);
        IPortClaim first = _bus.ClaimMovable("first", 16, _b, AccessSize.Dword);
        RecordingBlock other = new();
        IPortClaim second = _bus.ClaimMovable("second", 16, other, AccessSize.Dword);
        second.Map(0x1E8);
        first.Map(0x1E8);
        Assert.Equal(0ul, _bus.Read(0x1E8, AccessSize.Byte));
        Assert.Equal(0ul, _bus.Read(0x1F0, AccessSize.Byte));
        Assert.Equal("r0:1", string.Join(' ', _a.Log));
        Assert.Empty(other.Log);
        first.Unmap();
        Assert.Equal(1ul, _bus.Read(0x1E9, AccessSize.Byte));
        Assert.Equal("r1:1", string.Join(' ', other.Log));
        second.Map(0xFFF8);
        Assert.Equal(0xFFul, _bus.Read(0x1E9, AccessSize.Byte));
        Assert.Equal(0xFFul, _bus.Read(0xFFF8, AccessSize.Byte));
        second.Map(uint.MaxValue);
        second.Unmap();
    }

    [Fact]
    public void Random_traffic_never_throws()
    {
        _bus.Claim("a", 0x10, 30, _a, AccessSize.Dword);
        _bus.Claim("b", 0x15, 3, _b, AccessSize.Byte);
        IPortClaim moving = _bus.ClaimMovable("m", 8, new RecordingBlock(), AccessSize.Word);
        Random random = new(1);
        AccessSize[] sizes = [AccessSize.Byte, AccessSize.Word, AccessSize.Dword, AccessSize.Qword];
        for (int i = 0; i < 100_000; i++)
        {
            ushort port = (ushort)random.Next(-8, 64);
            AccessSize size = sizes[random.Next(4)];
            Assert.True(_bus.Read(port, size) <= size.AllOnes());
            _bus.Write(port, size, (ulong)random.NextInt64());
            if (i % 16 == 0)
            {
                moving.Map((uint)random.Next(0, 80));
            }

            _a.Log.Clear();
            _b.Log.Clear();
        }
    }
}
