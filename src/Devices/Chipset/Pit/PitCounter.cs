using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pit.Pit8254Registers;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>
/// One counter of the 8254 (datasheet "Operational Description" and "Mode Definitions"). The counting element is not stepped: its
/// value and OUT are functions of the CLK edge at which it was loaded and of its initial count, so every access costs the same
/// however much time has passed. Callers pass the present edge number.
/// Not modelled: a count of 1 in modes 2 and 3 (illegal by the datasheet) leaves OUT high.
/// </summary>
internal sealed class PitCounter
{
    private readonly PitReadout _readout = new();
    private int _mode;
    private bool _bcd;
    private int _access = AccessBoth;
    private bool _gate;
    private bool _writeHigh;
    private byte _lowByte;
    private ushort _countRegister;
    private bool _hasCount;

    // Counting element: holds _initial at edge _start. While it is not loaded it shows _idle.
    private bool _loaded;
    private long _start;
    private int _initial = 0x1_0000;
    private int _idle;

    // The gate stopped it _heldElapsed edges after loading.
    private bool _held;
    private long _heldElapsed;

    // A count written while counting: moves into the counting element at edge _pendingAt, or at the next trigger.
    private bool _pending;
    private long _pendingAt = PitTicks.Never;
    private bool _pendingIntoLowHalf;

    /// <summary>Creates a counter whose GATE input has level <paramref name="gate"/>.</summary>
    public PitCounter(bool gate) => _gate = gate;

    /// <summary>Level of GATE.</summary>
    public bool Gate => _gate;

    private int Modulus => _bcd ? 10_000 : 0x1_0000;

    private int HighHalf => (_initial + 1) / 2;

    /// <summary>Takes a control word for this counter; the RW field is not "latch".</summary>
    public void WriteControl(byte word, long now)
    {
        Settle(now);
        _idle = CountAt(now);
        int mode = (word >> 1) & 7;
        _mode = mode > 5 ? mode & 3 : mode;
        _bcd = (word & 1) != 0;
        _access = (word >> 4) & 3;
        _writeHigh = false;
        _hasCount = false;
        _loaded = false;
        _held = false;
        _pending = false;
        _readout.Clear();
    }

    /// <summary>Takes a byte of a new count.</summary>
    public void WriteCount(byte value, long now)
    {
        Settle(now);
        switch (_access)
        {
            case AccessLow:
                LoadRegister(value, now);
                break;
            case AccessHigh:
                LoadRegister((ushort)(value << 8), now);
                break;
            case AccessBoth when !_writeHigh:
                _lowByte = value;
                _writeHigh = true;
                if (_mode == 0)
                {
                    // Mode 0: the first byte stops counting and OUT goes low at once.
                    _idle = CountAt(now);
                    _loaded = false;
                }

                break;
            default:
                _writeHigh = false;
                LoadRegister((ushort)((value << 8) | _lowByte), now);
                break;
        }
    }

    /// <summary>Gives the next byte: latched status, latched count, or the running count.</summary>
    public byte Read(long now)
    {
        Settle(now);
        return _readout.Read(_access, Encode(CountAt(now)));
    }

    /// <summary>Counter latch command; ignored while an earlier latch has not been read.</summary>
    public void LatchCount(long now)
    {
        Settle(now);
        _readout.LatchCount(Encode(CountAt(now)));
    }

    /// <summary>Read-back command for the status byte; ignored while an earlier one has not been read.</summary>
    public void LatchStatus(long now)
    {
        Settle(now);
        bool nullCount = !_loaded || _pending || now < _start;
        int status = (OutAt(now) ? StatusOut : 0) | (nullCount ? StatusNullCount : 0) | (_access << 4) | (_mode << 1) | (_bcd ? 1 : 0);
        _readout.LatchStatus((byte)status);
    }

    /// <summary>Drives GATE.</summary>
    public void SetGate(bool high, long now)
    {
        if (high == _gate)
        {
            return;
        }

        Settle(now);
        _gate = high;
        bool oneShot = _mode is 1 or 5;
        if (high && oneShot && _hasCount)
        {
            Load(now + 1);
        }
        else if (high && _mode is 2 or 3 && _loaded)
        {
            _held = false;
            Load(now + 1);
        }
        else if (high && _held)
        {
            _held = false;
            _start = now - _heldElapsed;
        }
        else if (!high && !oneShot && _loaded)
        {
            _held = true;
            _heldElapsed = Math.Max(0, now - _start);
            _pendingAt = PitTicks.Never;
        }
    }

    /// <summary>Level of OUT.</summary>
    public bool Out(long now)
    {
        Settle(now);
        return OutAt(now);
    }

