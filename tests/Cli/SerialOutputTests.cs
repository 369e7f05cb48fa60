using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Cli.Running;

namespace Doppel.Cli.Tests;

/// <summary>The way of the guest's serial output to the host.</summary>
public sealed class SerialOutputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Everything_arrives_in_order()
    {
        using var to = new MemoryStream();
        using var output = new DescriptorOutput(to, _ => { });
        byte[] sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        for (int at = 0, length = 1; at < sent.Length; at += length, length = (length * 7 % 1009) + 1)
        {
            output.Write(sent.AsSpan(at, Math.Min(length, sent.Length - at)));
        }

        output.Finish(Patience);
        Assert.Equal(sent, to.ToArray());
        Assert.Equal(sent[^1], output.LastByte);
    }

    [Fact]
    public async Task A_guest_that_floods_waits_for_a_slow_reader()
    {
        using var gate = new GatedStream();
        using var output = new DescriptorOutput(gate, _ => { });
        Task flood = Task.Run(() => output.Write(new byte[10 * DescriptorOutput.RoomBytes]));
        Assert.NotSame(flood, await Task.WhenAny(flood, Task.Delay(100)));
        gate.Open();
        await flood.WaitAsync(Patience);
        output.Finish(Patience);
        Assert.Equal(10L * DescriptorOutput.RoomBytes, gate.Written);
    }

    [Fact]
    public async Task Giving_up_frees_a_waiting_guest()
    {
        using var gate = new GatedStream();
        using var output = new DescriptorOutput(gate, _ => { });
        Task flood = Task.Run(() => output.Write(new byte[10 * DescriptorOutput.RoomBytes]));
        output.Abandon();
        await flood.WaitAsync(Patience);
        gate.Open();
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_told_once_and_frees_the_guest()
    {
        int told = 0;
        using var gone = new FailingStream();
        using var output = new DescriptorOutput(gone, _ => Interlocked.Increment(ref told));
        await Task.Run(() => output.Write(new byte[10 * DescriptorOutput.RoomBytes])).WaitAsync(Patience);
        output.Finish(Patience);
        output.Write([1]);
        Assert.Equal(1, told);
    }

    private sealed class GatedStream : MemoryStream
    {
        private readonly ManualResetEventSlim _open = new();

        internal long Written { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _open.Wait(Patience);
            Written += buffer.Length;
        }

        internal void Open() => _open.Set();
    }

    private sealed class FailingStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe", 32);
    }
}
