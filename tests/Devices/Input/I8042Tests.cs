using System.Collections.Generic;
using Doppel.Devices.Input.Keyboard;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Input;

public sealed class I8042Tests
{
    private readonly FakeSlot _slot = new();
    private readonly I8042Ports _controller;

    public I8042Tests() => _controller = _slot.Plug(new I8042Ports(hasMouse: true));

    [Fact]
    public void LinuxProbe_FindsControllerKeyboardAndMousePort()
    {
        Command(0xAD);
        Command(0xA7);
        Assert.Equal(0x77, Ask(0x20));
        Command(0x60, 0x74);
        Assert.Equal(0x74, Ask(0x20));
        Assert.Equal(0x55, Ask(0xAA));
        Assert.Equal(0x00, Ask(0xAB));
        Assert.Equal(0x00, Ask(0xA9));
        Command(0xD3, 0x5A);
        Assert.Equal(0x21, _slot.In(0x64) & 0x21);
        Assert.Equal(0x5A, _slot.In(0x60));
        Assert.Equal(0x00, _slot.In(0x64) & 0x01);
    }

    [Fact]
    public void Keyboard_AnswersItsCommands()
    {
        Raw();
        Assert.Equal([0xFA, 0xAA], Keyboard(0xFF));
        Assert.Equal([0xFA, 0xAB, 0x83], Keyboard(0xF2));
        Assert.Equal([0xEE], Keyboard(0xEE));
        Assert.Equal([0xFA], Keyboard(0xED));
        Assert.Equal([0xFA], Keyboard(0x05));
        Assert.Equal(0x05, _controller.Leds);
        Assert.Equal([0xFA], Keyboard(0xF0));
        Assert.Equal([0xFA, 0x02], Keyboard(0x00));
        Assert.Equal([0xFA], Keyboard(0xF3));
        Assert.Equal([0xFA], Keyboard(0x20));
        Assert.Equal([0xFA], Keyboard(0xF5));
        Assert.Equal([0xFA], Keyboard(0xF6));
        Assert.Equal([0xFA], Keyboard(0xF4));
        Assert.Equal([0xFE], Keyboard(0x11));
        Assert.Equal([0xFE], Keyboard(0xFE));
    }

    [Fact]
    public void CommandInPlaceOfAParameter_IsACommand()
    {
        Raw();
        Assert.Equal([0xFA], Keyboard(0xED));
        Assert.Equal([0xEE], Keyboard(0xEE));
        Assert.Equal([0xFE], Keyboard(0x07));
    }

    [Fact]
    public void Keys_AreTranslatedAndInterruptEach()
    {
        _controller.InjectScanCodes([0x1C]);
        _controller.InjectScanCodes([0xF0, 0x1C]);
        _controller.InjectScanCodes([0xE0, 0xF0, 0x75]);
        Assert.True(_slot.Irq(1).High);
        Assert.Equal([0x1E, 0x9E, 0xE0, 0xC8], Drain());
        Assert.Equal(4, _slot.Irq(1).Rises);
        Assert.False(_slot.Irq(1).High);
        Assert.Equal(0, _slot.Irq(12).Rises);
    }

    [Fact]
    public void Keys_ComeUntranslatedInSet2AndTranslatedByTheKeyboardInSet1()
    {
        Raw();
        _controller.InjectScanCodes([0xF0, 0x1C]);
        Assert.Equal([0xF0, 0x1C], Drain());
        Keyboard(0xF0);
        Assert.Equal([0xFA], Keyboard(0x01));
        _controller.InjectScanCodes([0xF0, 0x1C]);
        Assert.Equal([0x9E], Drain());
        Keyboard(0xF0);
        Assert.Equal([0xFE], Keyboard(0x03));
    }

    [Fact]
    public void DisabledKeyboard_KeepsItsCodes()
    {
        Command(0xAD);
        _controller.InjectScanCodes([0x1C]);
        Assert.Equal(0, _slot.In(0x64) & 1);
        Command(0xAE);
        Assert.Equal([0x1E], Drain());
        Keyboard(0xF5);
        _controller.InjectScanCodes([0x1C]);
        Assert.Empty(Drain());
    }

    [Fact]
    public void FullKeyboard_SaysOverrunOnce()
    {
        for (int i = 0; i < 1000; i++)
        {
            _controller.InjectScanCodes([0x1C]);
        }

        List<int> codes = Drain();
        Assert.InRange(codes.Count, 16, 66);
        Assert.Single(codes, 0xFF);
        _controller.InjectScanCodes(new byte[500]);
        Assert.Empty(Drain());
    }

