using System;
using Doppel.Backends;

namespace Doppel.Machine.Tests;

/// <summary>A medium in an array.</summary>
internal sealed class MemoryMedium(int lengthBytes) : IBlockBackend
{
    public byte[] Bytes { get; } = new byte[lengthBytes];

    public int Writes { get; private set; }

    public long LengthBytes => Bytes.Length;

    public bool IsReadOnly => false;

    public string Description => "memory";

    public BlockStatus Read(long offset, Span<byte> to)
    {
        if (offset < 0 || offset > Bytes.Length - to.Length)
        {
            return BlockStatus.OutOfRange;
        }

        Bytes.AsSpan((int)offset, to.Length).CopyTo(to);
        return BlockStatus.Done;
    }

    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        if (offset < 0 || offset > Bytes.Length - from.Length)
        {
            return BlockStatus.OutOfRange;
        }

        Writes++;
        from.CopyTo(Bytes.AsSpan((int)offset));
        return BlockStatus.Done;
    }

    public BlockStatus Flush() => BlockStatus.Done;

    public void Dispose()
    {
    }
}
