using System;
using Doppel.Backends;

namespace Doppel.Devices.Tests.Floppy;

/// <summary>A disk in memory whose every byte tells its place; may be read-only, fail, and counts flushes.</summary>
internal sealed class FakeMedium : IBlockBackend
{
    public FakeMedium(long lengthBytes, bool isReadOnly = false)
    {
        Bytes = new byte[lengthBytes];
        IsReadOnly = isReadOnly;
        for (int i = 0; i < Bytes.Length; i++)
        {
            Bytes[i] = Pattern(i);
        }
    }

    public byte[] Bytes { get; }

    public bool Fails { get; set; }

    public int Flushes { get; private set; }

    public long LengthBytes => Bytes.Length;

    public bool IsReadOnly { get; }

    public string Description => "memory";

    public static byte Pattern(long at) => (byte)((at / 512 * 7) + (at % 251));

    public BlockStatus Read(long offset, Span<byte> to)
    {
        Assert.True(offset >= 0 && offset + to.Length <= Bytes.Length, "read outside the disk");
        if (Fails)
        {
            return BlockStatus.Failed;
        }

        Bytes.AsSpan((int)offset, to.Length).CopyTo(to);
        return BlockStatus.Done;
    }

    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        if (IsReadOnly)
        {
            return BlockStatus.ReadOnly;
        }

        if (offset < 0 || offset + from.Length > Bytes.Length)
        {
            return BlockStatus.OutOfRange;
        }

        if (Fails)
        {
            return BlockStatus.Failed;
        }

        from.CopyTo(Bytes.AsSpan((int)offset));
        return BlockStatus.Done;
    }

    public BlockStatus Flush()
    {
        Flushes++;
        return BlockStatus.Done;
    }

    public void Dispose()
    {
    }
}
