using System;
using Doppel.Primitives;
using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>
/// The chip's four cylinder counters, the seeks that are under way, and the status that SENSE INTERRUPT STATUS will give (82077AA datasheet 5.2.1 to
/// 5.2.3). The head moves when a seek begins; only its end takes time.
/// </summary>
internal sealed class FdcSeeks
{
    private const int Drives = 4;
    private const byte AllDrives = 0x0F;
    private readonly byte[] _cylinders = new byte[Drives];
    private readonly byte[] _status = new byte[Drives];
    private readonly long[] _due = new long[Drives];
    private byte _ended;
    private byte _polled;

    /// <summary>Bits 3:0 of the main status register: drives that are seeking.</summary>
    public byte Busy
    {
        get
        {
            int busy = 0;
            for (int i = 0; i < Drives; i++)
            {
                busy |= _due[i] == long.MaxValue ? 0 : 1 << i;
            }

            return (byte)busy;
        }
    }

    /// <summary>When the next seek ends.</summary>
    public GuestTime NextDue
    {
        get
        {
            long next = long.MaxValue;
            foreach (long due in _due)
            {
                next = Math.Min(next, due);
            }

            return new GuestTime(next);
        }
    }

    /// <summary>Whether the end of a seek has not been sensed yet.</summary>
    public bool HasEnded => _ended != 0;

    /// <summary>The cylinder counter of a drive.</summary>
    public byte this[int drive]
    {
        get => _cylinders[drive];
        set => _cylinders[drive] = value;
    }

    /// <summary>The counters forget where the heads are.</summary>
    public void ClearCylinders() => Array.Clear(_cylinders);

    /// <summary>Reset: nothing under way, nothing to sense. The counters stay.</summary>
    public void Reset()
    {
        Array.Clear(_status);
        Array.Fill(_due, long.MaxValue);
        _ended = 0;
        _polled = 0;
    }

    /// <summary>Polling after a reset found a change of the ready line of all four drives: each is to be sensed.</summary>
    public void Poll() => _polled = AllDrives;

    /// <summary>Statuses of polling lapse when something else interrupts: firmware that senses only one of them would take the next for that of its seek.</summary>
    public void ForgetPolling() => _polled = 0;

    /// <summary>A seek begins that will end at <paramref name="due"/>.</summary>
    public void Begin(int drive, byte status, GuestTime due)
    {
        _status[drive] = status;
        _due[drive] = due.Nanoseconds;
        _ended &= (byte)~(1 << drive);
    }

    /// <summary>Ends seeks that are due. True: at least one ended.</summary>
    public bool End(GuestTime now)
    {
        bool any = false;
        for (int i = 0; i < Drives; i++)
        {
            if (_due[i] != long.MaxValue && _due[i] <= now.Nanoseconds)
            {
                _due[i] = long.MaxValue;
                _ended |= (byte)(1 << i);
                any = true;
            }
        }

        return any;
    }

    /// <summary>SENSE INTERRUPT STATUS. False: there is nothing to sense.</summary>
    public bool TrySense(out byte status, out byte cylinder)
    {
        for (int i = 0; i < Drives; i++)
        {
            int bit = 1 << i;
            if (((_ended | _polled) & bit) == 0)
            {
                continue;
            }

            bool ended = (_ended & bit) != 0;
            status = ended ? _status[i] : (byte)(St0Polling | i);
            cylinder = _cylinders[i];
            _ended &= (byte)~bit;
            _polled &= ended ? _polled : (byte)~bit;
            return true;
        }

        status = St0Invalid;
        cylinder = 0;
        return false;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("seeks", 1);
        to.Write("cylinders", _cylinders);
        to.Write("status", _status);
        foreach (long due in _due)
        {
            to.Write("due", due);
        }

        to.Write("ended", (ulong)_ended);
        to.Write("polled", (ulong)_polled);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("seeks", 1);
        from.ReadBytes("cylinders", _cylinders);
        from.ReadBytes("status", _status);
        for (int i = 0; i < Drives; i++)
        {
            _due[i] = from.ReadSigned("due", 0);
        }

        _ended = (byte)from.ReadUnsigned("ended", AllDrives);
        _polled = (byte)from.ReadUnsigned("polled", AllDrives);
        from.End();
    }
}
