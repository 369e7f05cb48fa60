using System;
using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.I8042Registers;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// A PS/2 mouse (IBM PS/2 Hardware Interface Technical Reference, "Mouse") that becomes an IntelliMouse with a wheel when the guest sets the sample
/// rates 200, 100, 80 in turn, and an IntelliMouse Explorer with five buttons after 200, 200, 80 (Microsoft, "Intelligent mouse protocol"). It sends
/// at most as many packets a second as the sample rate says; movement adds up meanwhile, and what does not fit into a packet stays for the next one,
/// so that the overflow bits are never set. Counts are passed on as they come, whatever the resolution says. Any sample rate is taken; real mice
/// refuse some, and drivers do not care.
/// </summary>
internal sealed class Ps2Mouse
{
    private const byte DefaultRate = 100;
    private const byte DefaultResolution = 2;
    private const int MostCounts = 4096;
    private const int MostNotches = 64;
    private const byte Plain = 0;
    private const byte Wheel = 3;
    private const byte Explorer = 4;
    private const byte NotSent = 0xFF;
    private readonly ByteQueue _queue = new(16);
    private readonly byte[] _rates = new byte[3];
    private GuestTime _nextSample;
    private byte _id;
    private byte _expecting;
    private byte _resolution = DefaultResolution;
    private byte _lastSent;
    private bool _scaling;
    private bool _reporting;
    private bool _remote;
    private bool _wrap;
    private byte _buttons;
    private byte _buttonsSent;
    private int _x;
    private int _y;
    private int _z;

    /// <summary>Whether the guest asks for movement.</summary>
    public bool IsListening => _reporting || _remote;

    /// <summary>Whether all that was given so far is on its way: what is given now makes a packet of its own.</summary>
    public bool IsIdle => _queue.Count == 0 && !HasNews;

    /// <summary>Whether <see cref="TryTake"/> would give a byte.</summary>
    public bool HasByte => _queue.Count != 0;

    /// <summary>Whether the bytes that wait answer a command: they are sent without a pause.</summary>
    public bool HasAnswer { get; private set; }

    /// <summary>When <see cref="Advance"/> has something to do.</summary>
    public GuestTime Due => HasNews && _queue.Count == 0 ? _nextSample : GuestTime.Never;

    private bool HasNews => _reporting && !_remote && !_wrap && ((_x | _y | _z) != 0 || _buttons != _buttonsSent);

    private byte Rate
    {
        get => _rates[2];
        set
        {
            (_rates[0], _rates[1]) = (_rates[1], _rates[2]);
            _rates[2] = value;
        }
    }

    /// <summary>Power-on, or command FF: a plain mouse in stream mode that does not report.</summary>
    public void Reset()
    {
        Clear();
        Array.Clear(_rates);
        SetDefaults();
        _id = Plain;
        _wrap = false;
        _expecting = 0;
        _lastSent = 0;
        _buttons = 0;
        _buttonsSent = 0;
        _nextSample = GuestTime.Zero;
    }

    /// <summary>
    /// Moves by counts to the right and downwards, turns the wheel by notches towards the user, and sets the buttons: bit 0 left, 1 right, 2 middle,
    /// 3 and 4 the buttons at the sides.
    /// </summary>
    public void Move(int right, int down, int wheel, byte buttons, GuestTime now)
    {
        _x = Add(_x, right, MostCounts);
        _y = Add(_y, down == int.MinValue ? int.MaxValue : -down, MostCounts);
        _z = _id == Plain ? 0 : Add(_z, wheel, MostNotches);
        _buttons = (byte)(buttons & 0x1F);
        Advance(now);
    }

    /// <summary>Puts together the packet that is due.</summary>
    public void Advance(GuestTime now)
    {
        if (Due <= now && HasNews)
        {
            Report(scales: true);
            _nextSample = now + (1_000_000_000 / Math.Max((int)Rate, 10));
        }
    }

    /// <summary>The next byte for the controller.</summary>
    public bool TryTake(out byte value)
    {
        bool taken = _queue.TryPop(out value);
        _lastSent = taken ? value : _lastSent;
        HasAnswer &= _queue.Count != 0;
        return taken;
    }