    /// <summary>The first CLK edge after <paramref name="now"/> at which OUT goes from low to high, or <see cref="PitTicks.Never"/>.</summary>
    public long NextRise(long now)
    {
        Settle(now);
        if (!_loaded || _held)
        {
            return PitTicks.Never;
        }

        switch (_mode)
        {
            case 0 or 1:
                return Later(_start + _initial, now);
            case 2 or 3:
                if (_pending)
                {
                    return _pendingAt == PitTicks.Never || !_pendingIntoLowHalf ? _pendingAt : _pendingAt + (InitialCount() / 2);
                }

                return _initial < 2 ? PitTicks.Never : _start + (((Math.Max(0, now - _start) / _initial) + 1) * _initial);
            default:
                return Later(_start + _initial + 1, now);
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("counter", 1);
        to.Write("mode", (ulong)_mode);
        to.Write("bcd", _bcd);
        to.Write("access", (ulong)_access);
        to.Write("gate", _gate);
        to.Write("writeHigh", _writeHigh);
        to.Write("lowByte", (ulong)_lowByte);
        to.Write("countRegister", (ulong)_countRegister);
        to.Write("hasCount", _hasCount);
        to.Write("loaded", _loaded);
        to.Write("start", _start);
        to.Write("initial", (ulong)_initial);
        to.Write("idle", (ulong)_idle);
        to.Write("held", _held);
        to.Write("heldElapsed", _heldElapsed);
        to.Write("pending", _pending);
        to.Write("pendingAt", _pendingAt);
        to.Write("pendingIntoLowHalf", _pendingIntoLowHalf);
        _readout.Save(to);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        // Edge numbers stay below a quarter of the range, so that sums with a count cannot overflow.
        const long LastEdge = long.MaxValue / 4;
        from.Begin("counter", 1);
        _mode = (int)from.ReadUnsigned("mode", 5);
        _bcd = from.ReadBool("bcd");
        _access = (int)from.ReadUnsigned("access", 3);
        _gate = from.ReadBool("gate");
        _writeHigh = from.ReadBool("writeHigh");
        _lowByte = (byte)from.ReadUnsigned("lowByte", 0xFF);
        _countRegister = (ushort)from.ReadUnsigned("countRegister", 0xFFFF);
        _hasCount = from.ReadBool("hasCount");
        _loaded = from.ReadBool("loaded");
        _start = from.ReadSigned("start", -LastEdge, LastEdge);
        _initial = (int)from.ReadUnsigned("initial", 0x1_0000);
        _idle = (int)from.ReadUnsigned("idle", 0x1_0000);
        _held = from.ReadBool("held");
        _heldElapsed = from.ReadSigned("heldElapsed", 0, LastEdge);
        _pending = from.ReadBool("pending");
        _pendingAt = from.ReadSigned("pendingAt", 0);
        _pendingIntoLowHalf = from.ReadBool("pendingIntoLowHalf");
        _readout.Restore(from);
        from.End();
        if (_access == AccessLatch || _initial == 0 || (_pendingAt > LastEdge && _pendingAt != PitTicks.Never))
        {
            throw new StateFormatException("counter: access, initial count or pending edge cannot be");
        }
    }

    private static long Later(long edge, long now) => edge > now ? edge : PitTicks.Never;

    private void LoadRegister(ushort raw, long now)
    {
        _countRegister = raw;
        _hasCount = true;
        if (_mode is 1 or 5)
        {
            _pending = true;
            _pendingAt = PitTicks.Never;
        }
        else if (_mode is 2 or 3 && _loaded)
        {
            SchedulePending(now);
        }
        else
        {
            Load(now + 1);
            _held = !_gate;
            _heldElapsed = 0;
        }
    }

    // Mode 2 takes a new count when the present cycle ends, mode 3 when the present half cycle ends.
    private void SchedulePending(long now)
    {
        _pending = true;
        _pendingIntoLowHalf = false;
        _pendingAt = PitTicks.Never;
        if (_held)
        {
            return;
        }

        long elapsed = Math.Max(0, now - _start);
        long cycle = _start + (elapsed / _initial * _initial);
        _pendingIntoLowHalf = _mode == 3 && _initial > 1 && elapsed % _initial < HighHalf;
        _pendingAt = cycle + (_pendingIntoLowHalf ? HighHalf : _initial);
    }

    private void Settle(long now)
    {
        if (_pending && now >= _pendingAt)
        {
            long at = _pendingAt;
            Load(at);
            _start = _pendingIntoLowHalf ? at - HighHalf : at;
        }
    }

    private void Load(long edge)
    {
        _initial = InitialCount();
        _start = edge;
        _loaded = true;
        _pending = false;
        _pendingAt = PitTicks.Never;
    }

    // A register of 0 is the largest count. BCD digits above 9 are not decimal; they count by their weight.
    private int InitialCount()
    {
        int raw = _countRegister;
        int count = _bcd ? ((raw >> 12) * 1000) + (((raw >> 8) & 15) * 100) + (((raw >> 4) & 15) * 10) + (raw & 15) : raw;
        return count == 0 ? Modulus : count;
    }

    private long Elapsed(long now) => _held ? _heldElapsed : Math.Max(0, now - _start);

    private int CountAt(long now)
    {
        if (!_loaded)
        {
            return _idle;
        }

        long elapsed = Elapsed(now);
        if (_mode is 2)
        {
            return _initial - (int)(elapsed % _initial);
        }

        if (_mode is 3)
        {
            // Counts down by two through each half; odd counts are loaded less one.
            int phase = (int)(elapsed % _initial);
            return (_initial & ~1) - (2 * (phase < HighHalf ? phase : phase - HighHalf));
        }

        int count = (int)((_initial - elapsed) % Modulus);
        return count < 0 ? count + Modulus : count;
    }

    private bool OutAt(long now)
    {
        if (!_loaded)
        {
            return _mode != 0;
        }

        long elapsed = Elapsed(now);
        return _mode switch
        {
            0 => elapsed >= _initial,
            1 => elapsed >= _initial,
            2 => !_gate || _initial < 2 || elapsed % _initial != _initial - 1,
            3 => !_gate || elapsed % _initial < HighHalf,
            _ => elapsed != _initial,
        };
    }

    private ushort Encode(int count)
    {
        count %= Modulus;
        return (ushort)(_bcd ? ((count / 1000) << 12) | ((count / 100 % 10) << 8) | ((count / 10 % 10) << 4) | (count % 10) : count);
    }
}
