using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pit.Pit8254Registers;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>
/// The output side of a counter: status latch, count latch and the low/high flip-flop (82C54 datasheet "Read Operations"). A latched
/// count stays until its last byte has been read, wherever in a pair of reads the latch command came.
/// </summary>
internal sealed class PitReadout
{
    private bool _statusLatched;
    private byte _status;
    private bool _countLatched;
    private ushort _count;
    private bool _readHigh;

    /// <summary>Forgets latches and starts with the low byte: a control word does so.</summary>
    public void Clear()
    {
        _statusLatched = false;
        _countLatched = false;
        _readHigh = false;
    }

    /// <summary>Keeps <paramref name="count"/> for the next reads unless one is kept already.</summary>
    public void LatchCount(ushort count)
    {
        if (!_countLatched)
        {
            _countLatched = true;
            _count = count;
        }
    }

    /// <summary>Keeps <paramref name="status"/> for the next read unless one is kept already.</summary>
    public void LatchStatus(byte status)
    {
        if (!_statusLatched)
        {
            _statusLatched = true;
            _status = status;
        }
    }

    /// <summary>One read of the counter's port with RW field <paramref name="access"/>; <paramref name="live"/> is the running count.</summary>
    public byte Read(int access, ushort live)
    {
        if (_statusLatched)
        {
            _statusLatched = false;
            return _status;
        }

        ushort count = _countLatched ? _count : live;
        bool high = access == AccessHigh || (access == AccessBoth && _readHigh);
        _readHigh = access == AccessBoth && !_readHigh;
        _countLatched &= _readHigh;
        return (byte)(high ? count >> 8 : count);
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("statusLatched", _statusLatched);
        to.Write("status", (ulong)_status);
        to.Write("countLatched", _countLatched);
        to.Write("latchedCount", (ulong)_count);
        to.Write("readHigh", _readHigh);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _statusLatched = from.ReadBool("statusLatched");
        _status = (byte)from.ReadUnsigned("status", 0xFF);
        _countLatched = from.ReadBool("countLatched");
        _count = (ushort)from.ReadUnsigned("latchedCount", 0xFFFF);
        _readHigh = from.ReadBool("readHigh");
    }
}
