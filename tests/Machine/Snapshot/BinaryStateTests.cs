using System;
using System.IO;
using System.Text;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using static Doppel.Machine.Tests.Snapshot.StateStreams;

namespace Doppel.Machine.Tests.Snapshot;

public sealed class BinaryStateTests
{
    [Fact]
    public void Everything_comes_back()
    {
        BinaryStateReader from = new(Make(WriteSample));
        Assert.Equal(3, from.Begin("machine", 5));
        Assert.Equal(123_456_789_012_345UL, from.ReadUnsigned("time"));
        Assert.Equal(2, from.Begin("pit", 2));
        Assert.Equal("machine/pit", from.Path);
        Assert.Equal(0UL, from.ReadUnsigned("zero"));
        Assert.Equal(ulong.MaxValue, from.ReadUnsigned("top"));
        Assert.Equal(long.MinValue, from.ReadSigned("low"));
        Assert.Equal(long.MaxValue, from.ReadSigned("high"));
        Assert.Equal(-1, from.ReadSigned("minus"));
        Assert.True(from.ReadBool("gate"));
        Assert.False(from.ReadBool("null"));
        from.End();
        from.Begin("ram", 1);
        from.ReadBytes("empty", []);
        Assert.Equal(Long, from.ReadBytes("page", Long.Length));
        byte[] four = new byte[4];
        from.ReadBytes("four", four);
        Assert.Equal([1, 2, 3, 4], four);
        from.End();
        from.End();
        from.Begin("second", 1);
        from.End();
        from.Finish();
    }

    [Fact]
    public void Numbers_survive_at_every_width()
    {
        for (int bit = 0; bit < 64; bit++)
        {
            ulong at = 1UL << bit;
            foreach (ulong value in new[] { at - 1, at, at | 1 })
            {
                BinaryStateReader from = new(Make(to =>
                {
                    to.Begin("r", 1);
                    to.Write("u", value);
                    to.Write("s", unchecked((long)value));
                    to.End();
                }));
                from.Begin("r", 1);
                Assert.Equal(value, from.ReadUnsigned("u"));
                Assert.Equal(unchecked((long)value), from.ReadSigned("s"));
            }
        }
    }

    [Fact]
    public void Mismatches_are_named()
    {
        byte[] stream = Make(to =>
        {
            to.Begin("pit", 4);
            to.Write("count", 300UL);
            to.Write("offset", -5L);
            to.Write("ram", [1, 2, 3]);
            to.End();
        });
        Refused(stream, from => from.Begin("pic", 1), "state: a record pic should follow, but a record pit does");
        Refused(stream, from => from.Begin("pit", 3), "state of pit: has version 4, known are 1 to 3");
        Refused(stream, from => from.Finish(), "state: should end, but a record pit follows");
        RefusedInside(from => from.ReadUnsigned("latch"), "state of pit: an unsigned field latch should follow, but an unsigned field count does");
        RefusedInside(from => from.ReadSigned("count"), "state of pit: a signed field count should follow, but an unsigned field count does");
        RefusedInside(from => from.ReadUnsigned("count", 255), "state of pit: field count is 300, at most 255 can be");
        RefusedInside(from => from.End(), "state of pit: should end, but an unsigned field count follows");
        RefusedAfterCount(from => from.ReadSigned("offset", 0, 9), "state of pit: field offset is -5, 0 to 9 can be");
        RefusedAfterCount(from => from.ReadSigned("offset", -9, -6), "state of pit: field offset is -5, -9 to -6 can be");
        RefusedAtBytes(from => from.ReadBytes("ram", new byte[4]), "state of pit: field ram has 3 bytes, 4 are needed");
        RefusedAtBytes(from => from.ReadBytes("ram", 2), "state of pit: field ram has 3 bytes, at most 2 can be");
        RefusedAtBytes(from => from.ReadBytes("ram", -1), "state of pit: field ram has 3 bytes, at most -1 can be");
        RefusedAtBytes(
            from =>
            {
                from.ReadBytes("ram", 3);
                from.ReadBool("more");
            },
            "state of pit: a truth value more is missing");

        void RefusedInside(Action<BinaryStateReader> read, string message) => Refused(stream, from => { from.Begin("pit", 4); read(from); }, message);
        void RefusedAfterCount(Action<BinaryStateReader> read, string message) => RefusedInside(from => { from.ReadUnsigned("count"); read(from); }, message);
        void RefusedAtBytes(Action<BinaryStateReader> read, string message) => RefusedAfterCount(from => { from.ReadSigned("offset"); read(from); }, message);
    }

