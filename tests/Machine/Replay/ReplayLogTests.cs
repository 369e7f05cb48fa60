using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Doppel.Machine.Replay;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Replay;

/// <summary>The format of the log, and what is left of damaged ones.</summary>
public sealed class ReplayLogTests
{
    private static readonly ReplayFacts s_facts = new()
    {
        MemoryBytes = 8 << 20,
        CpuModel = "x86-64-v2,+aes",
        CommandLine = "console=ttyS0 ü",
        Kernel = new string('a', 64),
        Initrd = string.Empty,
        Parts = "display",
        Unpack = true,
        EpochNanoseconds = -5,
        Seed = ulong.MaxValue,
        Start = new string('b', 64),
    };

    private static readonly ReplayEntry[] s_entries =
    [
        new InputEntry(new ReplayInstant(1, 2, 0), 0, new byte[] { 1, 2, 3 }),
        new InputEntry(new ReplayInstant(ulong.MaxValue, long.MaxValue, uint.MaxValue), 1, new byte[] { 0 }),
        new MarkEntry(new ReplayInstant(3, 4, 0)),
        new EndEntry(new ReplayInstant(5, 6, 7), 1, 42, true, string.Concat(Enumerable.Repeat("0f", 32))),
    ];

    [Fact]
    public void What_is_written_is_read_back()
    {
        ReplayLogReader log = new(new MemoryStream(Write()));
        Assert.Equal(s_facts, log.Facts);
        Same(s_entries, Read(log));
        Assert.Contains("nothing follows", log.EndOfLog, StringComparison.Ordinal);
        Assert.Equal(2, log.Inputs);
    }

    [Fact]
    public void The_number_of_processors_is_a_fact()
    {
        Assert.Equal(s_facts with { Cpus = 3 }, ReplayFacts.Decode((s_facts with { Cpus = 3 }).Encode()));
        Assert.Contains("3 CPUs", (s_facts with { Cpus = 3 }).Difference(s_facts), StringComparison.Ordinal);
        Assert.Equal(1, ReplayFacts.Decode(s_facts.Encode()).Cpus);
    }

    [Fact]
    public void Long_input_is_cut_into_records()
    {
        using MemoryStream stream = new();
        ReplayLogWriter writer = new(stream);
        writer.Begin(s_facts);
        byte[] bytes = [.. Enumerable.Range(0, 10_000).Select(i => (byte)i)];
        writer.Input(s_entries[0].At, 1, bytes);
        ReplayEntry[] read = Read(new ReplayLogReader(new MemoryStream(stream.ToArray())));
        Assert.Equal(bytes, read.Cast<InputEntry>().SelectMany(entry => entry.Bytes.ToArray()));
    }

    [Fact]
    public void Every_truncation_leaves_the_whole_records_and_a_place()
    {
        byte[] log = Write();
        List<int> ends = Ends();
        for (int length = 0; length < log.Length; length++)
        {
            int whole = ends.Count(end => end <= length);
            if (whole == 0)
            {
                Assert.Throws<StateFormatException>(() => new ReplayLogReader(new MemoryStream(log[..length])));
                continue;
            }

            ReplayLogReader reader = new(new MemoryStream(log[..length]));
            Same(s_entries[..(whole - 1)], Read(reader));
            Assert.Equal($"byte {ends[whole - 1]}: {(ends[whole - 1] == length ? "nothing follows" : "the record is cut off")}", reader.EndOfLog);
            Assert.Null(reader.Next());
        }
    }

