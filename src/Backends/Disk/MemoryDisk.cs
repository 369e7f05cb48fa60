using System;

namespace Doppel.Backends.Disk;

/// <summary>A disk in memory, for small media and tests. Reads may come from several threads at once while nobody writes.</summary>
public sealed class MemoryDisk : IBlockBackend
{
    private readonly byte[] _bytes;

    /// <summary>A disk whose bytes are <paramref name="bytes"/>, not a copy of them.</summary>
    public MemoryDisk(byte[] bytes, bool isReadOnly = false)
    {
        _bytes = bytes;
        IsReadOnly = isReadOnly;
    }

    /// <inheritdoc/>
    public long LengthBytes => _bytes.Length;

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public string Description => "memory";

    /// <inheritdoc/>
    public BlockStatus Read(long offset, Span<byte> to)
    {
        if (!Fits(offset, to.Length))
        {
            return BlockStatus.OutOfRange;
        }

        _bytes.AsSpan((int)offset, to.Length).CopyTo(to);
        return BlockStatus.Done;
    }

    /// <inheritdoc/>
    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        if (!Fits(offset, from.Length))
        {
            return BlockStatus.OutOfRange;
        }

        if (IsReadOnly)
        {
            return BlockStatus.ReadOnly;
        }

        from.CopyTo(_bytes.AsSpan((int)offset));
        return BlockStatus.Done;
    }

    /// <inheritdoc/>
    public BlockStatus Flush() => BlockStatus.Done;

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }

    private bool Fits(long offset, int length) => offset >= 0 && offset <= _bytes.Length - length;
}
