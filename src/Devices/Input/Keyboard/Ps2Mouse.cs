using System;
using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.I8042Registers;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// A three-button PS/2 mouse (IBM PS/2 Hardware Interface Technical Reference, "Mouse"). Movement adds up until a packet fits into the
/// buffer. Not modelled: sample rate as a delay, 2:1 scaling, wheel and five-button extensions.
/// </summary>
internal sealed class Ps2Mouse
{
    private const byte DefaultRate = 100;
    private const byte DefaultResolution = 2;
    private readonly ByteQueue _queue = new(48);
    private byte _expecting;
    private byte _rate = DefaultRate;
    private byte _resolution = DefaultResolution;
    private byte _lastSent;
    private bool _scaling;
    private bool _reporting;
    private bool _remote;
    private bool _wrap;
    private byte _buttons;
    private int _x;
    private int _y;

    /// <summary>Power-on state: stream mode, not reporting.</summary>
    public void Reset()
    {
        _queue.Clear();
        SetDefaults();
        _wrap = false;
        _expecting = 0;
        _lastSent = 0;
        _buttons = 0;
    }

    /// <summary>Moves by (<paramref name="right"/>, <paramref name="up"/>) counts and sets the buttons: bit 0 left, 1 right, 2 middle.</summary>
    public void Inject(int right, int up, byte buttons)
    {
        _x = Math.Clamp(Math.Clamp(right, -4096, 4096) + _x, -4096, 4096);
        _y = Math.Clamp(Math.Clamp(up, -4096, 4096) + _y, -4096, 4096);
        _buttons = (byte)(buttons & 7);
        if (_reporting && !_remote && !_wrap)
        {
            Report();
        }
    }

    /// <summary>The next byte for the controller.</summary>
    public bool TryTake(out byte value)
    {
        bool taken = _queue.TryPop(out value);
        _lastSent = taken ? value : _lastSent;
        return taken;
    }

    /// <summary>A byte from the host: a command or its parameter.</summary>
    public void Write(byte value)
    {
        _queue.Clear();
        if (_wrap && value is not (0xEC or 0xFF))
        {
            _queue.TryPush(value);
            return;
        }

        byte command = _expecting;
        _expecting = 0;
        if (command != 0 && value < 0xE6)
        {
            _rate = command == 0xF3 ? value : _rate;
            _resolution = command == 0xE8 ? (byte)(value & 3) : _resolution;
            _queue.TryPush(Acknowledge);
            return;
        }

        _queue.TryPush(IsKnown(value) ? Acknowledge : Resend);
        Execute(value);
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("mouse", 1);
        _queue.Save(to, "queue");
        to.Write("expecting", (ulong)_expecting);
        to.Write("rate", (ulong)_rate);
        to.Write("resolution", (ulong)_resolution);
        to.Write("lastSent", (ulong)_lastSent);
        to.Write("scaling", _scaling);
        to.Write("reporting", _reporting);
        to.Write("remote", _remote);
        to.Write("wrap", _wrap);
        to.Write("buttons", (ulong)_buttons);
        to.Write("x", (long)_x);
        to.Write("y", (long)_y);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("mouse", 1);
        _queue.Restore(from, "queue");
        _expecting = (byte)from.ReadUnsigned("expecting", 0xFF);
        _rate = (byte)from.ReadUnsigned("rate", 0xFF);
        _resolution = (byte)from.ReadUnsigned("resolution", 3);
        _lastSent = (byte)from.ReadUnsigned("lastSent", 0xFF);
        _scaling = from.ReadBool("scaling");
        _reporting = from.ReadBool("reporting");
        _remote = from.ReadBool("remote");
        _wrap = from.ReadBool("wrap");
        _buttons = (byte)from.ReadUnsigned("buttons", 7);
        _x = (int)from.ReadSigned("x", -4096, 4096);
        _y = (int)from.ReadSigned("y", -4096, 4096);
        from.End();
    }

    private static bool IsKnown(byte command) =>
        command is 0xE6 or 0xE7 or 0xE8 or 0xE9 or 0xEA or 0xEB or 0xEC or 0xEE or 0xF0 or (>= 0xF2 and <= 0xF6) or 0xFF;

    private void Execute(byte command)
    {
        switch (command)
        {
            case 0xE6 or 0xE7:
                _scaling = command == 0xE7;
                break;
            case 0xE8 or 0xF3:
                _expecting = command;
                break;
            case 0xE9:
                int status = (_remote ? 0x40 : 0) | (_reporting ? 0x20 : 0) | (_scaling ? 0x10 : 0)
                    | ((_buttons & 1) << 2) | (_buttons & 2) | ((_buttons & 4) >> 2);
                _queue.TryPush((byte)status);
                _queue.TryPush(_resolution);
                _queue.TryPush(_rate);
                break;
            case 0xEA or 0xF0:
                _remote = command == 0xF0;
                break;
            case 0xEB:
                Report();
                break;
            case 0xEC or 0xEE:
                _wrap = command == 0xEE;
                break;
            case 0xF2:
                _queue.TryPush(0x00);
                break;
            case 0xF4 or 0xF5:
                _reporting = command == 0xF4;
                break;
            case 0xF6:
                SetDefaults();
                break;
            case 0xFF:
                Reset();
                _queue.TryPush(Acknowledge);
                _queue.TryPush(SelfTestPassed);
                _queue.TryPush(0x00);
                break;
            case 0xFE:
                _queue.Clear();
                _queue.TryPush(_lastSent);
                break;
            default:
                break;
        }
    }

    private void SetDefaults()
    {
        _rate = DefaultRate;
        _resolution = DefaultResolution;
        _scaling = false;
        _reporting = false;
        _remote = false;
        _x = 0;
        _y = 0;
    }

    // One packet of three bytes; what does not fit into nine bits stays for the next one.
    private void Report()
    {
        if (_queue.Room < 3)
        {
            return;
        }

        int x = Math.Clamp(_x, -255, 255);
        int y = Math.Clamp(_y, -255, 255);
        _x -= x;
        _y -= y;
        _queue.TryPush((byte)(0x08 | _buttons | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0)));
        _queue.TryPush((byte)x);
        _queue.TryPush((byte)y);
    }
}
