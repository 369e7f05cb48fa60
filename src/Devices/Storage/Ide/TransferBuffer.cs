using System;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>The memory of a drive through which all data goes. What the guest moves stays between 0 and the end of the block, whatever it does.</summary>
internal sealed class TransferBuffer
{
    /// <summary>Length in bytes: 128 sectors of a disk, 32 of a CD.</summary>
    public const int Capacity = 65_536;

    private readonly byte[] _bytes = new byte[Capacity];

    /// <summary>The next byte that moves.</summary>
    public int Position { get; private set; }

    /// <summary>Where the block that the guest may move now ends.</summary>
    public int BlockEnd { get; private set; }

    /// <summary>Where the data end.</summary>
    public int Filled { get; private set; }

    /// <summary>Bytes for the guest that have not moved.</summary>
    public int Waiting => Filled - Position;

    /// <summary>Whether the block has moved.</summary>
    public bool IsBlockDone => Position >= BlockEnd;

    /// <summary>Bytes from the guest so far.</summary>
    public ReadOnlySpan<byte> Received => _bytes.AsSpan(0, Position);

    /// <summary>Bytes for the guest that have not moved.</summary>
    public ReadOnlySpan<byte> Unsent => _bytes.AsSpan(Position, Waiting);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Position = 0;
        BlockEnd = 0;
        Filled = 0;
    }

    /// <summary>Makes room for <paramref name="length"/> bytes (at most <see cref="Capacity"/>) for the guest; the caller fills it, stale as it is.</summary>
    public Span<byte> Fill(int length)
    {
        Clear();
        Filled = length;
        return _bytes.AsSpan(0, length);
    }

    /// <summary>Hands the next <paramref name="length"/> bytes, at most <see cref="Waiting"/>, to the guest as one block.</summary>
    public void OpenForReading(int length) => BlockEnd = Position + Math.Min(length, Waiting);

    /// <summary>Waits for <paramref name="length"/> bytes, at most <see cref="Capacity"/>, from the guest.</summary>
    public void OpenForWriting(int length)
    {
        Clear();
        BlockEnd = length;
    }

    /// <summary>Shortens what is for the guest.</summary>
    public void Limit(int length) => Filled = Math.Min(Filled, length);

    /// <summary>The guest reads the data port; bytes past the block are zeros.</summary>
    public ulong Take(int count)
    {
        ulong value = 0;
        for (int i = 0; i < count && Position < BlockEnd; i++)
        {
            value |= (ulong)_bytes[Position++] << (i * 8);
        }

        return value;
    }

    /// <summary>The guest writes the data port; bytes past the block are lost.</summary>
    public void Put(int count, ulong value)
    {
        for (int i = 0; i < count && Position < BlockEnd; i++)
        {
            _bytes[Position++] = (byte)(value >> (i * 8));
        }
    }

    /// <summary>The guest reads many elements at once; the last of the block is left. Returns their number.</summary>
    public int TakeMany(int size, Span<byte> to)
    {
        int count = Many(size, to.Length);
        _bytes.AsSpan(Position, count * size).CopyTo(to);
        Position += count * size;
        return count;
    }

    /// <summary>The guest writes many elements at once; the last of the block is left. Returns their number.</summary>
    public int PutMany(int size, ReadOnlySpan<byte> from)
    {
        int count = Many(size, from.Length);
        from[..(count * size)].CopyTo(_bytes.AsSpan(Position));
        Position += count * size;
        return count;
    }

    /// <summary>Bytes that the bus master moves into memory have gone.</summary>
    public void Sent(int count) => Position += count;

    /// <summary>Room for what the bus master reads from memory, up to <paramref name="end"/>.</summary>
    public Span<byte> Room(int end) => _bytes.AsSpan(Position, end - Position);

    public void Save(IStateWriter to)
    {
        to.Write("position", (ulong)Position);
        to.Write("blockEnd", (ulong)BlockEnd);
        to.Write("data", _bytes.AsSpan(0, Math.Max(Position, Filled)));
        to.Write("filled", (ulong)Filled);
    }

    public void Restore(IStateReader from)
    {
        Clear();
        int position = (int)from.ReadUnsigned("position", Capacity);
        int blockEnd = (int)from.ReadUnsigned("blockEnd", Capacity);
        byte[] data = from.ReadBytes("data", Capacity);
        int filled = (int)from.ReadUnsigned("filled", Capacity);
        if (data.Length != Math.Max(position, filled) || (filled == 0 ? position > blockEnd : position > filled || blockEnd > filled))
        {
            throw new StateFormatException("data: not what position and end say");
        }

        data.CopyTo(_bytes, 0);
        Position = position;
        BlockEnd = blockEnd;
        Filled = filled;
    }

    private int Many(int size, int room) => Math.Clamp((BlockEnd - Position - 1) / size, 0, room / size);
}