    /// <summary>A byte from the host: a command or its parameter.</summary>
    public void Write(byte value)
    {
        Clear();
        HasAnswer = true;
        if (_wrap && value is not (0xEC or 0xFF))
        {
            _queue.TryPush(value);
            return;
        }

        byte command = _expecting;
        _expecting = 0;
        if (command != 0 && value < 0xE6)
        {
            Parameter(command, value);
            _queue.TryPush(Acknowledge);
            return;
        }

        _queue.TryPush(IsKnown(value) ? Acknowledge : Resend);
        Execute(value);
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("mouse", 2);
        _queue.Save(to, "queue");
        to.Write("hasAnswer", HasAnswer);
        to.Write("rates", _rates);
        to.Write("nextSample", _nextSample.Nanoseconds);
        to.Write("id", (ulong)_id);
        to.Write("expecting", (ulong)_expecting);
        to.Write("resolution", (ulong)_resolution);
        to.Write("lastSent", (ulong)_lastSent);
        to.Write("scaling", _scaling);
        to.Write("reporting", _reporting);
        to.Write("remote", _remote);
        to.Write("wrap", _wrap);
        to.Write("buttons", (ulong)_buttons);
        to.Write("buttonsSent", (ulong)_buttonsSent);
        to.Write("x", (long)_x);
        to.Write("y", (long)_y);
        to.Write("z", (long)_z);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        if (from.Begin("mouse", 2) < 2)
        {
            throw new StateFormatException("mouse: saved by an older build");
        }

        _queue.Restore(from, "queue");
        HasAnswer = from.ReadBool("hasAnswer");
        from.ReadBytes("rates", _rates);
        _nextSample = new GuestTime(from.ReadSigned("nextSample", 0));
        _id = (byte)from.ReadUnsigned("id", Explorer);
        _expecting = (byte)from.ReadUnsigned("expecting", 0xFF);
        _resolution = (byte)from.ReadUnsigned("resolution", 3);
        _lastSent = (byte)from.ReadUnsigned("lastSent", 0xFF);
        _scaling = from.ReadBool("scaling");
        _reporting = from.ReadBool("reporting");
        _remote = from.ReadBool("remote");
        _wrap = from.ReadBool("wrap");
        _buttons = (byte)from.ReadUnsigned("buttons", 0x1F);
        _buttonsSent = (byte)from.ReadUnsigned("buttonsSent", 0xFF);
        _x = (int)from.ReadSigned("x", -MostCounts, MostCounts);
        _y = (int)from.ReadSigned("y", -MostCounts, MostCounts);
        _z = (int)from.ReadSigned("z", -MostNotches, MostNotches);
        from.End();
        if (_id is not (Plain or Wheel or Explorer))
        {
            throw new StateFormatException("mouse: id: there are 0, 3 and 4");
        }
    }

    private static int Add(int sum, int more, int most) => Math.Clamp(sum + Math.Clamp(more, -most, most), -most, most);

    private static bool IsKnown(byte command) =>
        command is 0xE6 or 0xE7 or 0xE8 or 0xE9 or 0xEA or 0xEB or 0xEC or 0xEE or 0xF0 or (>= 0xF2 and <= 0xF6) or 0xFE or 0xFF;

    // 2:1 scaling stretches fast movement and shortens slow one.
    private static int Scaled(int counts) => Math.Abs(counts) switch
    {
        <= 1 => counts,
        2 => counts / 2,
        3 => counts,
        4 => counts / 4 * 6,
        5 => counts / 5 * 9,
        _ => Math.Clamp(counts * 2, -255, 255),
    };

    private void Parameter(byte command, byte value)
    {
        if (command == 0xE8)
        {
            _resolution = (byte)(value & 3);
            return;
        }

        Rate = value;
        _id = _rates switch
        {
            [200, 100, 80] when _id != Explorer => Wheel,
            [200, 200, 80] => Explorer,
            _ => _id,
        };
    }

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
                _queue.TryPush(Rate);
                break;
            case 0xEA or 0xF0:
                _remote = command == 0xF0;
                ClearMovement();
                break;
            case 0xEB:
                Report(scales: false);
                break;
            case 0xEC or 0xEE:
                _wrap = command == 0xEE;
                break;
            case 0xF2:
                _queue.TryPush(_id);
                break;
            case 0xF4 or 0xF5:
                _reporting = command == 0xF4;
                ClearMovement();
                break;
            case 0xF6:
                SetDefaults();
                break;
            case 0xFF:
                Reset();
                HasAnswer = true;
                _queue.TryPush(Acknowledge);
                _queue.TryPush(SelfTestPassed);
                _queue.TryPush(_id);
                break;
            case 0xFE:
                _queue.Clear();
                _queue.TryPush(_lastSent);
                break;
            default:
                break;
        }
    }

    // A packet that the host's byte cut off is sent anew as far as the buttons go.
    private void Clear()
    {
        if (_queue.Count != 0 && !HasAnswer)
        {
            _buttonsSent = NotSent;
        }

        _queue.Clear();
        HasAnswer = false;
    }

    private void ClearMovement()
    {
        (_x, _y, _z) = (0, 0, 0);
        _buttonsSent = _buttons;
    }

    private void SetDefaults()
    {
        Rate = DefaultRate;
        _resolution = DefaultResolution;
        _scaling = false;
        _reporting = false;
        _remote = false;
        ClearMovement();
    }

    private void Report(bool scales)
    {
        int x = Math.Clamp(_x, -255, 255);
        int y = Math.Clamp(_y, -255, 255);
        int z = Math.Clamp(_z, -8, 7);
        (_x, _y, _z) = (_x - x, _y - y, _z - z);
        _buttonsSent = _buttons;
        if (scales && _scaling)
        {
            (x, y) = (Scaled(x), Scaled(y));
        }

        _queue.TryPush((byte)(0x08 | (_buttons & 7) | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0)));
        _queue.TryPush((byte)x);
        _queue.TryPush((byte)y);
        if (_id != Plain)
        {
            _queue.TryPush((byte)(_id == Wheel ? z : (z & 0x0F) | ((_buttons & 0x18) << 1)));
        }
    }
}