    [Fact]
    public void Forged_items_are_refused()
    {
        byte[] open = [1, .. Name("r"), 1];
        ReadForged([.. open, 3, .. Name("u"), 0x80, 0x00, 2, 0], "needless bytes");
        ReadForged([.. open, 3, .. Name("u"), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 2, 0], "more than 64 bits");
        ReadForged([.. open, 3, .. Name("u"), 0x80], "left");
        ReadForged([.. open, 3, 0, 1, 2, 0], "a name of 0 characters");
        ReadForged([.. open, 3, 65, 1, 2, 0], "a name of 65 characters");
        ReadForged([.. open, 3, 1, (byte)'\n', 1, 2, 0], "not printable");
        ReadForged([.. open, 9, .. Name("u"), 1, 2, 0], "unknown item 9");
        ReadForged([.. open, 3, 60, (byte)'u'], "60 bytes announced, 1 left");
        Refused(Forge([.. open, 6, .. Name("b"), 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1, 2, 0]), Bytes, "announced");
        Refused(Forge([.. open, 5, .. Name("t"), 2, 2, 0]), Truth, "a truth value of 2");
        Refused(Forge([1, .. Name("r"), 0]), from => from.Begin("r", 1), "has version 0");
        Refused(Forge([0, 7]), from => from.Finish(), "1 bytes are left over");
        Refused(Forge(2), from => from.Begin("r", 1), "is missing");

        static void ReadForged(byte[] items, string message) => Refused(Forge(items), Unsigned, message);

        static void Unsigned(BinaryStateReader from)
        {
            from.Begin("r", 1);
            from.ReadUnsigned("u");
        }

        static void Bytes(BinaryStateReader from)
        {
            from.Begin("r", 1);
            from.ReadBytes("b", int.MaxValue);
        }

        static void Truth(BinaryStateReader from)
        {
            from.Begin("r", 1);
            from.ReadBool("t");
        }
    }

    [Fact]
    public void Nesting_is_bounded_on_both_sides()
    {
        byte[] deep = Make(to =>
        {
            for (int i = 0; i < 16; i++)
            {
                to.Begin("r", 1);
            }

            Assert.Throws<InvalidOperationException>(() => to.Begin("r", 1));
            for (int i = 0; i < 16; i++)
            {
                to.End();
            }
        });
        BinaryStateReader from = new(deep);
        for (int i = 0; i < 16; i++)
        {
            from.Begin("r", 1);
        }

        Assert.Throws<StateFormatException>(() => from.Begin("r", 1));
    }

    [Fact]
    public void Our_own_misuse_is_told_apart()
    {
        using MemoryStream stream = new();
        using BinaryStateWriter writer = new(stream);
        Assert.Throws<InvalidOperationException>(() => writer.Write("outside", 1UL));
        Assert.Throws<InvalidOperationException>(() => writer.End());
        Assert.Throws<ArgumentException>(() => writer.Begin("", 1));
        Assert.Throws<ArgumentException>(() => writer.Begin("two words", 1));
        Assert.Throws<ArgumentException>(() => writer.Begin("ü", 1));
        Assert.Throws<ArgumentException>(() => writer.Begin(new string('x', 65), 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Begin("r", 0));
        writer.Begin("r", 1);
        Assert.Throws<InvalidOperationException>(() => writer.Finish());
        writer.End();
        Assert.Equal(writer.Finish().ToArray(), writer.Finish().ToArray());
        Assert.Throws<InvalidOperationException>(() => writer.Begin("late", 1));
        BinaryStateReader from = new(stream.ToArray());
        Assert.Throws<InvalidOperationException>(() => from.End());
        from.Begin("r", 1);
        Assert.Throws<InvalidOperationException>(() => from.Finish());
    }

    [Fact]
    public void The_hash_is_that_of_the_stream()
    {
        byte[] stream = Make(WriteSample);
        using StateHash hash = new();
        WriteSample(hash);
        string hex = hash.FinishHex();
        Assert.Equal(Convert.ToHexStringLower(stream.AsSpan(stream.Length - 32)), hex);
        Assert.Equal(hex, hash.FinishHex());
        using StateHash other = new();
        other.Begin("machine", 3);
        other.Write("time", 123_456_789_012_346UL);
        other.End();
        Assert.NotEqual(hex, other.FinishHex());
    }

    [Fact]
    public void The_listing_shows_every_item()
    {
        StringWriter text = new();
        StateListing.Write(Make(WriteSample), text);
        string[] lines = text.ToString().Split('\n', StringSplitOptions.TrimEntries);
        Assert.Equal("machine (version 3)", lines[0]);
        Assert.Contains("gate = yes", lines);
        Assert.Contains("low = -9223372036854775808", lines);
        Assert.Contains("top = 0xFFFFFFFFFFFFFFFF", lines);
        Assert.Contains("four = 01020304", lines);
        Assert.Contains("(20000 bytes, SHA-256 ", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("\n    zero = 0x0", text.ToString(), StringComparison.Ordinal);
        Assert.Throws<StateFormatException>(() => StateListing.Write(Encoding.ASCII.GetBytes("something else"), text));
        Assert.Throws<StateFormatException>(() => StateListing.Write(Forge(2), text));
    }

    private static void Refused(byte[] stream, Action<BinaryStateReader> read, string message)
    {
        StateFormatException error = Assert.Throws<StateFormatException>(() => read(new BinaryStateReader(stream)));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
