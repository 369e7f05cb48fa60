using System;
using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.I8042Registers;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// The 104-key keyboard behind the controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard"): scan code sets 1 to 3, a buffer of
/// 16 bytes with an overrun code behind them, repeating keys in guest time. Answers commands at once, the self test too; after power-on it is as
/// firmware finds it once the test is over, and says nothing by itself. A key repeats only into an empty buffer, so that a guest that is slow to
/// read is not flooded. Not modelled: key-click and secure modes, a second keyboard layout.
/// </summary>
internal sealed class Ps2Keyboard
{
    private const int BufferBytes = 16;
    private const long RecoveryNs = 2_000_000;
    private readonly ByteQueue _answers = new(16);

    // One more, for the overrun code.
    private readonly ByteQueue _codes = new(BufferBytes + 1);
    private readonly KeyEncoder _encoder = new();
    private readonly Set3Modes _modes = new();
    private readonly Typematic _typematic = new();
    private byte _expecting;
    private byte _lastSent;
    private byte _leds;
    private byte _set = 2;
    private bool _scanning = true;
    private bool _overran;
    private GuestTime _readyAt = GuestTime.Never;

    /// <summary>Lock lights as the guest set them: bit 0 scroll, 1 number, 2 capitals.</summary>
    public byte Leds => _leds;

    /// <summary>Whether the guest wants keys (commands F4 and F5).</summary>
    public bool IsScanning => _scanning;

    /// <summary>
    /// Whether all codes have been taken and 2 milliseconds have passed since the last key: faster than anybody types, slow enough for a guest that
    /// looks at each key.
    /// </summary>
    public bool IsReady => IsEmpty && _readyAt == GuestTime.Never;

    /// <summary>Whether an answer to a command waits: it is sent without a pause.</summary>
    public bool HasAnswer => _answers.Count != 0;

    /// <summary>Whether <see cref="TryTake"/> would give a byte.</summary>
    public bool HasByte => HasAnswer || !IsEmpty;

    /// <summary>When <see cref="Advance"/> has something to do.</summary>
    public GuestTime Due => _readyAt < _typematic.Due ? _readyAt : _typematic.Due;

    private bool IsEmpty => _codes.Count == 0;

    private byte Overrun => _set == 1 ? (byte)0xFF : (byte)0x00;

    /// <summary>Power-on, or command FF: scanning, set 2, nothing waits, no key is held.</summary>
    public void Reset()
    {
        _answers.Clear();
        SetDefaults();
        _encoder.Clear();
        _scanning = true;
        _expecting = 0;
        _lastSent = 0;
        _leds = 0;
    }

    /// <summary>A key goes down or up at <paramref name="now"/>. One that does what it did already, or that cannot be, is ignored.</summary>
    public void Press(byte key, bool isDown, GuestTime now)
    {
        if (!KeyTable.IsKey(key) || _encoder.IsDown(key) == isDown)
        {
            return;
        }

        if (!isDown && _typematic.Key == key)
        {
            _typematic.Stop();
        }

        if (!_scanning)
        {
            // What is let go of while nobody looks is up when somebody does; what goes down then is not seen.
            if (!isDown)
            {
                _encoder.Hold(key, isDown: false);
            }

            return;
        }

        CodeBuffer codes = new(stackalloc byte[KeyEncoder.MostBytes], _set);
        KeyModes modes = Encode(key, isDown, ref codes);
        Queue(codes.Bytes);
        _readyAt = now + RecoveryNs;
        if (isDown && (modes & KeyModes.Repeat) != 0)
        {
            _typematic.Start(key, now);
        }
    }

    /// <summary>Lets the held key repeat, if that is due.</summary>
    public void Advance(GuestTime now)
    {
        _readyAt = _readyAt <= now ? GuestTime.Never : _readyAt;
        if (_typematic.Due > now || _typematic.Key == 0)
        {
            return;
        }

        if (IsEmpty && _scanning)
        {
            CodeBuffer codes = new(stackalloc byte[KeyEncoder.MostBytes], _set);
            _encoder.Repeat(_typematic.Key, ref codes);
            Queue(codes.Bytes);
        }

        _typematic.Next(now);
    }

    /// <summary>The next byte for the controller; answers come before keys.</summary>
    public bool TryTake(out byte value)
    {
        if (_answers.TryPop(out value) || _codes.TryPop(out value))
        {
            _lastSent = value;
            return true;
        }

        return false;
    }

