using System;
using Doppel.Devices.Chipset.Rtc;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Rtc;

public sealed class RtcMc146818Tests
{
    private const long Second = 1_000_000_000;

    private readonly FakeSlot _slot = new();

    [Fact]
    public void Time_IsBcdIn24HoursAtPowerOn()
    {
        PlugAt(new DateTime(2024, 2, 29, 23, 59, 58, DateTimeKind.Utc));
        Assert.Equal([0x58, 0x59, 0x23, 0x05, 0x29, 0x02, 0x24, 0x20], Clock());
        _slot.Time.Advance(2 * Second);
        Assert.Equal([0x00, 0x00, 0x00, 0x06, 0x01, 0x03, 0x24, 0x20], Clock());
    }

    [Fact]
    public void BinaryAnd12Hours_FollowRegisterB()
    {
        PlugAt(new DateTime(1999, 12, 31, 12, 45, 59, DateTimeKind.Utc));
        Set(0x0B, 0x04);
        Assert.Equal([59, 45, 0x8C, 6, 31, 12, 99, 19], Clock());
        Set(0x0B, 0x00);
        Assert.Equal(0x92, Get(4));
        _slot.Time.Advance(12 * 3600 * Second);
        Assert.Equal(0x12, Get(4));
        _slot.Time.Advance(3600 * Second);
        Assert.Equal(0x01, Get(4));
        Assert.Equal([0x00, 0x20], [Get(9), Get(0x32)]);
    }

    [Fact]
    public void Set_HoldsTheTimeAndTakesTheNewOne()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Set(0x0B, 0x82);
        foreach ((byte at, byte value) in new (byte, byte)[] { (0, 0x50), (2, 0x59), (4, 0x23), (6, 3), (7, 0x31), (8, 0x12), (9, 0x37), (0x32, 0x20) })
        {
            Set(at, value);
        }

