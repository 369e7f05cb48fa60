using System;
using Doppel.Devices.Chipset.AcpiPm;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.AcpiPm;

public sealed class AcpiPmTests
{
    private readonly FakeSlot _slot = new();

    [Theory]
    [InlineData(true, 0xFFFF_FFFFUL)]
    [InlineData(false, 0xFF_FFFFUL)]
    public void Timer_RunsAt3579545Hertz(bool wide, ulong mask)
    {
        Plug(new AcpiPmOptions { Timer32Bits = wide });
        _slot.Time.Advance(86_400L * 1_000_000_000);
        ulong expected = 3_579_545UL * 86_400 & mask;
        Assert.Equal(expected, _slot.In(0x608, AccessSize.Dword));
        Assert.Equal(expected & 0xFF, _slot.In(0x608));
        Assert.Equal(expected >> 8 & 0xFF, _slot.In(0x609));
        Assert.Equal(expected >> 16, _slot.In(0x60A, AccessSize.Word));
    }

    [Fact]
    public void SmiCommand_SwitchesAcpiModeOnAndOff()
    {
        Plug(new AcpiPmOptions());
        Assert.Equal(0UL, Control());
        _slot.Out(0x604, AccessSize.Word, 1);
        Assert.Equal(0UL, Control());
        _slot.Out(0xB2, 0xF1);
        Assert.Equal(1UL, Control());
        Assert.Equal(0xF1, _slot.In(0xB2));
        _slot.Out(0xB2, 0xF0);
        Assert.Equal(0UL, Control());
        _slot.Out(0xB3, 0x5A);
        Assert.Equal(0x5A, _slot.In(0xB3));
    }

    [Fact]
    public void PowerButton_RaisesSciWhenEnabled()
    {
        AcpiPmPorts pm = Plug(new AcpiPmOptions { EnabledAtReset = true });
        pm.PressPowerButton();
        Assert.Equal(0x100UL, _slot.In(0x600, AccessSize.Word));
        Assert.False(_slot.Irq(9).High);
        _slot.Out(0x602, AccessSize.Word, 0x100);
        Assert.True(_slot.Irq(9).High);
        _slot.Out(0x601, 0x01);
        Assert.False(_slot.Irq(9).High);
        Assert.Equal(0UL, _slot.In(0x600, AccessSize.Word));
    }

    [Fact]
    public void SoftOff_SwitchesTheMachineOff()
    {
        Plug(new AcpiPmOptions());
        _slot.Out(0x604, AccessSize.Word, 5 << 10);
        Assert.Equal(0, _slot.BoardControl.PowerOffs);
        _slot.Out(0x604, AccessSize.Word, 0x2000 | (5 << 10));
        Assert.Equal(1, _slot.BoardControl.PowerOffs);
        Assert.Equal(5UL << 10, Control());
    }

    [Fact]
    public void SoftOff_ByBytesToo()
    {
        Plug(new AcpiPmOptions { SoftOffType = 0 });
        _slot.Out(0x605, 0x20);
        Assert.Equal(1, _slot.BoardControl.PowerOffs);
    }

    [Fact]
    public void OtherSleepStates_WakeAtOnce()
    {
        Plug(new AcpiPmOptions());
        _slot.Out(0x604, AccessSize.Word, 0x2000 | (1 << 10));
        Assert.Equal(0, _slot.BoardControl.PowerOffs);
        Assert.Equal(0x8000UL, _slot.In(0x600, AccessSize.Word));
    }

    [Fact]
    public void TimerCarry_SetsStatusAndInterruptsOnlyWhenAsked()
    {
        Plug(new AcpiPmOptions { EnabledAtReset = true, Timer32Bits = false });
        const long HalfRound = 2_343_484_438;
        _slot.Time.Advance(HalfRound);
        Assert.Equal(1UL, _slot.In(0x600, AccessSize.Word));
        Assert.Equal(0, _slot.Time.FiredCount);
        _slot.Out(0x600, AccessSize.Word, 1);
        _slot.Out(0x602, AccessSize.Word, 1);
        Assert.Equal(1, _slot.Time.ArmedCount);
        _slot.Time.Advance(HalfRound);
        Assert.True(_slot.Irq(9).High);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void GeneralPurposeEvents_RaiseSci()
    {
        AcpiPmPorts pm = Plug(new AcpiPmOptions { EnabledAtReset = true });
        _slot.Out(0x622, AccessSize.Word, 0x8001);
        pm.RaiseGpe(15);
        Assert.True(_slot.Irq(9).High);
        Assert.Equal(0x8001_8000UL, _slot.In(0x620, AccessSize.Dword));
        _slot.Out(0x621, 0x80);
        Assert.False(_slot.Irq(9).High);
        Assert.Throws<ArgumentOutOfRangeException>(() => pm.RaiseGpe(16));
    }

    [Fact]
    public void ReservedPorts_DoNotAnswer()
    {
        Plug(new AcpiPmOptions());
        Assert.Equal(0xFFFF_FFFFUL, _slot.In(0x610, AccessSize.Dword));
        Assert.Equal(1, _slot.Unanswered);
    }

    private AcpiPmPorts Plug(AcpiPmOptions options) => _slot.Plug(new AcpiPmPorts(options));

    private ulong Control() => _slot.In(0x604, AccessSize.Word);
}