    [Fact]
    public void Every_flipped_bit_ends_the_log_before_it()
    {
        byte[] log = Write();
        List<int> ends = Ends();
        for (int bit = 0; bit < log.Length * 8; bit++)
        {
            byte[] damaged = [.. log];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            int whole = ends.Count(end => end <= bit / 8);
            if (whole == 0)
            {
                Assert.Throws<StateFormatException>(() => new ReplayLogReader(new MemoryStream(damaged)));
                continue;
            }

            ReplayLogReader reader = new(new MemoryStream(damaged));
            Same(s_entries[..(whole - 1)], Read(reader));
            Assert.StartsWith($"byte {ends[whole - 1]}: the record is ", reader.EndOfLog, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Records_that_changed_places_are_noticed()
    {
        byte[] log = Write();
        List<int> ends = Ends();
        byte[] without = [.. log[..ends[0]], .. log[ends[1]..]];
        Assert.Empty(Read(new ReplayLogReader(new MemoryStream(without))));
    }

    [Theory]
    [InlineData(9, 0)]
    [InlineData(2, 0)]
    [InlineData(2, 21)]
    [InlineData(2, 21 + 4097)]
    [InlineData(3, 54)]
    [InlineData(4, 19)]
    [InlineData(5, 20)]
    [InlineData(1, 30)]
    public void A_sound_record_of_wrong_content_ends_the_log(byte kind, int length)
    {
        byte[] log = [.. Write()[..Ends()[0]], .. ReplayFormat.Frame(1, kind, new byte[length])];
        ReplayLogReader reader = new(new MemoryStream(log));
        Assert.Null(reader.Next());
        Assert.NotEmpty(reader.EndOfLog);
    }

    [Fact]
    public void An_input_for_a_port_that_is_not_there_ends_the_log()
    {
        byte[] payload = new byte[22];
        payload[20] = 4;
        ReplayLogReader reader = new(new MemoryStream([.. Write()[..Ends()[0]], .. ReplayFormat.Frame(1, ReplayFormat.InputKind, payload)]));
        Assert.Null(reader.Next());
    }

    [Theory]
    [InlineData(2, 2, true)]
    [InlineData(2, 3, false)]
    [InlineData(3, 6, true)]
    [InlineData(3, 7, false)]
    public void Keys_and_movements_are_whole_records(byte port, int length, bool isWhole)
    {
        byte[] payload = new byte[ReplayFormat.InstantBytes + 1 + length];
        payload[ReplayFormat.InstantBytes] = port;
        ReplayLogReader reader = new(new MemoryStream([.. Write()[..Ends()[0]], .. ReplayFormat.Frame(1, ReplayFormat.InputKind, payload)]));
        Assert.Equal(isWhole, reader.Next() is InputEntry);
    }

    [Fact]
    public void Other_versions_and_other_files_are_told_apart()
    {
        byte[] log = Write();
        log[8] = 2;
        Assert.Contains("version 2", Refusal(log), StringComparison.Ordinal);
        Assert.Contains("not a log", Refusal("DPLSTATE and more"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("facts", Refusal([.. ReplayFormat.Magic, .. ReplayFormat.Frame(0, ReplayFormat.InputKind, new byte[30])]), StringComparison.Ordinal);
    }

    private static string Refusal(byte[] log) => Assert.Throws<StateFormatException>(() => new ReplayLogReader(new MemoryStream(log))).Message;

    private static byte[] Write()
    {
        using MemoryStream stream = new();
        ReplayLogWriter writer = new(stream);
        writer.Begin(s_facts);
        foreach (ReplayEntry entry in s_entries)
        {
            if (entry is InputEntry input)
            {
                writer.Input(input.At, input.Port, input.Bytes.Span);
            }
            else if (entry is MarkEntry mark)
            {
                writer.Mark(mark.At);
            }
            else
            {
                writer.End((EndEntry)entry);
            }
        }

        Assert.Null(writer.Failure);
        return stream.ToArray();
    }

    // Where each record ends; the first is the facts'.
    private static List<int> Ends()
    {
        List<int> ends = [ReplayFormat.Magic.Length + 9 + s_facts.Encode().Length];
        foreach (int payload in (int[])[24, 22, ReplayFormat.InstantBytes, ReplayFormat.EndBytes])
        {
            ends.Add(ends[^1] + 9 + payload);
        }

        Assert.Equal(Write().Length, ends[^1]);
        return ends;
    }

    private static ReplayEntry[] Read(ReplayLogReader log)
    {
        List<ReplayEntry> read = [];
        while (log.Next() is { } entry)
        {
            read.Add(entry);
        }

        return [.. read];
    }

    private static void Same(ReplayEntry[] expected, ReplayEntry[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach ((ReplayEntry wanted, ReplayEntry got) in expected.Zip(actual))
        {
            if (wanted is InputEntry input)
            {
                InputEntry other = Assert.IsType<InputEntry>(got);
                Assert.Equal((input.At, input.Port, Convert.ToHexString(input.Bytes.Span)), (other.At, other.Port, Convert.ToHexString(other.Bytes.Span)));
            }
            else
            {
                Assert.Equal(wanted, got);
            }
        }
    }
}