        _slot.Time.Advance(100 * Second);
        Assert.Equal(0x50, Get(0));
        Set(0x0B, 0x02);
        Assert.Equal([0x50, 0x59, 0x23, 0x03, 0x31, 0x12, 0x37, 0x20], Clock());
        _slot.Time.Advance(10 * Second);
        Assert.Equal([0x00, 0x00, 0x00, 0x04, 0x01, 0x01, 0x38, 0x20], Clock());
    }

    [Theory]
    [InlineData(30_517)]
    [InlineData(61_035)]
    [InlineData(122_071)]
    public void Edges_KeepComing_HoweverMuchTimePassesDuringAnAccess(long nanoseconds)
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Set(0x0A, 0x23); // 122 microseconds a period
        Set(0x0B, 0x42);
        _slot.Time.NanosecondsALook = nanoseconds;
        for (int i = 0; i < 100; i++)
        {
            int before = _slot.Irq(8).Rises;
            _slot.Time.Advance(200_000);
            Assert.True(_slot.Irq(8).Rises > before, $"no edge after {i}");
            Assert.NotEqual(0, Get(0x0C) & 0x40);
        }
    }

    [Fact]
    public void DividerReset_StartsHalfASecondBeforeTheUpdate()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _slot.Time.Advance(123_456_789);
        Set(0x0A, 0x76);
        _slot.Time.Advance(5 * Second);
        Assert.Equal(0x00, Get(0));
        Set(0x0A, 0x26);
        _slot.Time.Advance((Second / 2) - 1);
        Assert.Equal(0x00, Get(0));
        _slot.Time.Advance(1);
        Assert.Equal(0x01, Get(0));
    }

    [Fact]
    public void WritesWithoutSet_ChangeOneField()
    {
        PlugAt(new DateTime(2020, 5, 17, 10, 20, 30, DateTimeKind.Utc));
        Set(2, 0x45);
        Assert.Equal([0x30, 0x45, 0x10, 0x01, 0x17, 0x05, 0x20, 0x20], Clock());
    }

    [Fact]
    public void ImpossibleDates_CarryOver()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Set(0x0B, 0x86);
        foreach (byte at in new byte[] { 0, 2, 4, 6, 7, 8, 9, 0x32 })
        {
            Set(at, 0xFF);
        }

        Set(0x0B, 0x06);
        _slot.Time.Advance(Second);
        foreach (int value in Clock())
        {
            Assert.InRange(value, 0, 99);
        }
    }

    [Fact]
    public void Uip_IsHighBeforeTheUpdateOnly()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(0x26, Get(0x0A));
        _slot.Time.Advance(Second - 2_228_001);
        Assert.Equal(0x26, Get(0x0A));
        _slot.Time.Advance(1);
        Assert.Equal(0xA6, Get(0x0A));
        Assert.Equal(0x00, Get(0));
        _slot.Time.Advance(2_228_000);
        Assert.Equal(0x26, Get(0x0A));
        Assert.Equal(0x01, Get(0));
        Set(0x0B, 0x82);
        _slot.Time.Advance(Second - 1);
        Assert.Equal(0x26, Get(0x0A));
    }

    [Fact]
    public void Flags_AreSeenWithoutInterruptsAndWithoutTimers()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _slot.Time.Advance(10);
        Assert.Equal(0x00, Get(0x0C));
        _slot.Time.Advance(Second / 1024);
        Assert.Equal(0x40, Get(0x0C));
        Assert.Equal(0x00, Get(0x0C));
        _slot.Time.Advance(Second);
        Assert.Equal(0x50, Get(0x0C));
        Assert.Equal(0, _slot.Time.ArmedCount);
        Assert.Equal(0, _slot.Irq(8).Rises);
    }

    [Fact]
    public void PeriodicInterrupt_ComesAtItsRate()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Set(0x0B, 0x42);
        int interrupts = 0;
        _slot.Irq(8).Changed = high => interrupts += high ? 1 : 0;
        for (int i = 0; i < 2048; i++)
        {
            _slot.Time.Advance(Second / 1024);
            if (_slot.Irq(8).High)
            {
                Assert.Equal(0xC0, Get(0x0C) & 0xC0);
                Assert.False(_slot.Irq(8).High);
            }
        }

        Assert.InRange(interrupts, 2046, 2048);
        _slot.Time.Advance(Second);
        Assert.Equal(0, _slot.Time.ArmedCount);
        Set(0x0B, 0x02);
        Assert.False(_slot.Irq(8).High);
    }

    [Fact]
    public void UpdateEnded_InterruptsEachSecond()
    {
        PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Set(0x0B, 0x12);
        _slot.Time.Advance(Second - 1);
        Assert.False(_slot.Irq(8).High);
        _slot.Time.Advance(1);
        Assert.True(_slot.Irq(8).High);
        Assert.Equal(0xD0, Get(0x0C));
        Set(0x0B, 0x92);
        Assert.Equal(0x82, Get(0x0B));
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Theory]
    [InlineData(0x05, 0x00, 0x10, 5)]
    [InlineData(0xFF, 0xFF, 0xFF, 1)]
    [InlineData(0x30, 0xFF, 0xFF, 30)]
    [InlineData(0x00, 0xC0, 0xC0, 60)]
    [InlineData(0x00, 0x00, 0xFF, 3600)]
    [InlineData(0x00, 0x00, 0x09, 23 * 3600)]
    [InlineData(0x00, 0x00, 0x10, 24 * 3600)]
    public void Alarm_ComesAtItsTime(byte second, byte minute, byte hour, long after)
    {
        PlugAt(new DateTime(2020, 1, 1, 10, 0, 0, DateTimeKind.Utc));
        Set(1, second);
        Set(3, minute);
        Set(5, hour);
        Set(0x0B, 0x22);
        _slot.Time.Advance((after * Second) - 1);
        Assert.False(_slot.Irq(8).High);
        _slot.Time.Advance(1);
        Assert.True(_slot.Irq(8).High);
        Assert.Equal(1, _slot.Time.FiredCount);
        Assert.Equal(0xA0, Get(0x0C) & 0xA0);
    }

    [Fact]
    public void AllThreeInterrupts_ShareTheLineAndTellThemselvesApart()
    {
        PlugAt(new DateTime(2020, 1, 1, 10, 0, 58, DateTimeKind.Utc));
        Set(0x0A, 0x2F);
        Set(1, 0x00);
        Set(3, 0xFF);
        Set(5, 0xFF);
        Set(0x0B, 0x72);
        int[] flags = new int[4];
        for (int half = 0; half < 4; half++)
        {
            _slot.Time.Advance(Second / 2);
            Assert.True(_slot.Irq(8).High);
            flags[half] = Get(0x0C);
            Assert.False(_slot.Irq(8).High);
        }

        Assert.Equal([0xC0, 0xD0, 0xC0, 0xF0], flags);
    }

    [Fact]
    public void AnEnableThatComesAfterItsFlag_RaisesTheLineAtOnce()
    {
        PlugAt(new DateTime(2020, 1, 1, 10, 0, 0, DateTimeKind.Utc));
        _slot.Time.Advance(Second);
        Assert.False(_slot.Irq(8).High);
        Set(0x0B, 0x12);
        Assert.True(_slot.Irq(8).High);
        Set(0x0B, 0x02);
        Assert.False(_slot.Irq(8).High);
    }

    [Fact]
    public void PeriodicInterrupts_GoOnWhileTheTimeIsSetAndStopWithTheDivider()
    {
        PlugAt(new DateTime(2020, 1, 1, 10, 0, 0, DateTimeKind.Utc));
        Set(0x0B, 0xF2);
        Assert.Equal(0xE2, Get(0x0B));
        _slot.Time.Advance(2 * Second);
        Assert.Equal(0xC0, Get(0x0C));
        Set(0x0A, 0x76);
        _slot.Time.Advance(2 * Second);
        Assert.Equal(0x00, Get(0x0C));
        Assert.Equal(0, _slot.Time.ArmedCount);
        Set(0x0A, 0x20);
        _slot.Time.Advance(2 * Second);
        Assert.Equal(0x00, Get(0x0C));
    }

    [Fact]
    public void AlarmThatCannotMatch_ArmsNothing()
    {
        PlugAt(new DateTime(2020, 1, 1, 10, 0, 0, DateTimeKind.Utc));
        Set(1, 0x7A);
        Set(0x0B, 0x22);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void HardReset_KeepsTimeAndRamAndStopsInterrupts()
    {
        RtcMc146818Ports rtc = PlugAt(new DateTime(2020, 1, 1, 10, 0, 0, DateTimeKind.Utc));
        Set(0x40, 0xA5);
        Set(0x0B, 0x7A);
        _slot.Time.Advance(3 * Second);
        Assert.True(_slot.Irq(8).High);
        rtc.Reset(ResetKind.Hard);
        Assert.False(_slot.Irq(8).High);
        Assert.Equal(0x02, Get(0x0B));
        Assert.Equal(0xA5, Get(0x40));
        Assert.Equal(0x03, Get(0));
    }

    [Fact]
    public void MemorySizes_AreInTheRam()
    {
        _slot.Plug(new RtcMc146818Ports(new CmosOptions
        {
            MemoryBelow4GiB = 3UL << 30,
            MemoryAbove4GiB = 5UL << 30,
            Extra = [(0x3D, 0x21), (0x0A, 0xFF), (0x80, 0xFF)],
        }));
        Assert.Equal(640, Get(0x15) | (Get(0x16) << 8));
        Assert.Equal(0xFFFF, Get(0x30) | (Get(0x31) << 8));
        Assert.Equal(((3 << 14) - 256) & 0xFFFF, Get(0x34) | (Get(0x35) << 8));
        Assert.Equal(5 << 14, Get(0x5B) | (Get(0x5C) << 8) | (Get(0x5D) << 16));
        Assert.Equal(0x21, Get(0x3D));
        int sum = 0;
        for (byte at = 0x10; at < 0x2E; at++)
        {
            sum += Get(at);
        }

        Assert.Equal(sum, (Get(0x2E) << 8) | Get(0x2F));
    }

    [Fact]
    public void IndexPort_MasksNmiAndIsWriteOnly()
    {
        RtcMc146818Ports rtc = PlugAt(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _slot.Out(0x70, 0x8D);
        Assert.True(rtc.NmiMasked);
        Assert.Equal(0x80, _slot.In(0x71));
        Assert.Equal(0xFF, _slot.In(0x70));
        _slot.Out(0x70, 0x0D);
        Assert.False(rtc.NmiMasked);
    }

    [Fact]
    public void Calendar_AgreesWithDateTimeForAllDays()
    {
        DateTime epoch = DateTime.UnixEpoch;
        for (DateTime day = new(1600, 1, 1, 12, 34, 56, DateTimeKind.Utc); day.Year < 2500; day = day.AddDays(1))
        {
            long seconds = (long)(day - epoch).TotalSeconds;
            CalendarTime time = CalendarTime.FromSeconds(seconds);
            Assert.Equal((day.Year, day.Month, day.Day, 12, 34, 56), (time.Year, time.Month, time.Day, time.Hour, time.Minute, time.Second));
            Assert.Equal(seconds, time.ToSeconds());
            Assert.Equal((int)day.DayOfWeek, CalendarTime.WeekdayOf(seconds));
        }
    }

    private RtcMc146818Ports PlugAt(DateTime utc)
    {
        _slot.Time.EpochNanoseconds = (long)(utc - DateTime.UnixEpoch).TotalSeconds * Second;
        return _slot.Plug(new RtcMc146818Ports(new CmosOptions()));
    }

    private byte Get(byte address)
    {
        _slot.Out(0x70, address);
        return _slot.In(0x71);
    }

    private void Set(byte address, byte value)
    {
        _slot.Out(0x70, address);
        _slot.Out(0x71, value);
    }

    private int[] Clock() => [Get(0), Get(2), Get(4), Get(6), Get(7), Get(8), Get(9), Get(0x32)];
}
