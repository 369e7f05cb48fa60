using System;
using System.Threading.Tasks;

namespace Doppel.Host.Tests;

/// <summary>Writing to a terminal that may never be read.</summary>
public sealed class StoppableWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void A_raw_terminal_passes_every_byte_both_ways()
    {
        using PseudoTerminal pty = new(isNonblocking: true);
        pty.MakeRaw();
        byte[] all = new byte[256];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (byte)i;
        }

        using StoppableWriter outward = new(pty.Master);
        using DescriptorReader at = new(pty.Slave);
        Assert.True(outward.Write(all));
        Assert.Equal(all, Read(at, 256));
        DescriptorWriter inward = new(pty.Slave, "the terminal");
        Assert.True(inward.Write(all));
        using DescriptorReader back = new(pty.Master);
        Assert.Equal(all, Read(back, 256));
        Assert.Equal(ReadOutcome.TimedOut, back.Read(all, out _, timeoutMs: 0));
    }

    [Fact]
    public async Task A_write_that_nobody_reads_can_be_stopped()
    {
        using PseudoTerminal pty = new(isNonblocking: true);
        pty.MakeRaw();
        using StoppableWriter writer = new(pty.Master);
        Task<bool> writing = Task.Run(() => writer.Write(new byte[1_000_000]), TestContext.Current.CancellationToken);
        Assert.NotSame(writing, await Task.WhenAny(writing, Task.Delay(100, TestContext.Current.CancellationToken)));
        writer.Stop();
        Assert.False(await writing.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.False(writer.Write([1]));
        Assert.True(writer.Write([]));
    }

    [Fact]
    public void A_descriptor_that_is_none_takes_nothing()
    {
        using StoppableWriter writer = new(1_000_000);
        Assert.False(writer.Write([1]));
    }

    private static byte[] Read(DescriptorReader from, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            Assert.Equal(ReadOutcome.Data, from.Read(bytes.AsSpan(at), out int count, timeoutMs: 10_000));
            at += count;
        }

        return bytes;
    }
}