    /// <summary>A byte from the host: a command or its parameter.</summary>
    public void Write(byte value)
    {
        _answers.Clear();
        byte command = _expecting;
        _expecting = 0;
        if (command != 0 && value < (command >= 0xFB ? 0xED : 0x80))
        {
            Parameter(command, value);
            return;
        }

        switch (value)
        {
            case 0xED or 0xF0 or 0xF3 or 0xFB or 0xFC or 0xFD:
                _expecting = value;
                Answer(Acknowledge);
                break;
            case 0xEE:
                Answer(0xEE);
                break;
            case 0xF2:
                Answer(Acknowledge);
                Answer(0xAB);
                Answer(0x83);
                break;
            case 0xF4:
                Forget();
                _scanning = true;
                Answer(Acknowledge);
                break;
            case 0xF5 or 0xF6:
                SetDefaults();
                _scanning = value == 0xF6;
                Answer(Acknowledge);
                break;
            case >= 0xF7 and <= 0xFA:
                _modes.SetAll(ModesOf(value));
                Forget();
                Answer(Acknowledge);
                break;
            case 0xFE:
                Answer(_lastSent);
                break;
            case 0xFF:
                Reset();
                Answer(Acknowledge);
                Answer(SelfTestPassed);
                break;
            default:
                Answer(Resend);
                break;
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("keyboard", 2);
        _answers.Save(to, "answers");
        _codes.Save(to, "codes");
        _encoder.Save(to);
        _modes.Save(to);
        _typematic.Save(to);
        to.Write("expecting", (ulong)_expecting);
        to.Write("lastSent", (ulong)_lastSent);
        to.Write("leds", (ulong)_leds);
        to.Write("set", (ulong)_set);
        to.Write("scanning", _scanning);
        to.Write("overran", _overran);
        to.Write("readyAt", _readyAt.Nanoseconds);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        if (from.Begin("keyboard", 2) < 2)
        {
            throw new StateFormatException("keyboard: saved by an older build");
        }

        _answers.Restore(from, "answers");
        _codes.Restore(from, "codes");
        _encoder.Restore(from);
        _modes.Restore(from);
        _typematic.Restore(from);
        _expecting = (byte)from.ReadUnsigned("expecting", 0xFF);
        _lastSent = (byte)from.ReadUnsigned("lastSent", 0xFF);
        _leds = (byte)from.ReadUnsigned("leds", 7);
        _set = (byte)from.ReadUnsigned("set", 3);
        _scanning = from.ReadBool("scanning");
        _overran = from.ReadBool("overran");
        _readyAt = new GuestTime(from.ReadSigned("readyAt", 0));
        from.End();
        if (_set == 0)
        {
            throw new StateFormatException("keyboard: set: there are 1, 2 and 3");
        }
    }

    // F7 to FA are for all keys, FB to FD for one.
    private static KeyModes ModesOf(byte command) => command switch
    {
        0xF7 or 0xFB => KeyModes.Repeat,
        0xF8 or 0xFC => KeyModes.Break,
        0xF9 or 0xFD => KeyModes.MakeOnly,
        _ => KeyModes.Break | KeyModes.Repeat,
    };

    private KeyModes Encode(byte key, bool isDown, ref CodeBuffer codes)
    {
        if (_set == 3)
        {
            KeyModes modes = _modes[KeyTable.Third(key)];
            _encoder.Hold(key, isDown);
            if (isDown)
            {
                codes.Make(key);
            }
            else if ((modes & KeyModes.Break) != 0)
            {
                codes.Break(key);
            }

            return modes;
        }

        if (!isDown)
        {
            _encoder.Break(key, ref codes);
            return KeyModes.MakeOnly;
        }

        _encoder.Make(key, (_leds & NumberLight) != 0, ref codes);
        return key == KeyTable.Pause ? KeyModes.MakeOnly : KeyModes.Repeat;
    }

    // All codes of an event or none. One that does not fit leaves an overrun code, and what follows is dropped until the guest has read that.
    private void Queue(ReadOnlySpan<byte> codes)
    {
        if (_overran && IsEmpty)
        {
            _overran = false;
        }

        if (_overran || codes.Length >= _codes.Room)
        {
            if (!_overran)
            {
                _overran = _codes.TryPush(Overrun);
            }

            return;
        }

        foreach (byte code in codes)
        {
            _codes.TryPush(code);
        }
    }

    private void SetDefaults()
    {
        Forget();
        _modes.SetDefaults();
        _typematic.Setting = Typematic.Default;
        _set = 2;
    }

    // The buffer is emptied; a key that is still held begins to repeat only when it is pressed again.
    private void Forget()
    {
        _codes.Clear();
        _overran = false;
        _typematic.Stop();
        _encoder.CloseSilently();
        _readyAt = GuestTime.Never;
    }

    private void Parameter(byte command, byte value)
    {
        switch (command)
        {
            case 0xED:
                _leds = (byte)(value & 7);
                break;
            case 0xF0 when value == 0:
                Answer(Acknowledge);
                Answer(_set);
                return;
            case 0xF0 when value <= 3:
                Forget();
                _set = value;
                break;
            case 0xF0:
                Answer(Resend);
                return;
            case 0xF3:
                _typematic.Setting = value;
                break;
            default:
                // A list of keys that the next command ends.
                _modes.Set(value, ModesOf(command));
                _expecting = command;
                break;
        }

        Answer(Acknowledge);
    }

    private void Answer(byte value) => _answers.TryPush(value);
}
