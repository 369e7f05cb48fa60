using Doppel.Devices.Chipset.Ports;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Ports;

public sealed class SmallPortTests
{
    private readonly FakeSlot _slot = new();

    [Fact]
    public void Port92_GatesA20AndResetsOnARise()
    {
        SystemControlPortA port = _slot.Plug(new SystemControlPortA());
        Assert.False(_slot.BoardControl.A20[A20Source.FastGate]);
        _slot.Out(0x92, 0x02);
        Assert.True(_slot.BoardControl.A20[A20Source.FastGate]);
        Assert.Equal(0x02, _slot.In(0x92));
        _slot.Out(0x92, 0x03);
        _slot.Out(0x92, 0x03);
        Assert.Equal(1, _slot.BoardControl.Resets);
        port.Reset(ResetKind.Hard);
        Assert.False(_slot.BoardControl.A20[A20Source.FastGate]);
    }

    [Fact]
    public void ResetControl_ResetsOnARiseOfBit2()
    {
        _slot.Plug(new ResetControlPort());
        _slot.Out(0xCF9, 0x02);
        Assert.Equal(0, _slot.BoardControl.Resets);
        Assert.Equal(0x02, _slot.In(0xCF9));
        _slot.Out(0xCF9, 0x06);
        _slot.Out(0xCF9, 0x06);
        Assert.Equal(1, _slot.BoardControl.Resets);
        _slot.Out(0xCF9, 0x00);
        _slot.Out(0xCF9, 0x0E);
        Assert.Equal(2, _slot.BoardControl.Resets);
    }

    [Fact]
    public void PostCode_ShowsTheLastByte()
    {
        PostCodePorts post = _slot.Plug(new PostCodePorts());
        _slot.Out(0x80, 0x42);
        _slot.Out(0xED, 0x17);
        Assert.Equal(0x42, post.Code);
        Assert.Equal(0x42, _slot.In(0x80));
        Assert.Equal(0xFF, _slot.In(0xED));
        Assert.Equal(0, _slot.Unanswered);
    }

    [Fact]
    public void DebugConsole_AnnouncesItselfAndFlushesLines()
    {
        using RecordingBackend backend = new();
        _slot.Plug(new DebugConsole(backend));
        Assert.Equal(0xE9, _slot.In(0xE9));
        foreach (byte value in "hi\n"u8)
        {
            Assert.Equal(0, backend.Flushes);
            _slot.Out(0xE9, value);
        }

        Assert.Equal("hi\n", backend.Text);
        Assert.Equal(1, backend.Flushes);
    }

    [Fact]
    public void DebugExit_TakesTheLowByteOfAnyWidth()
    {
        _slot.Plug(new DebugExit());
        _slot.Out(0xF4, 0x11);
        _slot.Out(0xF4, AccessSize.Dword, 0x1234_5622);
        _slot.Out(0xF5, 0x33);
        Assert.Equal([0x11, 0x22], _slot.BoardControl.ExitCodes);
    }
}
