using Doppel.Backends.Window;
using Doppel.Host.Sdl;

namespace Doppel.Backends.Tests.Window;

public sealed class WindowInputTests
{
    private const int Control = 224;
    private const int Alt = 226;
    private const int LetterA = 4;
    private const int LetterF = 9;
    private const int LetterG = 10;

    private readonly RecordingInput _sink = new();
    private readonly WindowInput _input;

    public WindowInputTests() => _input = new WindowInput(_sink);

    [Theory]
    [InlineData(4, 0x1E)]
    [InlineData(29, 0x2C)]
    [InlineData(30, 0x02)]
    [InlineData(39, 0x0B)]
    [InlineData(40, 0x1C)]
    [InlineData(57, 0x3A)]
    [InlineData(58, 0x3B)]
    [InlineData(69, 0x58)]
    [InlineData(70, 0xB7)]
    [InlineData(72, 0xC6)]
    [InlineData(82, 0xC8)]
    [InlineData(83, 0x45)]
    [InlineData(99, 0x53)]
    [InlineData(100, 0x56)]
    [InlineData(101, 0xDD)]
    [InlineData(224, 0x1D)]
    [InlineData(231, 0xDC)]
    public void Keys_are_known_by_their_place(int scancode, byte code)
    {
        Assert.True(SdlScancodes.TryFind(scancode, out KeyCode key));
        Assert.Equal(code, key.Value);
    }

    [Fact]
    public void Keys_without_a_place_on_a_PC_keyboard_are_ignored()
    {
        foreach (int scancode in (int[])[-1, 0, 3, 102, 104, 223, 232, 511])
        {
            Assert.False(SdlScancodes.TryFind(scancode, out _));
        }
    }

    [Fact]
    public void A_click_takes_the_mouse_and_is_not_the_guests()
    {
        _input.Handle(new SdlEvent(SdlEventKind.Motion, X: 5, Y: 5));
        Assert.Equal(WindowAction.Grab, _input.Handle(new SdlEvent(SdlEventKind.Button, 1, true)));
        _input.Handle(new SdlEvent(SdlEventKind.Button, 1, false));
        _input.Handle(new SdlEvent(SdlEventKind.Motion, X: 3, Y: -2));
        _input.Handle(new SdlEvent(SdlEventKind.Button, 3, true));
        _input.Handle(new SdlEvent(SdlEventKind.Wheel, Y: -1));
        Assert.True(_input.IsGrabbed);
        Assert.Equal("3,-2,0,0 0,0,0,2 0,0,1,2", _sink.Text);
    }

    [Fact]
    public void The_hot_keys_are_not_the_guests()
    {
        _input.Handle(new SdlEvent(SdlEventKind.Button, 1, true));
        Key(Control, true);
        Key(Alt, true);
        Assert.Equal(WindowAction.Grab, Key(LetterG, true));
        Assert.False(_input.IsGrabbed);
        Assert.Equal(WindowAction.None, Key(LetterG, true));
        Key(LetterG, false);
        Key(Alt, false);
        Key(Control, false);
        Assert.Equal("+1D +38 -1D -38", _sink.Text);
        Key(LetterG, true);
        Assert.Equal("+1D +38 -1D -38 +22", _sink.Text);
        Key(LetterG, false);
        Key(Control, true);
        Key(Alt, true);
        Assert.Equal(WindowAction.FullScreen, Key(LetterF, true));
    }

    [Fact]
    public void What_is_held_is_let_go_with_the_focus()
    {
        _input.Handle(new SdlEvent(SdlEventKind.Button, 1, true));
        _input.Handle(new SdlEvent(SdlEventKind.Button, 1, true));
        Key(LetterA, true);
        Assert.Equal(WindowAction.Grab, _input.Handle(new SdlEvent(SdlEventKind.FocusLost)));
        Key(LetterA, false);
        Assert.Equal("0,0,0,1 +1E -1E 0,0,0,0", _sink.Text);
    }

    private WindowAction Key(int scancode, bool isDown) => _input.Handle(new SdlEvent(SdlEventKind.Key, scancode, isDown));
}
