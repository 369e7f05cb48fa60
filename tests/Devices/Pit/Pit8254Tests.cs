using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Pit;

public sealed class Pit8254Tests
{
    private readonly FakeSlot _slot = new();

    public Pit8254Tests() => _slot.Plug(new Pit8254Ports());

    [Fact]
    public void Ticks_AreExactAndInvertible()
    {
        Assert.Equal(1_193_182, PitTicks.At(new GuestTime(1_000_000_000)));
        Assert.Equal(1_193_182L * 86_400 * 365, PitTicks.At(new GuestTime(86_400L * 365 * 1_000_000_000)));
        foreach (long tick in new[] { 1L, 2, 65_536, 1_193_181, 1_193_182, 123_456_789_012 })
        {
            GuestTime at = PitTicks.TimeOf(tick);
            Assert.Equal(tick, PitTicks.At(at));
            Assert.Equal(tick - 1, PitTicks.At(new GuestTime(at.Nanoseconds - 1)));
        }

        Assert.Equal(GuestTime.Never, PitTicks.TimeOf(PitTicks.Never));
    }

    [Fact]
    public void Mode2_FiresExactlyAtItsRateForAnHour()
    {
        Program(0, mode: 2, 11_932);
        int before = _slot.Irq(0).Rises;
        _slot.Time.Advance(3_600L * 1_000_000_000);

        // Loaded one edge after the write at edge 0.
        Assert.Equal(((1_193_182L * 3600) - 1) / 11_932, _slot.Irq(0).Rises - before);
        Assert.Equal(1, _slot.Time.ArmedCount);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void PeriodicModes_CostOneTimerEventPerPeriod(int mode)
    {
        Program(0, mode, 1000);
        _slot.Time.Advance(1_000_000_000);
        Assert.Equal(1193, _slot.Time.FiredCount);
    }

    [Fact]
    public void Mode0_RaisesOnceAndCountsOn()
    {
        Program(0, mode: 0, 100);
        Assert.False(_slot.Irq(0).High);
        ToTick(100);
        Assert.False(_slot.Irq(0).High);
        ToTick(101);
        Assert.True(_slot.Irq(0).High);
        ToTick(103);
        Assert.Equal(0xFFFE, Latched(0));
        _slot.Time.Advance(1_000_000_000);
        Assert.Equal(1, _slot.Irq(0).Rises);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void Mode0_FirstByteStopsCounting()
    {
        Program(0, mode: 0, 100);
        ToTick(11);
        _slot.Out(0x40, 0x20);
        ToTick(50);
        Assert.Equal(90, Latched(0));
        Assert.Equal(0, _slot.Time.ArmedCount);
        _slot.Out(0x40, 0x00);
        ToTick(51);
        Assert.Equal(0x20, Latched(0));
    }

    [Fact]
    public void Mode1_NeedsARisingGate()
    {
        Program(2, mode: 1, 50);
        Assert.True(Out2());
        _slot.Out(0x61, 1);
        ToTick(20);
        Assert.False(Out2());
        ToTick(60);
        Assert.True(Out2());
        _slot.Out(0x61, 0);
        _slot.Out(0x61, 1);
        ToTick(90);
        Assert.False(Out2());
        ToTick(112);
        Assert.True(Out2());
    }

    [Fact]
    public void Mode2_CountsDownToOneAndReloads()
    {
        Program(0, mode: 2, 5);
        int[] seen = new int[6];
        for (int i = 0; i < seen.Length; i++)
        {
            ToTick(1 + i);
            seen[i] = Latched(0);
        }

        Assert.Equal([5, 4, 3, 2, 1, 5], seen);
    }

    [Fact]
    public void Mode2_NewCountWaitsForTheEndOfTheCycle()
    {
        Program(0, mode: 2, 10);
        ToTick(4);
        _slot.Out(0x40, 20);
        Assert.Equal(0, Status(0) & 0x40);
        _slot.Out(0x40, 0);
        Assert.Equal(0x40, Status(0) & 0x40);
        ToTick(10);
        Assert.Equal(1, Latched(0));
        ToTick(11);
        Assert.Equal(20, Latched(0));
        Assert.Equal(0, Status(0) & 0x40);
        ToTick(31);
        Assert.Equal(20, Latched(0));
    }

    [Fact]
    public void Mode2_LowGateHoldsAndRisingGateReloads()
    {
        _slot.Out(0x61, 1);
        Program(2, mode: 2, 100);
        ToTick(31);
        Assert.Equal(70, Latched(2));
        _slot.Out(0x61, 0);
        ToTick(60);
        Assert.Equal(70, Latched(2));
        Assert.True(Out2());
        _slot.Out(0x61, 1);
        ToTick(61);
        Assert.Equal(100, Latched(2));
    }

    [Theory]
    [InlineData(6, 3, 3)]
    [InlineData(7, 4, 3)]
    public void Mode3_IsHighForTheLargerHalf(int count, int high, int low)
    {
        _slot.Out(0x61, 1);
        Program(2, mode: 3, count);
        for (int cycle = 0; cycle < 3; cycle++)
        {
            for (int i = 0; i < count; i++)
            {
                ToTick(1 + (cycle * count) + i);
                Assert.Equal(i < high, Out2());
                Assert.Equal(0, Latched(2) & 1);
            }
        }

        Assert.Equal(count, high + low);
    }

    [Fact]
    public void Mode3_NewCountTakesEffectAtTheHalf()
    {
        _slot.Out(0x61, 1);
        Program(2, mode: 3, 20);
        ToTick(3);
        _slot.Out(0x42, 8);
        _slot.Out(0x42, 0);
        ToTick(10);
        Assert.True(Out2());
        ToTick(11);
        Assert.False(Out2());
        ToTick(14);
        Assert.False(Out2());
        ToTick(15);
        Assert.True(Out2());
        ToTick(19);
        Assert.False(Out2());
    }

    [Fact]
    public void Mode4_StrobesOnceForOneTick()
    {
        _slot.Out(0x61, 1);
        Program(2, mode: 4, 10);
        Assert.True(Out2());
        ToTick(11);
        Assert.False(Out2());
        ToTick(12);
        Assert.True(Out2());
        Program(0, mode: 4, 10);
        _slot.Time.Advance(100_000_000);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void Mode4_OnChannel0_RaisesTheLineAfterTheStrobe()
    {
        Program(0, mode: 4, 10);
        int before = _slot.Irq(0).Rises;
        ToTick(11);
        Assert.Equal(before, _slot.Irq(0).Rises);
        ToTick(12);
        Assert.Equal(before + 1, _slot.Irq(0).Rises);
    }

    [Fact]
    public void Mode5_StrobesAfterTheTrigger()
    {
        Program(2, mode: 5, 10);
        ToTick(100);
        Assert.True(Out2());
        _slot.Out(0x61, 1);
        ToTick(111);
        Assert.False(Out2());
        ToTick(112);
        Assert.True(Out2());
    }

    [Fact]
    public void Bcd_CountsInDecimal()
    {
        _slot.Out(0x43, 0x31);
        _slot.Out(0x40, 0x00);
        _slot.Out(0x40, 0x10);
        ToTick(2);
        Assert.Equal(0x0999, Latched(0));
        ToTick(1003);
        Assert.Equal(0x9998, Latched(0));
    }

    [Fact]
    public void ZeroCountsAsTheLargest()
    {
        Program(0, mode: 2, 0);
        ToTick(2);
        Assert.Equal(0xFFFF, Latched(0));
    }

    [Fact]
    public void Latch_HoldsUntilReadAndIgnoresASecondCommand()
    {
        Program(0, mode: 2, 1000);
        ToTick(11);
        _slot.Out(0x43, 0x00);
        ToTick(500);
        _slot.Out(0x43, 0x00);
        Assert.Equal(990, _slot.In(0x40) | (_slot.In(0x40) << 8));
        Assert.Equal(501, Latched(0));
    }

    [Fact]
    public void ReadBack_GivesStatusThenCount()
    {
        Program(0, mode: 2, 1000);
        ToTick(11);
        _slot.Out(0x43, 0xC2);
        ToTick(50);
        Assert.Equal(0xB4, _slot.In(0x40));
        Assert.Equal(990 & 0xFF, _slot.In(0x40));
        Assert.Equal(990 >> 8, _slot.In(0x40));
    }

    [Fact]
    public void SingleByteAccess_ReadsAndWritesOneHalf()
    {
        _slot.Out(0x43, 0x14);
        _slot.Out(0x40, 0x80);
        ToTick(1);
        Assert.Equal(0x80, _slot.In(0x40));
        Assert.Equal(0x80, _slot.In(0x40));
        _slot.Out(0x43, 0x24);
        _slot.Out(0x40, 0x80);
        ToTick(2);
        Assert.Equal(0x80, _slot.In(0x40));
    }

    [Fact]
    public void Adv36_Pit43h_ReadBackAtOddStateKeepsOrder()
    {
        Program(0, mode: 2, 0x1234);
        ToTick(1);
        Assert.Equal(0x34, _slot.In(0x40));
        _slot.Out(0x43, 0xC2);
        Assert.NotEqual(0x12, _slot.In(0x40));
        Assert.Equal(0x12, _slot.In(0x40));
        Assert.Equal(0x34, _slot.In(0x40));
        for (int command = 0; command < 256; command++)
        {
            _slot.Out(0x43, (byte)command);
            for (int i = 0; i < 3; i++)
            {
                _slot.In((ushort)(0x40 + i));
            }
        }

        Assert.Equal(0xFF, _slot.In(0x43));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void CountOfOne_IsIllegalAndDoesNotStorm(int mode)
    {
        Program(0, mode, 1);
        _slot.Time.Advance(1_000_000_000);
        Assert.Equal(0, _slot.Time.FiredCount);
    }

    [Fact]
    public void PortB_TogglesRefreshAndKeepsItsWritableBits()
    {
        _slot.Out(0x61, 0xFF);
        Assert.Equal(0x0F, _slot.In(0x61) & 0xCF);
        int first = _slot.In(0x61) & 0x10;
        _slot.Time.Advance(15_085);
        Assert.NotEqual(first, _slot.In(0x61) & 0x10);
    }

    [Fact]
    public void Reset_StopsEverything()
    {
        FakeSlot slot = new();
        Pit8254Ports pit = slot.Plug(new Pit8254Ports());
        slot.Out(0x43, 0x34);
        slot.Out(0x40, 0x10);
        slot.Out(0x40, 0x00);
        Assert.Equal(1, slot.Time.ArmedCount);
        pit.Reset(ResetKind.Hard);
        Assert.Equal(0, slot.Time.ArmedCount);
        Assert.False(slot.Irq(0).High);
    }

    private void Program(int counter, int mode, int count)
    {
        _slot.Out(0x43, (byte)((counter << 6) | 0x30 | (mode << 1)));
        _slot.Out((ushort)(0x40 + counter), (byte)count);
        _slot.Out((ushort)(0x40 + counter), (byte)(count >> 8));
    }

    private void ToTick(long tick) => _slot.Time.Advance(PitTicks.TimeOf(tick) - _slot.Time.Now);

    private int Latched(int counter)
    {
        _slot.Out(0x43, (byte)(counter << 6));
        int low = _slot.In((ushort)(0x40 + counter));
        return low | (_slot.In((ushort)(0x40 + counter)) << 8);
    }

    private int Status(int counter)
    {
        _slot.Out(0x43, (byte)(0xE0 | (2 << counter)));
        return _slot.In((ushort)(0x40 + counter));
    }

    private bool Out2() => (_slot.In(0x61) & 0x20) != 0;
}
