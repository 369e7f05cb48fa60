using System;
using System.Threading;

namespace Doppel.Backends.Character;

/// <summary>Output on its way to somebody who may be slow: a ring that forgets the oldest bytes when it is full. Any thread.</summary>
internal sealed class LatestBytes
{
    /// <summary>Bytes that are kept.</summary>
    public const int RoomBytes = 64 * 1024;

    private readonly byte[] _ring = new byte[RoomBytes];
    private readonly object _gate = new();
    private int _start;
    private int _count;
    private int _round;
    private bool _isClosed;
    private long _lost;

    /// <summary>Bytes forgotten so far.</summary>
    public long Lost
    {
        get
        {
            lock (_gate)
            {
                return _lost;
            }
        }
    }

    /// <summary>Which taker is the present one; see <see cref="Take"/>.</summary>
    public int Round
    {
        get
        {
            lock (_gate)
            {
                return _round;
            }
        }
    }

    /// <summary>Takes all; never waits.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            if (bytes.Length > RoomBytes)
            {
                _lost += bytes.Length - RoomBytes;
                bytes = bytes[^RoomBytes..];
            }

            int over = Math.Max(_count + bytes.Length - RoomBytes, 0);
            _lost += over;
            _start = (_start + over) % RoomBytes;
            _count -= over;
            int at = (_start + _count) % RoomBytes;
            int head = Math.Min(bytes.Length, RoomBytes - at);
            bytes[..head].CopyTo(_ring.AsSpan(at));
            bytes[head..].CopyTo(_ring);
            _count += bytes.Length;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for bytes and takes the oldest. 0: the ring is closed and empty, or <paramref name="round"/> is over.</summary>
    public int Take(Span<byte> to, int round)
    {
        lock (_gate)
        {
            while (_count == 0 && !_isClosed && _round == round)
            {
                Monitor.Wait(_gate);
            }

            if (_round != round)
            {
                return 0;
            }

            int taken = Math.Min(Math.Min(_count, to.Length), RoomBytes - _start);
            _ring.AsSpan(_start, taken).CopyTo(to);
            _start = (_start + taken) % RoomBytes;
            _count -= taken;
            Monitor.PulseAll(_gate);
            return taken;
        }
    }

    /// <summary>Ends the present round: its taker gets nothing more.</summary>
    public void EndRound()
    {
        lock (_gate)
        {
            _round++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>No more is written; what waits can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }
}