    [Fact]
    public void OutputPort_DrivesA20AndReset()
    {
        Assert.True(_slot.BoardControl.A20[A20Source.KeyboardController]);
        Command(0xD1, 0xDD);
        Assert.False(_slot.BoardControl.A20[A20Source.KeyboardController]);
        Assert.Equal(0x00, Ask(0xD0) & 0x02);
        Command(0xD1, 0xDF);
        Assert.True(_slot.BoardControl.A20[A20Source.KeyboardController]);
        Command(0xFE);
        Assert.Equal(1, _slot.BoardControl.Resets);
        Command(0xFF);
        Assert.Equal(1, _slot.BoardControl.Resets);
        Command(0xD1, 0x02);
        Assert.Equal(2, _slot.BoardControl.Resets);
        Command(0xDD);
        Assert.False(_slot.BoardControl.A20[A20Source.KeyboardController]);
        _controller.Reset(ResetKind.Hard);
        Assert.True(_slot.BoardControl.A20[A20Source.KeyboardController]);
    }

    [Fact]
    public void Mouse_AnswersAndReports()
    {
        Assert.Equal([0xFA, 0xAA, 0x00], Mouse(0xFF));
        Assert.Equal([0xFA, 0x00], Mouse(0xF2));
        Assert.Equal([0xFA], Mouse(0xF3));
        Assert.Equal([0xFA], Mouse(0x50));
        Assert.Equal([0xFA], Mouse(0xE8));
        Assert.Equal([0xFA], Mouse(0x03));
        Assert.Equal([0xFA], Mouse(0xF4));
        Assert.Equal([0xFA, 0x20, 0x03, 0x50], Mouse(0xE9));
        int before = _slot.Irq(12).Rises;
        _controller.InjectMouse(5, -3, 1);
        Assert.Equal(0x21, _slot.In(0x64) & 0x21);
        Assert.Equal([0x29, 0x05, 0xFD], Drain());
        Assert.Equal(before + 3, _slot.Irq(12).Rises);
        _controller.InjectMouse(300, 0, 0);
        Assert.Equal([0x08, 0xFF, 0x00], Drain());
        Assert.Equal([0xFA, 0x08, 45, 0x00], Mouse(0xEB));
        Assert.Equal([0xFA], Mouse(0xEE));
        Assert.Equal([0x42], Mouse(0x42));
        Assert.Equal([0xFA], Mouse(0xEC));
        Assert.Equal([0xFE], Mouse(0x42));
        _controller.InjectMouse(int.MaxValue, int.MinValue, 0xFF);
        Assert.Equal(0x2F, Drain()[0]);
    }

    [Fact]
    public void AbsentMouse_TimesOut()
    {
        FakeSlot slot = new();
        I8042Ports controller = slot.Plug(new I8042Ports(hasMouse: false));
        Assert.False(controller.HasMouse);
        slot.Out(0x64, 0xD4);
        slot.Out(0x60, 0xFF);
        Assert.Equal(0x61, slot.In(0x64) & 0x61);
        Assert.Equal(0xFE, slot.In(0x60));
        controller.InjectMouse(1, 1, 1);
        Assert.Equal(0, slot.In(0x64) & 1);
    }

    [Fact]
    public void ReadingAnEmptyBuffer_RepeatsTheLastByte()
    {
        _controller.InjectScanCodes([0x1C]);
        Assert.Equal(0x1E, _slot.In(0x60));
        Assert.Equal(0x1E, _slot.In(0x60));
    }

    private void Raw() => Command(0x60, 0x07);

    private void Command(byte command) => _slot.Out(0x64, command);

    private void Command(byte command, byte parameter)
    {
        Command(command);
        Assert.Equal(0x08, _slot.In(0x64) & 0x08);
        _slot.Out(0x60, parameter);
        Assert.Equal(0x00, _slot.In(0x64) & 0x08);
    }

    private byte Ask(byte command)
    {
        Command(command);
        Assert.Equal(0x01, _slot.In(0x64) & 0x21);
        return _slot.In(0x60);
    }

    private List<int> Keyboard(byte value)
    {
        _slot.Out(0x60, value);
        return Drain();
    }

    private List<int> Mouse(byte value)
    {
        Command(0xD4, value);
        return Drain();
    }

    private List<int> Drain()
    {
        List<int> bytes = [];
        while ((_slot.In(0x64) & 1) != 0)
        {
            bytes.Add(_slot.In(0x60));
            Assert.True(bytes.Count < 1000);
        }

        return bytes;
    }
}
