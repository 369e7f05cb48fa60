using System;
using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.I8042Registers;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// The AT keyboard behind the controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard"): answers commands at once and
/// sends scan codes of set 2, or of set 1 on request. Not modelled: set 3, and repeating keys (whoever injects codes repeats them).
/// </summary>
internal sealed class Ps2Keyboard
{
    private const byte Overrun2 = 0x00;
    private readonly ByteQueue _answers = new(16);
    private readonly ByteQueue _codes = new(64);
    private byte _expecting;
    private byte _lastSent;
    private byte _leds;
    private byte _typematic = 0x2B;
    private byte _set = 2;
    private bool _scanning = true;
    private bool _breakSeen;

    /// <summary>Lock lights as the guest set them: bit 0 scroll, 1 number, 2 capitals.</summary>
    public byte Leds => _leds;

    /// <summary>Power-on: scanning, set 2, nothing waits.</summary>
    public void Reset()
    {
        _answers.Clear();
        SetDefaults();
        _scanning = true;
        _expecting = 0;
        _lastSent = 0;
        _leds = 0;
    }

    /// <summary>Queues one key's set 2 codes, all or none; a full buffer gets the overrun code instead.</summary>
    public void Inject(ReadOnlySpan<byte> set2)
    {
        if (!_scanning)
        {
            return;
        }

        // One byte is kept free for the overrun code.
        if (set2.Length >= _codes.Room)
        {
            if (_codes.Room == 1)
            {
                _codes.TryPush(Overrun2);
            }

            return;
        }

        foreach (byte code in set2)
        {
            _codes.TryPush(code);
        }
    }

    /// <summary>The next byte for the controller; answers come before keys.</summary>
    public bool TryTake(out byte value)
    {
        if (_answers.TryPop(out value))
        {
            _lastSent = value;
            return true;
        }

        while (_codes.TryPop(out value))
        {
            if (_set == 2 || TryConvert(ref value))
            {
                _lastSent = value;
                return true;
            }
        }

        return false;
    }

    /// <summary>A byte from the host: a command or its parameter.</summary>
    public void Write(byte value)
    {
        _answers.Clear();
        byte command = _expecting;
        _expecting = 0;
        if (command != 0 && value < 0x80)
        {
            Answer(Parameter(command, value));
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
                _codes.Clear();
                _scanning = true;
                Answer(Acknowledge);
                break;
            case 0xF5 or 0xF6:
                SetDefaults();
                _scanning = value == 0xF6;
                Answer(Acknowledge);
                break;
            case >= 0xF7 and <= 0xFA:
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
        to.Begin("keyboard", 1);
        _answers.Save(to, "answers");
        _codes.Save(to, "codes");
        to.Write("expecting", (ulong)_expecting);
        to.Write("lastSent", (ulong)_lastSent);
        to.Write("leds", (ulong)_leds);
        to.Write("typematic", (ulong)_typematic);
        to.Write("set", (ulong)_set);
        to.Write("scanning", _scanning);
        to.Write("breakSeen", _breakSeen);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("keyboard", 1);
        _answers.Restore(from, "answers");
        _codes.Restore(from, "codes");
        _expecting = (byte)from.ReadUnsigned("expecting", 0xFF);
        _lastSent = (byte)from.ReadUnsigned("lastSent", 0xFF);
        _leds = (byte)from.ReadUnsigned("leds", 7);
        _typematic = (byte)from.ReadUnsigned("typematic", 0x7F);
        _set = (byte)from.ReadUnsigned("set", 2);
        _scanning = from.ReadBool("scanning");
        _breakSeen = from.ReadBool("breakSeen");
        from.End();
    }

    private void SetDefaults()
    {
        _codes.Clear();
        _typematic = 0x2B;
        _set = 2;
        _breakSeen = false;
    }

    private byte Parameter(byte command, byte value)
    {
        switch (command)
        {
            case 0xED:
                _leds = (byte)(value & 7);
                return Acknowledge;
            case 0xF0 when value == 0:
                Answer(Acknowledge);
                return _set;
            case 0xF0 when value is 1 or 2:
                _set = value;
                _codes.Clear();
                _breakSeen = false;
                return Acknowledge;
            case 0xF0:
                return Resend;
            case 0xF3:
                _typematic = value;
                return Acknowledge;
            default:
                return Acknowledge;
        }
    }

    private bool TryConvert(ref byte value)
    {
        if (value == ScanCodeTranslation.BreakPrefix)
        {
            _breakSeen = true;
            return false;
        }

        value = (byte)(ScanCodeTranslation.Translate(value) | (_breakSeen ? 0x80 : 0));
        _breakSeen = false;
        return true;
    }

    private void Answer(byte value) => _answers.TryPush(value);
}
