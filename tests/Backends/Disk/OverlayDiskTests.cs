using System;
using System.IO;
using Doppel.Backends.Disk;

namespace Doppel.Backends.Tests.Disk;

public sealed class OverlayDiskTests
{
    private const int Length = (3 << 20) + 1000;

    [Fact]
    public void It_behaves_as_a_disk_and_leaves_what_lies_below()
    {
        byte[] below = Pattern();
        byte[] model = [.. below];
        using OverlayDisk overlay = new(new MemoryDisk(below));
        Random random = new(5);
        byte[] data = new byte[20_000];
        for (int i = 0; i < 4000; i++)
        {
            int length = random.Next(random.Next(4) == 0 ? data.Length : 1500);
            int offset = random.Next(Length - length + 1);
            Span<byte> part = data.AsSpan(0, length);
            if (random.Next(2) == 0)
            {
                random.NextBytes(part);
                Assert.Equal(BlockStatus.Done, overlay.Write(offset, part));
                part.CopyTo(model.AsSpan(offset));
            }
            else
            {
                Assert.Equal(BlockStatus.Done, overlay.Read(offset, part));
                Assert.True(part.SequenceEqual(model.AsSpan(offset, length)));
            }
        }

        Assert.Equal(Pattern(), below);
        Assert.Equal(BlockStatus.Done, overlay.Flush());
        Assert.False(overlay.IsReadOnly);
    }

    [Fact]
    public void Only_changed_blocks_are_kept_and_named()
    {
        using OverlayDisk overlay = new(new MemoryDisk(Pattern(), isReadOnly: true));
        Assert.False(overlay.NextChange(0, out _, out _));
        _ = overlay.Write(5000, new byte[1]);
        _ = overlay.Write(8192, new byte[4096]);
        _ = overlay.Write(Length - 1, new byte[1]);
        Assert.Equal(3, overlay.ChangedBlockCount);
        Assert.True(overlay.NextChange(0, out long start, out int length));
        Assert.Equal((4096L, 8192), (start, length));
        Assert.True(overlay.NextChange(start + length, out start, out length));
        Assert.Equal((3145728L, 1000), (start, length));
        Assert.False(overlay.NextChange(start + length, out _, out _));
    }

    [Fact]
    public void A_fork_has_the_changes_and_goes_its_own_way()
    {
        Watched below = new(Pattern());
        OverlayDisk one = new(below);
        _ = one.Write(100, "one"u8);
        OverlayDisk two = one.Fork();
        _ = two.Write(100, "two"u8);
        _ = one.Write(200, "one"u8);
        Assert.Equal("one", Text(one, 100));
        Assert.Equal("two", Text(two, 100));
        Assert.NotEqual("one", Text(two, 200));
        one.Dispose();
        one.Dispose();
        Assert.False(below.IsDisposed);
        Assert.Equal("two", Text(two, 100));
        two.Dispose();
        Assert.True(below.IsDisposed);
    }

    [Fact]
    public void Discarded_changes_show_what_lies_below_again()
    {
        using OverlayDisk overlay = new(new MemoryDisk(Pattern()));
        string below = Text(overlay, 70_000);
        _ = overlay.Write(70_000, "new"u8);
        overlay.DiscardChanges();
        Assert.Equal(below, Text(overlay, 70_000));
        Assert.Equal(0, overlay.ChangedBlockCount);
        Assert.False(overlay.NextChange(0, out _, out _));
    }

    [Fact]
    public void A_disk_of_a_tebibyte_costs_what_was_changed()
    {
        using OverlayDisk overlay = new(new Vast(), Path.GetTempPath());
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = overlay.Write((1L << 40) - 512, new byte[512]);
        _ = overlay.Write(1L << 39, new byte[512]);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 200_000);
        Assert.True(overlay.NextChange(0, out long start, out _));
        Assert.Equal(1L << 39, start);
        Assert.True(overlay.NextChange(start + 4096, out start, out _));
        Assert.Equal((1L << 40) - 4096, start);
    }

    private static byte[] Pattern()
    {
        byte[] bytes = new byte[Length];
        for (int i = 0; i < Length; i++)
        {
            bytes[i] = (byte)((i * 11) ^ (i >> 12));
        }

        return bytes;
    }

    private static string Text(OverlayDisk disk, long offset)
    {
        byte[] data = new byte[3];
        Assert.Equal(BlockStatus.Done, disk.Read(offset, data));
        return System.Text.Encoding.ASCII.GetString(data);
    }

    private sealed class Watched(byte[] bytes) : IBlockBackend
    {
        public bool IsDisposed { get; private set; }

        public long LengthBytes => bytes.Length;

        public bool IsReadOnly => true;

        public string Description => "watched";

        public BlockStatus Read(long offset, Span<byte> to)
        {
            Assert.False(IsDisposed);
            bytes.AsSpan((int)offset, to.Length).CopyTo(to);
            return BlockStatus.Done;
        }

        public BlockStatus Write(long offset, ReadOnlySpan<byte> from) => throw new InvalidOperationException();

        public BlockStatus Flush() => BlockStatus.Done;

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Vast : IBlockBackend
    {
        public long LengthBytes => 1L << 40;

        public bool IsReadOnly => true;

        public string Description => "vast";

        public BlockStatus Read(long offset, Span<byte> to)
        {
            to.Clear();
            return BlockStatus.Done;
        }

        public BlockStatus Write(long offset, ReadOnlySpan<byte> from) => BlockStatus.ReadOnly;

        public BlockStatus Flush() => BlockStatus.Done;

        public void Dispose()
        {
        }
    }
}
