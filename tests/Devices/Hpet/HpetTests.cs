using Doppel.Devices.Chipset;
using Doppel.Devices.Chipset.Hpet;
using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Chipset.Rtc;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Hpet;

public sealed class HpetTests
{
    private const ulong At = HpetBlock.Address;
    private const ulong Run = At + 0x10;
    private const ulong Status = At + 0x20;
    private const ulong Counter = At + 0xF0;
    private readonly FakeSlot _slot = new();
    private readonly LegacyRoute _legacy = new();
    private readonly HpetBlock _hpet;

    public HpetTests()
    {
        _slot.Plug(new Pit8254Ports(_legacy));
        _slot.Plug(new RtcMc146818Ports(new CmosOptions(), _legacy));
        _hpet = _slot.Plug(new HpetBlock(_legacy));
    }

    private static ulong Config(int timer) => At + 0x100 + ((ulong)timer * 0x20);

    private static ulong Compare(int timer) => Config(timer) + 8;

    private ulong Read(ulong at, AccessSize size = AccessSize.Qword) => _slot.ReadMmio(at, size);

    private void Write(ulong at, ulong value, AccessSize size = AccessSize.Qword) => _slot.WriteMmio(at, size, value);

    [Fact]
    public void Capabilities_SayThreeTimersOf100Megahertz()
    {
        Assert.Equal(0x0098_9680_8086_A201UL, Read(At));
        Assert.Equal(0x0098_9680UL, Read(At + 4, AccessSize.Dword));
        Assert.Equal(0x00F0_0000_0000_0030UL, Read(Config(2)));
        Assert.Equal(0UL, Read(At + 0x160));
        Assert.Equal(0x80UL, Read(At + 3, AccessSize.Byte));
    }

