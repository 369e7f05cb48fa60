
namespace Doppel.Backends.Vnc.Keys;

/// <summary>
/// The keys of one client: what it holds down is let go when it leaves. A client that sends keysyms has a layout of its own, so Shift is pressed or
/// let go for a moment where its layout and the US one differ. One thread.
/// </summary>
internal sealed class ClientKeys
{
    private const byte LeftControl = 0x1D;
    private const byte RightControl = 0x9D;
    private const byte LeftAlt = 0x38;
    private const byte RightAlt = 0xB8;

    private readonly IInputSink _input;
    private readonly bool[] _held = new bool[256];
    private bool _isCapsOn;

    internal ClientKeys(IInputSink input) => _input = input;

    private bool IsShiftHeld => _held[KeysymTable.LeftShift] || _held[KeysymTable.RightShift];

    private bool IsCommand => _held[LeftControl] || _held[RightControl] || _held[LeftAlt] || _held[RightAlt];

    /// <summary>A key by its place: QEMU's extended key event, whose codes are those of <see cref="KeyCode"/> but for Print Screen.</summary>
    internal void ByPlace(uint code, bool isDown)
    {
        const uint SystemRequest = 0x54;
        const byte PrintScreen = 0xB7;
        if (code is > 0 and <= 0xFF)
        {
            Set(new KeyCode(code == SystemRequest ? PrintScreen : (byte)code), isDown);
        }
    }

    /// <summary>A key by its meaning. One that a US keyboard does not have is ignored.</summary>
    internal void ByMeaning(uint keysym, bool isDown)
    {
        if (!KeysymTable.TryFind(keysym, out KeyCode key, out bool? shift))
        {
            return;
        }

        bool isLetter = keysym is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
        bool effective = IsShiftHeld ^ (isLetter && _isCapsOn);
        if (isDown && shift is { } needed && needed != effective && !IsCommand)
        {
            WithOtherShift(key);
        }
        else
        {
            Set(key, isDown);
        }
    }

    /// <summary>Lets go of all keys.</summary>
    internal void ReleaseAll()
    {
        for (int code = 0; code < _held.Length; code++)
        {
            if (_held[code])
            {
                Set(new KeyCode((byte)code), false);
            }
        }
    }

    private void Set(KeyCode key, bool isDown)
    {
        // A key that goes up without having gone down was pressed in another window.
        if (!isDown && !_held[key.Value])
        {
            return;
        }

        if (key.Value == KeysymTable.CapsLock && isDown && !_held[key.Value])
        {
            _isCapsOn = !_isCapsOn;
        }

        _held[key.Value] = isDown;
        _input.Key(key, isDown);
    }

    private void WithOtherShift(KeyCode key)
    {
        bool left = _held[KeysymTable.LeftShift];
        bool right = _held[KeysymTable.RightShift];
        if (!left && !right)
        {
            _input.Key(new KeyCode(KeysymTable.LeftShift), true);
            Set(key, true);
            _input.Key(new KeyCode(KeysymTable.LeftShift), false);
            return;
        }

        Shifts(left, right, false);
        Set(key, true);
        Shifts(left, right, true);
    }

    private void Shifts(bool left, bool right, bool isDown)
    {
        if (left)
        {
            _input.Key(new KeyCode(KeysymTable.LeftShift), isDown);
        }

        if (right)
        {
            _input.Key(new KeyCode(KeysymTable.RightShift), isDown);
        }
    }
}
