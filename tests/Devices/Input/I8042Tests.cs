using System.Collections.Generic;
using Doppel.Backends;
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
    public void DisabledKeyboard_KeepsItsCodes()
    {
        Command(0xAD);
        Press(0x1E);
        Assert.Empty(Drain());
        Command(0xAE);
        Assert.Equal([0x1E], Drain());
        Keyboard(0xF5);
        Press(0x1F);
        Assert.Empty(Drain());
    }

    [Fact]
    public void Bytes_AreNeverOverwrittenAndInterruptEach()
    {
        Press(0x1E);
        Release(0x1E);
        Command(0xAA);
        Command(0x20);
        Command(0xD3, 0x5A);
        Assert.True(_slot.Irq(1).High);
        Assert.Equal([0x1E, 0x55, 0x47, 0x5A, 0x9E], Drain());
        Assert.Equal(4, _slot.Irq(1).Rises);
        Assert.Equal(1, _slot.Irq(12).Rises);
        Assert.False(_slot.Irq(1).High);
    }

    [Fact]
    public void ScanCodes_KeepTheirDistanceAndAnswersDoNot()
    {
        Press(0x1E);
        Release(0x1E);
        Assert.Equal(0x1E, _slot.In(0x60));
        Assert.Equal(0x1E, _slot.In(0x60));
        Assert.Equal(0, _slot.In(0x64) & 1);
        _slot.Time.Advance(99_999);
        Assert.Equal(0, _slot.In(0x64) & 1);
        _slot.Time.Advance(1);
        Assert.Equal(1, _slot.In(0x64) & 1);
        Assert.Equal(0x9E, _slot.In(0x60));
        _slot.Out(0x60, 0xF2);
        Assert.Equal([0xFA, 0xAB, 0x41], new[] { _slot.In(0x60), _slot.In(0x60), _slot.In(0x60) });
    }

    [Fact]
    public void InputPort_ShowsInTheStatusUntilTheNextCommand()
    {
        Assert.Equal(0x80, Ask(0xC0));
        Command(0xC1);
        Assert.Equal(0x00, _slot.In(0x64) & 0xF0);
        Command(0xC2);
        Assert.Equal(0x80, _slot.In(0x64) & 0xF0);
        Assert.Equal(0x03, Ask(0xE0));
        Assert.Equal(0x10, _slot.In(0x64) & 0xF0);
        Command(0xAD);
        Assert.Equal(0x02, Ask(0xE0));
        Command(0xA7);
        Assert.Equal(0x00, Ask(0xE0));
    }

    [Fact]
    public void Ram_Keeps31BytesBesideTheConfiguration()
    {
        Command(0x7F, 0x12);
        Command(0x61, 0x34);
        Assert.Equal(0x12, Ask(0x3F));
        Assert.Equal(0x34, Ask(0x21));
        Assert.Equal(0xF1, Ask(0xA4));
        Command(0xD2, 0x77);
        Assert.Equal([0x77], Drain());
    }

    [Fact]
    public void Restored_GoesOnInTheMiddleOfEverything()
    {
        Press(0x2A);
        Press(0xCB);
        Mouse(0xF4);
        _controller.Move(3, 4, 0, PointerButtons.Left);
        FakeSlot other = new();
        other.Time.Now = _slot.Time.Now;
        I8042Ports twin = other.Plug(new I8042Ports(hasMouse: true));
        StateTape.Of(_controller).RestoreInto(twin);
        Assert.Equal(StateTape.Of(_controller).Text, StateTape.Of(twin).Text);
        foreach (FakeSlot slot in new[] { _slot, other })
        {
            slot.Time.Advance(1_100_000_000);
        }

        List<int> first = Drain(_slot);
        Assert.Equal(first, Drain(other));
        Assert.Contains(0xCB, first.ConvertAll(code => code | 0x80));
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
        _slot.Time.Advance(1_000_000);
        _controller.Move(5, 3, 0, PointerButtons.Left);
        Assert.Equal(0x21, _slot.In(0x64) & 0x21);
        Assert.Equal([0x29, 0x05, 0xFD], Drain());
        Assert.Equal(before + 3, _slot.Irq(12).Rises);
        _slot.Time.Advance(100_000_000);
        _controller.Move(300, 0, 0, PointerButtons.None);
        Assert.Equal([0x08, 0xFF, 0x00], Drain()[..3]);
        Assert.Equal([0xFA, 0x08, 45, 0x00], Mouse(0xEB));
        Assert.Equal([0xFA], Mouse(0xEE));
        Assert.Equal([0x42], Mouse(0x42));
        Assert.Equal([0xFA], Mouse(0xEC));
        Assert.Equal([0xFE], Mouse(0x42));
        _slot.Time.Advance(100_000_000);
        _controller.Move(int.MaxValue, int.MinValue, int.MinValue, (PointerButtons)0xFF);
        Assert.Equal([0x0F, 0xFF, 0xFF], Drain()[..3]);
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
        controller.Move(1, 1, 1, PointerButtons.Left);
        Assert.Equal(0, slot.In(0x64) & 1);
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

    private List<int> Drain() => Drain(_slot);

    private static List<int> Drain(FakeSlot slot)
    {
        List<int> bytes = [];
        while (true)
        {
            slot.Time.Advance(100_000);
            if ((slot.In(0x64) & 1) == 0)
            {
                return bytes;
            }

            bytes.Add(slot.In(0x60));
            Assert.True(bytes.Count < 1000);
        }
    }

    private void Press(byte key) => _controller.Press(new KeyCode(key), isDown: true);

    private void Release(byte key) => _controller.Press(new KeyCode(key), isDown: false);
}
