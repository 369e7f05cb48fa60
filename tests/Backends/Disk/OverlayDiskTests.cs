using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Backends.Disk;
using Doppel.Primitives;

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
    public void Saved_changes_come_back_in_place_of_others()
    {
        using OverlayDisk one = new(new MemoryDisk(Pattern()));
        byte[] data = new byte[900_000];
        new Random(3).NextBytes(data);
        _ = one.Write(70_000, data);
        _ = one.Write(Length - 3, "end"u8);
        Tape tape = new();
        one.Save(tape);

        using OverlayDisk two = new(new MemoryDisk(Pattern()));
        _ = two.Write(0, "other"u8);
        two.Restore(tape);
        byte[] here = new byte[Length];
        byte[] there = new byte[Length];
        Assert.Equal(BlockStatus.Done, one.Read(0, here));
        Assert.Equal(BlockStatus.Done, two.Read(0, there));
        Assert.Equal(here, there);
        Assert.Equal(one.ChangedBlockCount, two.ChangedBlockCount);
    }

    [Theory]
    [InlineData(1UL, 4096)]
    [InlineData(4096UL, 0)]
    [InlineData(4096UL, 4095)]
    [InlineData(0UL, 4096)]
    [InlineData(3145728UL, 4096)]
    [InlineData(ulong.MaxValue, 4096)]
    [InlineData(4096UL, 1 << 20)]
    public void Adv73_state_bounds_changes_that_cannot_be_are_refused(ulong at, int length)
    {
        Tape tape = new();
        tape.Begin("overlay", 1);
        tape.Write("length", (ulong)Length);
        tape.Write("more", true);
        tape.Write("at", 0UL);
        tape.Write("data", new byte[4096]);
        tape.Write("more", true);
        tape.Write("at", at);
        tape.Write("data", new byte[length]);
        tape.Write("more", false);
        tape.End();
        Tape copy = new(tape);
        using OverlayDisk overlay = new(new MemoryDisk(Pattern()));
        Assert.Throws<StateFormatException>(() => overlay.Restore(tape));
        using OverlayDisk other = new(new MemoryDisk(new byte[4096]));
        Assert.Throws<StateFormatException>(() => other.Restore(copy));
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

    /// <summary>A record in memory.</summary>
    private sealed class Tape : IStateWriter, IStateReader
    {
        private readonly Queue<object> _cells = new();

        public Tape()
        {
        }

        public Tape(Tape other) => _cells = new Queue<object>(other._cells);

        public void Begin(string record, int version) => _cells.Enqueue(version);

        public void End()
        {
        }

        public void Write(string field, ulong value) => _cells.Enqueue(value);

        public void Write(string field, long value) => _cells.Enqueue(value);

        public void Write(string field, bool value) => _cells.Enqueue(value);

        public void Write(string field, ReadOnlySpan<byte> value) => _cells.Enqueue(value.ToArray());

        int IStateReader.Begin(string record, int newest) => (int)_cells.Dequeue();

        public ulong ReadUnsigned(string field, ulong max = ulong.MaxValue) => (ulong)_cells.Dequeue() is var value && value <= max ? value : throw new StateFormatException(field);

        public long ReadSigned(string field, long min = long.MinValue, long max = long.MaxValue) => (long)_cells.Dequeue();

        public bool ReadBool(string field) => (bool)_cells.Dequeue();

        public void ReadBytes(string field, Span<byte> to) => ((byte[])_cells.Dequeue()).CopyTo(to);

        public byte[] ReadBytes(string field, int maxLengthBytes) => (byte[])_cells.Dequeue() is var value && value.Length <= maxLengthBytes ? value : throw new StateFormatException(field);
    }
}
