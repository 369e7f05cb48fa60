using System;
using System.Collections.Generic;

namespace Doppel.Cpu.Tests.Run;

/// <summary>
/// A device that gives and takes bytes in blocks: all but the last element of a block may move many at a time when <paramref name="many"/> is set. It notes
/// the count of instructions at the last element of each block.
/// </summary>
internal sealed class PortStream(int blockBytes, bool many, Func<ulong> count)
{
    private int _at;

    /// <summary>Bytes taken.</summary>
    public List<byte> Taken { get; } = [];

    /// <summary>Counts at which blocks ended.</summary>
    public List<ulong> Ends { get; } = [];

    /// <summary>Elements that moved many at a time.</summary>
    public int Moved { get; private set; }

    /// <summary>Called at the end of a block.</summary>
    public Action? Ended { get; set; }

    public ulong Read(int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            value |= (ulong)(byte)((_at + i) * 7) << (i * 8);
        }

        Advance(size);
        return value;
    }

    public void Write(int size, ulong value)
    {
        for (int i = 0; i < size; i++)
        {
            Taken.Add((byte)(value >> (i * 8)));
        }

        Advance(size);
    }

    public int ReadMany(int size, Span<byte> to)
    {
        int elements = Elements(size, to.Length);
        for (int i = 0; i < elements * size; i++)
        {
            to[i] = (byte)((_at + i) * 7);
        }

        _at += elements * size;
        return elements;
    }

    public int WriteMany(int size, ReadOnlySpan<byte> from)
    {
        int elements = Elements(size, from.Length);
        Taken.AddRange(from[..(elements * size)]);
        _at += elements * size;
        return elements;
    }

    private int Elements(int size, int room)
    {
        int elements = many ? Math.Min(room / size, (blockBytes - 1 - (_at % blockBytes)) / size) : 0;
        Moved += elements;
        return elements;
    }

    private void Advance(int size)
    {
        if (_at / blockBytes != (_at + size) / blockBytes)
        {
            Ends.Add(count());
            Ended?.Invoke();
        }

        _at += size;
    }
}
