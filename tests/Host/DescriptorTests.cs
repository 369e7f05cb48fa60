using System;
using System.IO;
using System.IO.Pipes;
using System.Threading;

namespace Doppel.Host.Tests;

public sealed class DescriptorTests : IDisposable
{
    private readonly AnonymousPipeServerStream _in = new(PipeDirection.In);
    private readonly AnonymousPipeClientStream _out;

    public DescriptorTests()
    {
        _out = new AnonymousPipeClientStream(PipeDirection.Out, _in.ClientSafePipeHandle);
        HostSignals.IgnoreBrokenPipe();
    }

    private int ReadEnd => (int)_in.SafePipeHandle.DangerousGetHandle();

    private int WriteEnd => (int)_out.SafePipeHandle.DangerousGetHandle();

    public void Dispose()
    {
        _out.Dispose();
        _in.Dispose();
    }

    [Fact]
    public void What_is_written_is_read_and_a_closed_writer_is_the_end()
    {
        using DescriptorReader reader = new(ReadEnd);
        DescriptorWriter writer = new(WriteEnd, "the pipe");
        byte[] bytes = new byte[8];
        Assert.Equal(ReadOutcome.TimedOut, reader.Read(bytes, out int count, timeoutMs: 0));
        Assert.Equal(0, count);
        Assert.True(writer.Write([1, 2, 3]));
        Assert.Equal(ReadOutcome.Data, reader.Read(bytes, out count, timeoutMs: 5000));
        Assert.Equal([1, 2, 3], bytes[..count]);
        _out.Dispose();
        Assert.Equal(ReadOutcome.End, reader.Read(bytes, out count, timeoutMs: 5000));
        Assert.Equal(0, count);
    }

    [Fact]
    public void A_waiting_reader_is_stopped_from_another_thread()
    {
        using DescriptorReader reader = new(ReadEnd);
        ReadOutcome outcome = ReadOutcome.Data;
        Thread thread = new(() => outcome = reader.Read(new byte[1], out _));
        thread.Start();
        Assert.False(thread.Join(30));
        reader.Stop();
        Assert.True(thread.Join(5000));
        Assert.Equal(ReadOutcome.Stopped, outcome);
        Assert.Equal(ReadOutcome.Stopped, reader.Read(new byte[1], out _));
    }

    [Fact]
    public void A_descriptor_that_is_not_open_is_the_end()
    {
        using DescriptorReader reader = new(1_000_000);
        Assert.Equal(ReadOutcome.End, reader.Read(new byte[1], out _, timeoutMs: 5000));
        DescriptorWriter writer = new(1_000_000, "nowhere");
        Assert.False(writer.Write([1]));
        Assert.False(writer.IsClosedByReader);
        Assert.StartsWith("cannot write to nowhere: ", writer.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_vanished_reader_is_remembered_and_never_thrown()
    {
        DescriptorWriter writer = new(WriteEnd, "the pipe");
        _in.Dispose();
        Assert.False(writer.Write([1]));
        Assert.True(writer.IsClosedByReader);
        HostException? first = writer.Failure;
        Assert.False(writer.Write([2]));
        Assert.Same(first, writer.Failure);
    }

    [Fact]
    public void More_than_a_pipe_holds_is_written_completely()
    {
        byte[] much = new byte[1_000_000];
        new Random(3).NextBytes(much);
        DescriptorWriter writer = new(WriteEnd, "the pipe");
        Thread thread = new(() =>
        {
            writer.Write(much);
            _out.Dispose();
        });
        thread.Start();
        using MemoryStream all = new();
        using DescriptorReader reader = new(ReadEnd);
        byte[] part = new byte[4096];
        while (reader.Read(part, out int count, timeoutMs: 5000) == ReadOutcome.Data)
        {
            all.Write(part, 0, count);
        }

        Assert.True(thread.Join(5000));
        Assert.Equal(much, all.ToArray());
    }

    [Fact]
    public void A_wake_event_keeps_until_cleared()
    {
        using WakeEvent wake = new();
        Assert.False(wake.Wait(0));
        wake.Set();
        wake.Set();
        Assert.True(wake.Wait(0));
        Assert.True(wake.Wait(-1));
        wake.Clear();
        Assert.False(wake.Wait(1));
        wake.Dispose();
        wake.Set();
    }
}
