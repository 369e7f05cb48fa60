using Doppel.Host.Sdl;

namespace Doppel.Backends.Window;

/// <summary>What the window must do after an event.</summary>
internal enum WindowAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Take the mouse, or let it go: <see cref="WindowInput.IsGrabbed"/> says which.</summary>
    Grab = 1,

    /// <summary>Fill the screen, or become a window again.</summary>
    FullScreen = 2,
}

/// <summary>
/// Keys and mouse of a window on their way to the guest. A click takes the mouse, Ctrl-Alt-G gives it back, Ctrl-Alt-F changes to the full screen and
/// back; these are not the guest's. One thread.
/// </summary>
internal sealed class WindowInput
{
    private const byte LeftControl = 0x1D;
    private const byte RightControl = 0x9D;
    private const byte LeftAlt = 0x38;
    private const byte RightAlt = 0xB8;

    private readonly IInputSink _input;
    private readonly bool[] _held = new bool[256];
    private PointerButtons _buttons;
    private int _swallowed;

    internal WindowInput(IInputSink input) => _input = input;

    /// <summary>Whether the mouse is the guest's.</summary>
    internal bool IsGrabbed { get; private set; }

    internal WindowAction Handle(SdlEvent what)
    {
        switch (what.Kind)
        {
            case SdlEventKind.Key:
                return Key(what.Code, what.IsDown);
            case SdlEventKind.Button:
                return Button(what.Code, what.IsDown);
            case SdlEventKind.Motion when IsGrabbed:
                _input.Pointer(what.X, what.Y, 0, _buttons);
                break;
            case SdlEventKind.Wheel when IsGrabbed:
                _input.Pointer(0, 0, -what.Y, _buttons);
                break;
            case SdlEventKind.FocusLost:
                ReleaseAll();
                return Grab(false);
            default:
                break;
        }

        return WindowAction.None;
    }

    /// <summary>Lets go of all keys and buttons.</summary>
    internal void ReleaseAll()
    {
        for (int code = 0; code < _held.Length; code++)
        {
            if (_held[code])
            {
                _held[code] = false;
                _input.Key(new KeyCode((byte)code), false);
            }
        }

        if (_buttons != PointerButtons.None)
        {
            _buttons = PointerButtons.None;
            _input.Pointer(0, 0, 0, _buttons);
        }
    }

    private WindowAction Key(int scancode, bool isDown)
    {
        bool isHotKey = (_held[LeftControl] || _held[RightControl]) && (_held[LeftAlt] || _held[RightAlt]);
        if (isDown && isHotKey && scancode is SdlScancodes.LetterF or SdlScancodes.LetterG)
        {
            _swallowed = scancode;
            ReleaseAll();
            return scancode == SdlScancodes.LetterF ? WindowAction.FullScreen : Grab(!IsGrabbed);
        }

        if (scancode == _swallowed)
        {
            // Held on, repeating, and let go at last.
            _swallowed = isDown ? scancode : 0;
            return WindowAction.None;
        }

        // A key that goes up without having gone down was pressed in another window.
        if (SdlScancodes.TryFind(scancode, out KeyCode key) && (isDown || _held[key.Value]))
        {
            _held[key.Value] = isDown;
            _input.Key(key, isDown);
        }

        return WindowAction.None;
    }

    private WindowAction Button(int number, bool isDown)
    {
        if (!IsGrabbed)
        {
            return isDown ? Grab(true) : WindowAction.None;
        }

        PointerButtons button = number switch { 1 => PointerButtons.Left, 2 => PointerButtons.Middle, 3 => PointerButtons.Right, _ => PointerButtons.None };
        PointerButtons buttons = isDown ? _buttons | button : _buttons & ~button;
        if (buttons != _buttons)
        {
            _buttons = buttons;
            _input.Pointer(0, 0, 0, _buttons);
        }

        return WindowAction.None;
    }

    private WindowAction Grab(bool isGrabbed)
    {
        if (IsGrabbed == isGrabbed)
        {
            return WindowAction.None;
        }

        IsGrabbed = isGrabbed;
        return WindowAction.Grab;
    }
}
