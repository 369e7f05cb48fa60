using System;
using Doppel.Primitives;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>A device's output buffer of fixed size; what does not fit is refused.</summary>
internal sealed class ByteQueue(int depth)
{
    private readonly byte[] _bytes = new byte[depth];
    private int _head;

    /// <summary>Bytes that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes that still fit.</summary>
    public int Room => _bytes.Length - Count;

    /// <summary>Drops all.</summary>
    public void Clear()
    {
        _head = 0;
        Count = 0;
    }

    /// <summary>Appends a byte; false: full, dropped.</summary>
    public bool TryPush(byte value)
    {
        if (Count == _bytes.Length)
        {
            return false;
        }

        _bytes[(_head + Count) % _bytes.Length] = value;
        Count++;
        return true;
    }

    /// <summary>Takes the oldest byte.</summary>
    public bool TryPop(out byte value)
    {
        value = _bytes[_head];
        if (Count == 0)
        {
            return false;
        }

        _head = (_head + 1) % _bytes.Length;
        Count--;
        return true;
    }

    /// <summary>Writes the bytes that wait, oldest first.</summary>
    public void Save(IStateWriter to, string field)
    {
        Span<byte> waiting = stackalloc byte[Count];
        for (int i = 0; i < Count; i++)
        {
            waiting[i] = _bytes[(_head + i) % _bytes.Length];
        }

        to.Write(field, waiting);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from, string field)
    {
        byte[] waiting = from.ReadBytes(field, _bytes.Length);
        Clear();
        waiting.CopyTo(_bytes, 0);
        Count = waiting.Length;
    }
}
