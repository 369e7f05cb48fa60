using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Pic;

public sealed class Pic8259Tests
{
    private readonly FakeSlot _slot = new();
    private readonly FakeLine _intr = new();
    private readonly Pic8259Pair _pic = new();

    public Pic8259Tests()
    {
        _pic.SetOutput(_intr);
        _slot.Plug(_pic);
        Initialise(icw4Master: 0x01, icw4Slave: 0x01);
    }

    [Fact]
    public void BeforeInitialisation_NothingComesOut()
    {
        FakeLine intr = new();
        Pic8259Pair pic = new();
        pic.SetOutput(intr);
        new FakeSlot().Plug(pic);
        pic.SetInput(0, true);
        Assert.False(intr.High);
        Assert.False(pic.TryAcknowledge(out _));
    }

    [Fact]
    public void Edge_IsTakenOnce()
    {
        _pic.SetInput(4, true);
        Assert.True(_intr.High);
        Assert.Equal(0x24, Take());
        Assert.False(_intr.High);
        Eoi();
        Assert.False(_intr.High);
        _pic.SetInput(4, false);
        _pic.SetInput(4, true);
        Assert.Equal(0x24, Take());
    }

    [Fact]
    public void Edge_StaysRequestedWhenTheInputFalls()
    {
        _pic.SetInput(0, true);
        _pic.SetInput(0, false);
        Assert.Equal(0x20, Take());
    }

    [Fact]
    public void Level_IsTakenAgainUntilTheInputFalls()
    {
        _slot.Out(0x4D1, 0x08);
        _pic.SetInput(11, true);
        Assert.Equal(0x73, Take());
        Assert.False(_intr.High);
        Eoi(slave: true);
        Assert.Equal(0x73, Take());
        _pic.SetInput(11, false);
        Eoi(slave: true);
        Assert.False(_intr.High);
    }

    [Fact]
    public void Elcr_RefusesInputsThatCannotBeLevel()
    {
        _slot.Out(0x4D0, 0xFF);
        _slot.Out(0x4D1, 0xFF);
        Assert.Equal(0xF8, _slot.In(0x4D0));
        Assert.Equal(0xDE, _slot.In(0x4D1));
    }

    [Fact]
    public void Icw1_Ltim_MakesAllInputsLevel()
    {
        _slot.Out(0x20, 0x19);
        _slot.Out(0x21, 0x20);
        _slot.Out(0x21, 0x04);
        _slot.Out(0x21, 0x01);
        _pic.SetInput(0, true);
        Take();
        Eoi();
        Assert.Equal(0x20, Take());
    }

    [Fact]
    public void Priorities_NestFully()
    {
        _pic.SetInput(5, true);
        Assert.Equal(0x25, Take());
        _pic.SetInput(6, true);
        Assert.False(_intr.High);
        _pic.SetInput(1, true);
        Assert.Equal(0x21, Take());
        Assert.Equal(0x22, InService());
        Eoi();
        Eoi();
        Assert.Equal(0x26, Take());
    }

    [Fact]
    public void Cascade_SlavesRankBetween1And3()
    {
        _pic.SetInput(3, true);
        _pic.SetInput(8, true);
        Assert.Equal(0x70, Take());
        Assert.Equal(0x04, InService());
        _pic.SetInput(9, true);
        Assert.False(_intr.High);
        Eoi(slave: true);
        Assert.Equal(0x71, Take());
        Eoi(slave: true);
        Assert.Equal(0x23, Take());
    }

    [Fact]
    public void Mask_HoldsBackAndKeepsTheRequest()
    {
        _slot.Out(0x21, 0x02);
        _pic.SetInput(1, true);
        Assert.False(_intr.High);
        Assert.Equal(0x02, _slot.In(0x20));
        _slot.Out(0x21, 0x00);
        Assert.Equal(0x21, Take());
        Assert.Equal(0x00, _slot.In(0x21));
    }

    [Fact]
    public void SpecificEoi_EndsTheNamedLevelOnly()
    {
        _pic.SetInput(5, true);
        Take();
        _pic.SetInput(1, true);
        Take();
        _slot.Out(0x20, 0x65);
        Assert.Equal(0x02, InService());
    }

    [Fact]
    public void AutoEoi_LeavesNothingInService()
    {
        Initialise(icw4Master: 0x03, icw4Slave: 0x03);
        _pic.SetInput(4, true);
        Take();
        Assert.Equal(0, InService());
        _pic.SetInput(9, true);
        _pic.SetInput(12, true);
        Assert.Equal(0x71, Take());
        Assert.Equal(0x74, Take());
    }

    [Fact]
    public void AutoEoi_WithRotation_MakesTheServedLevelLowest()
    {
        Initialise(icw4Master: 0x03, icw4Slave: 0x01);
        _slot.Out(0x20, 0x80);
        _pic.SetInput(1, true);
        Take();
        _pic.SetInput(1, false);
        _pic.SetInput(1, true);
        _pic.SetInput(4, true);
        Assert.Equal(0x24, Take());
        _slot.Out(0x20, 0x00);
        Assert.Equal(0x21, Take());
    }