    [Fact]
    public void TheCounter_RunsOnlyWhenEnabledAndIsSetOnlyWhenNot()
    {
        _slot.Time.Advance(1_000);
        Assert.Equal(0UL, Read(Counter));
        Write(Counter, 0xFFFF_FFF0, AccessSize.Dword);
        Write(Counter + 4, 0x1, AccessSize.Dword);
        Write(Run, 1);
        _slot.Time.Advance(1_005);
        Assert.Equal(0x2_0000_0054UL, Read(Counter));
        Write(Counter, 0);
        Assert.Equal(0x2_0000_0054UL, Read(Counter));
        Write(Run, 0);
        _slot.Time.Advance(1_000);
        Assert.Equal(0x2_0000_0054UL, Read(Counter));
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void OneShot_InterruptsOnceByAnEdge()
    {
        Write(Config(0), (20 << 9) | 0x04);
        Write(Compare(0), 500);
        Write(Run, 1);
        _slot.Time.Advance(4_990);
        Assert.False(_slot.Irq(20).High);
        _slot.Time.Advance(10);
        Assert.True(_slot.Irq(20).High);
        Assert.Equal(0UL, Read(Status));
        _slot.Time.Advance(1_000_000_000);
        Assert.Equal(1, _slot.Irq(20).Rises);
        Assert.Equal(0, _slot.Time.ArmedCount);
        Write(Config(0), 20 << 9);
        Assert.False(_slot.Irq(20).High);
    }

    [Fact]
    public void OneShotOf32Bits_ComesAgainWhenTheCounterWraps()
    {
        Write(Config(1), (21 << 9) | 0x104);
        Write(Compare(1), 100);
        Write(Run, 1);
        _slot.Time.Advance(1_000);
        Assert.Equal(1, _slot.Irq(21).Rises);
        _slot.Time.Advance((1L << 32) * 10);
        Assert.Equal(2, _slot.Irq(21).Rises);
    }

    [Fact]
    public void Periodic_TakesComparatorAndPeriodAsLinuxWritesThem()
    {
        Write(Config(0), (22 << 9) | 0x14C, AccessSize.Dword);
        Assert.Equal(0x40UL, Read(Config(0), AccessSize.Dword) & 0x40);
        Write(Compare(0), 1_000, AccessSize.Dword);
        Assert.Equal(0UL, Read(Config(0), AccessSize.Dword) & 0x40);
        Write(Compare(0), 300, AccessSize.Dword);
        Write(Run, 1, AccessSize.Dword);
        Assert.Equal(1_000UL, Read(Compare(0), AccessSize.Dword));
        _slot.Time.Advance(9_990);
        Assert.Equal(0, _slot.Irq(22).Rises);
        _slot.Time.Advance(10);
        Assert.Equal(1, _slot.Irq(22).Rises);
        Assert.Equal(1_300UL, Read(Compare(0), AccessSize.Dword));
        _slot.Time.Advance(30_000);
        Assert.Equal(11, _slot.Irq(22).Rises);
        Assert.Equal(4_300UL, Read(Compare(0), AccessSize.Dword));
    }

    [Fact]
    public void ALateGuest_SeesOneInterruptAndTheSamePhase()
    {
        Write(Config(0), (22 << 9) | 0x4C);
        Write(Compare(0), 1_000);
        Write(Compare(0), 1_000);
        Write(Run, 1);
        _slot.Time.Now += 55_500;
        _slot.Time.Advance(0);
        Assert.Equal(1, _slot.Irq(22).Rises);
        Assert.Equal(6_000UL, Read(Compare(0)));
    }

    [Fact]
    public void Level_StaysUntilItsStatusIsCleared()
    {
        Write(Config(1), (23 << 9) | 0x06);
        Write(Compare(1), 10);
        Write(Run, 1);
        _slot.Time.Advance(100);
        Assert.True(_slot.Irq(23).High);
        Assert.Equal(2UL, Read(Status));
        Write(Status, 1);
        Assert.True(_slot.Irq(23).High);
        Write(Status, 2);
        Assert.False(_slot.Irq(23).High);
        Assert.Equal(0UL, Read(Status));
    }

    [Fact]
    public void LegacyReplacement_MutesThePitAndTheClock()
    {
        // The interval timer at 1,000 Hz, the clock's periodic interrupt.
        _slot.Out(0x43, 0x34);
        _slot.Out(0x40, 0xA9);
        _slot.Out(0x40, 0x04);
        _slot.Out(0x70, 0x0B);
        _slot.Out(0x71, 0x42);
        _slot.Time.Advance(10_000_000);
        int ticks = _slot.Irq(0).Rises;
        Assert.True(ticks >= 9);
        Assert.True(_slot.Irq(8).High);

        Write(Config(0), 0x4C);
        Write(Compare(0), 200_000);
        Write(Compare(0), 200_000);
        Write(Config(1), 0x04);
        Write(Compare(1), 100);
        Write(Run, 3);
        Assert.False(_slot.Irq(0).High);
        Assert.False(_slot.Irq(8).High);
        ticks = _slot.Irq(0).Rises;
        int alarms = _slot.Irq(8).Rises;
        _slot.Time.Advance(10_000_000);
        Assert.Equal(ticks + 5, _slot.Irq(0).Rises);
        Assert.Equal(alarms + 1, _slot.Irq(8).Rises);

        Write(Run, 0);
        Assert.True(_slot.Irq(8).High);
        ticks = _slot.Irq(0).Rises;
        _slot.Time.Advance(10_000_000);
        Assert.InRange(_slot.Irq(0).Rises - ticks, 9, 11);
    }

    [Fact]
    public void AfterRestore_TheInterruptsOfThePitStayMuted()
    {
        Write(Run, 3);
        StateTape saved = StateTape.Of(_hpet);
        FakeSlot other = new();
        LegacyRoute legacy = new();
        other.Plug(new Pit8254Ports(legacy));
        HpetBlock twin = other.Plug(new HpetBlock(legacy));
        saved.RestoreInto(twin);
        other.Out(0x43, 0x34);
        other.Out(0x40, 0xA9);
        other.Out(0x40, 0x04);
        other.Time.Advance(10_000_000);
        Assert.Equal(0, other.Irq(0).Rises);
    }

    [Fact]
    public void ARouteThatDoesNotExist_IsNotTaken()
    {
        Write(Config(0), 21 << 9);
        Write(Config(0), 3 << 9);
        Assert.Equal(21UL, (Read(Config(0)) >> 9) & 0x1F);
    }

    [Fact]
    public void NarrowWrites_AreNotAnswered()
    {
        int before = _slot.Unanswered;
        Write(Run, 1, AccessSize.Byte);
        Write(Run, 1, AccessSize.Word);
        Assert.Equal(before + 2, _slot.Unanswered);
        Assert.Equal(0UL, Read(Run));
    }
}
