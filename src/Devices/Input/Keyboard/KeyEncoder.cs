using System;
using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.KeyTable;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// Turns keys that go down and up into scan codes of sets 1 and 2, as the 101-key keyboard does (IBM PS/2 Hardware Interface Technical Reference,
/// "Keyboard scan codes", notes on keys 75 to 89, 95, 124 and 126). The navigation keys were added to a keypad of the 84-key keyboard that meant
/// digits with Num Lock or Shift, so the keyboard puts them into brackets for programs that know that one only: with Num Lock on it feigns a pressed
/// Shift around them, with Shift held and Num Lock off a released one. Num Lock is what its light shows.
/// </summary>
internal sealed class KeyEncoder
{
    /// <summary>Most bytes that one event makes: a closed bracket and Pause.</summary>
    public const int MostBytes = 12;

    private const byte FeignedDown = 1;
    private const byte FeignedLeftUp = 2;
    private const byte FeignedRightUp = 4;
    private readonly byte[] _down = new byte[32];
    private byte _bracket;
    private bool _isSystemRequest;

    private bool IsShifted => IsDown(LeftShift) || IsDown(RightShift);

    private bool IsControlled => IsDown(Control) || IsDown(RightControl);

    private bool IsAlternate => IsDown(Alt) || IsDown(RightAlt);

    /// <summary>Whether <paramref name="key"/> is held.</summary>
    public bool IsDown(byte key) => (_down[key >> 3] & (1 << (key & 7))) != 0;

    /// <summary>Notes that a key is held or not.</summary>
    public void Hold(byte key, bool isDown) =>
        _down[key >> 3] = (byte)(isDown ? _down[key >> 3] | (1 << (key & 7)) : _down[key >> 3] & ~(1 << (key & 7)));

    /// <summary>No key is held.</summary>
    public void Clear()
    {
        Array.Clear(_down);
        _bracket = 0;
        _isSystemRequest = false;
    }

    /// <summary>Forgets a bracket that another scan code set left open.</summary>
    public void CloseSilently() => _bracket = 0;

    /// <summary>The bytes of a key that goes down, having been up.</summary>
    public void Make(byte key, bool numberLock, ref CodeBuffer to)
    {
        switch (key)
        {
            case Pause:
                Close(ref to);
                MakePause(ref to);
                break;
            case PrintScreen when IsAlternate:
                Close(ref to);
                _isSystemRequest = true;
                to.Make(SystemRequest);
                break;
            case PrintScreen:
                Open(!IsShifted && !IsControlled, isFeignedUp: false, ref to);
                to.Make(key);
                break;
            case KeypadDivide:
                Open(isFeignedDown: false, IsShifted, ref to);
                to.Make(key);
                break;
            case var _ when IsNavigation(key):
                Open(numberLock && !IsShifted, !numberLock && IsShifted, ref to);
                to.Make(key);
                break;
            default:
                Close(ref to);
                to.Make(key);
                break;
        }

        Hold(key, isDown: true);
    }

    /// <summary>The bytes of a key that goes up, having been down.</summary>
    public void Break(byte key, ref CodeBuffer to)
    {
        Hold(key, isDown: false);
        switch (key)
        {
            case Pause:
                break;
            case PrintScreen when _isSystemRequest:
                _isSystemRequest = false;
                to.Break(SystemRequest);
                break;
            case LeftShift or RightShift:
                // What was feigned ends before what is true comes.
                Close(ref to);
                to.Break(key);
                break;
            case PrintScreen or KeypadDivide:
            case var _ when IsNavigation(key):
                to.Break(key);
                Close(ref to);
                break;
            default:
                to.Break(key);
                break;
        }
    }

    /// <summary>The bytes of a key that repeats: its make code alone.</summary>
    public void Repeat(byte key, ref CodeBuffer to) => to.Make(key == PrintScreen && _isSystemRequest ? SystemRequest : key);

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("down", _down);
        to.Write("bracket", (ulong)_bracket);
        to.Write("isSystemRequest", _isSystemRequest);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.ReadBytes("down", _down);
        _bracket = (byte)from.ReadUnsigned("bracket", FeignedDown | FeignedLeftUp | FeignedRightUp);
        _isSystemRequest = from.ReadBool("isSystemRequest");
    }

    // Pause has no break code. With Ctrl it is Break, which the old keyboard had on Scroll Lock.
    private void MakePause(ref CodeBuffer to)
    {
        if (IsControlled)
        {
            to.Make(Pause);
            to.Break(Pause);
            return;
        }

        to.Prefix(0xE1);
        to.Make(Control);
        to.Make(0x45);
        to.Prefix(0xE1);
        to.Break(Control);
        to.Break(0x45);
    }

    private void Open(bool isFeignedDown, bool isFeignedUp, ref CodeBuffer to)
    {
        if (_bracket != 0)
        {
            return;
        }

        if (isFeignedDown)
        {
            _bracket = FeignedDown;
            to.Make(Extended | LeftShift);
        }
        else if (isFeignedUp)
        {
            _bracket = (byte)((IsDown(LeftShift) ? FeignedLeftUp : 0) | (IsDown(RightShift) ? FeignedRightUp : 0));
            BreakIf((_bracket & FeignedLeftUp) != 0, LeftShift, ref to);
            BreakIf((_bracket & FeignedRightUp) != 0, RightShift, ref to);
        }
    }

    private void Close(ref CodeBuffer to)
    {
        byte bracket = _bracket;
        _bracket = 0;
        BreakIf((bracket & FeignedDown) != 0, LeftShift, ref to);
        if ((bracket & FeignedLeftUp) != 0)
        {
            to.Make(Extended | LeftShift);
        }

        if ((bracket & FeignedRightUp) != 0)
        {
            to.Make(Extended | RightShift);
        }
    }

    private static void BreakIf(bool condition, byte shift, ref CodeBuffer to)
    {
        if (condition)
        {
            to.Break((byte)(Extended | shift));
        }
    }
}
