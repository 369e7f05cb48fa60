using System;
using System.Text;
using Doppel.Devices.Parallel.Lpt;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Parallel;

public sealed class LptTests : IDisposable
{
    private readonly FakeSlot _slot = new();
    private readonly RecordingBackend _printer = new();

    public LptTests() => _slot.Plug(LptPorts.Lpt1(_printer));

    public void Dispose() => _printer.Dispose();

    private void Strobe(byte control = 0x0C)
    {
        _slot.Out(0x37A, (byte)(control | 1));
        _slot.Out(0x37A, control);
    }

    [Fact]
    public void AStrobe_PrintsWithBusyAndAcknowledge()
    {
        foreach (byte value in Encoding.Latin1.GetBytes("page\f"))
        {
            Assert.Equal(0xDF, _slot.In(0x379));
            _slot.Out(0x378, value);
            Assert.Equal(value, _slot.In(0x378));
            Strobe();
            Assert.Equal(0x5F, _slot.In(0x379));
            _slot.Time.Advance(LptPorts.BusyNanoseconds);
            Assert.Equal(0x1F, _slot.In(0x379));
            _slot.Time.Advance(LptPorts.AcknowledgeNanoseconds);
        }

        Assert.Equal("page\f", _printer.Text);
        _slot.Time.Advance(LptPorts.FlushNanoseconds);
        Assert.Equal(1, _printer.Flushes);
        Assert.Equal(0, _slot.Time.ArmedCount);
        Assert.False(_slot.Irq(7).High);
    }

    [Fact]
    public void TheAcknowledge_InterruptsWhenEnabled()
    {
        Strobe(0x1C);
        _slot.Time.Advance(LptPorts.BusyNanoseconds);
        Assert.False(_slot.Irq(7).High);
        _slot.Time.Advance(LptPorts.AcknowledgeNanoseconds);
        Assert.True(_slot.Irq(7).High);
        Strobe(0x1C);
        Assert.False(_slot.Irq(7).High);
        _slot.Time.Advance(100_000);
        Assert.Equal(2, _slot.Irq(7).Rises);
        _ = _slot.In(0x379);
        Assert.False(_slot.Irq(7).High);
    }

    [Fact]
    public void AStrobeWhileBusy_IsLost()
    {
        _slot.Out(0x378, (byte)'a');
        Strobe();
        _slot.Out(0x378, (byte)'b');
        Strobe();
        _slot.Time.Advance(100_000);
        Strobe();
        Assert.Equal("ab", _printer.Text);
    }

    [Fact]
    public void TheControlRegister_ReadsBackAsLinuxLooksForIt()
    {
        foreach (byte value in new byte[] { 0x0C, 0x0E, 0x04 })
        {
            _slot.Out(0x37A, value);
            Assert.Equal(0xE0 | value, _slot.In(0x37A));
        }

        _slot.Out(0x379, 0x00);
        Assert.Equal(0xDF, _slot.In(0x379));
    }
}