    [Fact]
    public void RotateOnEoi_MovesPriorities()
    {
        _pic.SetInput(4, true);
        Take();
        _slot.Out(0x20, 0xA0);
        _pic.SetInput(0, true);
        _pic.SetInput(5, true);
        Assert.Equal(0x25, Take());
        _slot.Out(0x20, 0xE5);
        Assert.Equal(0x20, Take());
    }

    [Fact]
    public void SetPriority_NamesTheLowest()
    {
        _slot.Out(0x20, 0xC3);
        _pic.SetInput(0, true);
        _pic.SetInput(4, true);
        Assert.Equal(0x24, Take());
    }

    [Fact]
    public void SpecialMask_LetsLowerLevelsThrough()
    {
        _pic.SetInput(1, true);
        Take();
        _pic.SetInput(5, true);
        Assert.False(_intr.High);
        _slot.Out(0x21, 0x02);
        Assert.False(_intr.High);
        _slot.Out(0x20, 0x68);
        Assert.Equal(0x25, Take());
        Eoi();
        Assert.Equal(0x02, InService());
        Eoi();
        Assert.Equal(0x02, InService());
        _slot.Out(0x20, 0x48);
        Eoi();
        Assert.Equal(0, InService());
    }

    [Fact]
    public void SpecialFullyNested_LetsAHigherSlaveRequestThrough()
    {
        Initialise(icw4Master: 0x11, icw4Slave: 0x01);
        _pic.SetInput(12, true);
        Assert.Equal(0x74, Take());
        _pic.SetInput(9, true);
        Assert.Equal(0x71, Take());
    }

    [Fact]
    public void Poll_AcknowledgesAndNamesTheLevel()
    {
        _slot.Out(0x20, 0x0C);
        Assert.Equal(0, _slot.In(0x20) & 0x80);
        _pic.SetInput(6, true);
        _slot.Out(0x20, 0x0C);
        Assert.Equal(0x86, _slot.In(0x21));
        Assert.False(_intr.High);
        Assert.Equal(0x40, InService());
        _pic.SetInput(10, true);
        Eoi();
        _slot.Out(0xA0, 0x0C);
        Assert.Equal(0x82, _slot.In(0xA0));
    }

    [Fact]
    public void Spurious7_PutsNothingInService()
    {
        Pic8259 chip = new(0, 0xFF);
        foreach ((uint port, byte value) in new (uint, byte)[] { (0, 0x13), (1, 0x40), (1, 0x01) })
        {
            chip.Write(port, value);
        }

        Assert.Equal(7, chip.Acknowledge());
        Assert.Equal(0x47, chip.VectorOf(7));
        chip.Write(0, 0x0B);
        Assert.Equal(0, chip.Read(0));
    }

    [Fact]
    public void Spurious15_WhenTheSlaveWithdraws()
    {
        _pic.SetInput(9, true);
        _slot.Out(0xA1, 0x02);
        Assert.Equal(0x77, Take());
        Assert.Equal(0x04, InService());
        _slot.Out(0xA0, 0x0B);
        Assert.Equal(0, _slot.In(0xA0));
    }

    [Fact]
    public void Pin2AndPinsThatDoNotExist_AreIgnored()
    {
        foreach (int pin in new[] { 2, -1, 16, int.MaxValue })
        {
            _pic.SetInput(pin, true);
        }

        Assert.False(_intr.High);
    }

    [Fact]
    public void Icw1_ForgetsEdgesAndMask()
    {
        _slot.Out(0x21, 0xFF);
        _pic.SetInput(3, true);
        Initialise(icw4Master: 0x01, icw4Slave: 0x01);
        Assert.Equal(0, _slot.In(0x21));
        Assert.False(_intr.High);
    }

    private void Initialise(byte icw4Master, byte icw4Slave)
    {
        foreach ((ushort port, byte vector, byte icw3, byte icw4) in new (ushort, byte, byte, byte)[]
        {
            (0x20, 0x20, 0x04, icw4Master),
            (0xA0, 0x70, 0x02, icw4Slave),
        })
        {
            _slot.Out(port, 0x11);
            _slot.Out((ushort)(port + 1), vector);
            _slot.Out((ushort)(port + 1), icw3);
            _slot.Out((ushort)(port + 1), icw4);
        }
    }

    private int Take()
    {
        Assert.True(_intr.High);
        Assert.True(_pic.TryAcknowledge(out byte vector));
        return vector;
    }

    private void Eoi(bool slave = false)
    {
        if (slave)
        {
            _slot.Out(0xA0, 0x20);
        }

        _slot.Out(0x20, 0x20);
    }

    private int InService()
    {
        _slot.Out(0x20, 0x0B);
        int value = _slot.In(0x20);
        _slot.Out(0x20, 0x0A);
        return value;
    }
}
