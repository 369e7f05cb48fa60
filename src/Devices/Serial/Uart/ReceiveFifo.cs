using Doppel.Primitives;

namespace Doppel.Devices.Serial.Uart;

/// <summary>The receiver's 16 bytes, or its single buffer register while FIFOs are off.</summary>
internal sealed class ReceiveFifo
{
    /// <summary>Depth with FIFOs on.</summary>
    public const int Depth = 16;

    private readonly byte[] _bytes = new byte[Depth];
    private int _head;

    /// <summary>Bytes that wait.</summary>
    public int Count { get; private set; }

    /// <summary>The byte at the head stays readable after it has been taken, as in the chip's buffer register.</summary>
    public byte Last { get; private set; }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        _head = 0;
        Count = 0;
    }

    /// <summary>Appends a byte; the caller has made sure that there is room.</summary>
    public void Push(byte value)
    {
        _bytes[(_head + Count) % Depth] = value;
        Count++;
    }

    /// <summary>Replaces the byte that waits: what a buffer of one byte does when it overruns.</summary>
    public void Overwrite(byte value) => _bytes[_head] = value;

    /// <summary>Takes the oldest byte; repeats the last one when nothing waits.</summary>
    public byte Pop()
    {
        if (Count > 0)
        {
            Last = _bytes[_head];
            _head = (_head + 1) % Depth;
            Count--;
        }

        return Last;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("fifo", _bytes);
        to.Write("fifoHead", (ulong)_head);
        to.Write("fifoCount", (ulong)Count);
        to.Write("lastReceived", (ulong)Last);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.ReadBytes("fifo", _bytes);
        _head = (int)from.ReadUnsigned("fifoHead", Depth - 1);
        Count = (int)from.ReadUnsigned("fifoCount", Depth);
        Last = (byte)from.ReadUnsigned("lastReceived", 0xFF);
    }
}
