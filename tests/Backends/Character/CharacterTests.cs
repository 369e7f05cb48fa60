using System;
using System.IO;
using System.IO.Pipes;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends.Character;
using Doppel.Host;

namespace Doppel.Backends.Tests.Character;

public sealed class CharacterTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly AnonymousPipeServerStream _in = new(PipeDirection.In);
    private readonly AnonymousPipeClientStream _out;
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-character-").FullName;

    public CharacterTests()
    {
        _out = new AnonymousPipeClientStream(PipeDirection.Out, _in.ClientSafePipeHandle);
        HostSignals.IgnoreBrokenPipe();
    }

    private int WriteEnd => (int)_out.SafePipeHandle.DangerousGetHandle();

    public void Dispose()
    {
        _out.Dispose();
        _in.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Output_leaves_by_itself_soon()
    {
        using StreamOutput output = new(WriteEnd);
        output.Write("login: "u8);
        byte[] got = new byte[7];
        await _in.ReadExactlyAsync(got, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal("login: ", Encoding.ASCII.GetString(got));
        Assert.Null(output.Failure);
    }

    [Fact]
    public async Task Bytes_keep_their_order()
    {
        using var output = new StreamOutput(WriteEnd);
        byte[] sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        Task<byte[]> reading = ReadAll(sent.Length);
        for (int at = 0, length = 1; at < sent.Length; at += length, length = (length * 7 % 1009) + 1)
        {
            output.Write(sent.AsSpan(at, Math.Min(length, sent.Length - at)));
        }

        Assert.True(output.Finish(Patience));
        Assert.Equal(sent, await reading);
        Assert.Equal(sent[^1], output.LastByte);
        output.Write([1]);
        Assert.Equal(sent[^1], output.LastByte);
    }

    [Fact]
    public async Task A_guest_that_floods_waits_for_a_slow_reader()
    {
        using var output = new StreamOutput(WriteEnd);
        Task flood = Task.Run(() => output.Write(new byte[10 * StreamOutput.RoomBytes]), TestContext.Current.CancellationToken);
        Assert.NotSame(flood, await Task.WhenAny(flood, Task.Delay(100, TestContext.Current.CancellationToken)));
        Task<byte[]> reading = ReadAll(10 * StreamOutput.RoomBytes);
        await flood.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(output.Finish(Patience));
        _ = await reading;
    }

    [Fact]
    public async Task Giving_up_frees_a_waiting_guest_and_does_not_wait_for_the_reader()
    {
        var output = new StreamOutput(WriteEnd);
        Task flood = Task.Run(() => output.Write(new byte[10 * StreamOutput.RoomBytes]), TestContext.Current.CancellationToken);
        Assert.NotSame(flood, await Task.WhenAny(flood, Task.Delay(100, TestContext.Current.CancellationToken)));
        output.Abandon();
        await flood.WaitAsync(Patience, TestContext.Current.CancellationToken);
        output.Dispose();
        Assert.False(output.Finish(TimeSpan.Zero));
        _in.Dispose();
        Assert.True(output.Finish(Patience));
    }

    [Fact]
    public async Task A_reader_that_goes_away_is_told_once_and_frees_the_guest()
    {
        int told = 0;
        using var output = new StreamOutput(WriteEnd, lost: _ => Interlocked.Increment(ref told));
        _in.Dispose();
        await Task.Run(() => output.Write(new byte[10 * StreamOutput.RoomBytes]), TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.True(output.Finish(Patience));
        output.Write([1]);
        Assert.Equal(1, told);
        Assert.True(output.IsClosedByReader);
        Assert.StartsWith("cannot write to standard output: ", output.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_emptied_and_filled()
    {
        string path = Path.Combine(_folder, "serial.log");
        File.WriteAllText(path, "something older and longer");
        using (StreamOutput output = StreamOutput.ToFile(path))
        {
            output.Write("one "u8);
            output.Flush();
            output.Write("two"u8);
            Assert.True(output.Finish(Patience));
            Assert.Null(output.Failure);
        }

        Assert.Equal("one two", File.ReadAllText(path));
    }

    [Fact]
    public void Files_that_cannot_be_made_give_one_clear_line()
    {
        Refused(Path.Combine(_folder, "no", "such.log"), "its folder does not exist");
        Refused(_folder, "no permission, or it is a folder");
        Refused(string.Empty, "not a file name");
        Refused(Path.Combine(_folder, "a\0b"), "not a file name");

        static void Refused(string path, string why)
        {
            HostException error = Assert.Throws<HostException>(() => StreamOutput.ToFile(path));
            Assert.Equal($"cannot create '{path}': {why}; name another file", error.Message);
        }
    }

    [Fact]
    public void A_full_disk_is_remembered()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using StreamOutput output = StreamOutput.ToFile("/dev/full");
        output.Write([1]);
        Assert.True(output.Finish(Patience));
        Assert.StartsWith("cannot write to '/dev/full': ", output.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_keeps_the_latest_bytes_only()
    {
        using MemoryCharacter memory = new(8);
        Assert.Empty(memory.Text);
        memory.Write("abc"u8);
        Assert.Equal("abc", memory.Text);
        memory.Write("defghij"u8);
        Assert.Equal("cdefghij", memory.Text);
        memory.Write("klmnopqrstuvw"u8);
        Assert.Equal("pqrstuvw", memory.Text);
        memory.Write("xy\u00FF"u8[..2]);
        Assert.Equal("rstuvwxy", memory.Text);
        Assert.Equal(25, memory.TotalBytes);
    }

    [Fact]
    public async Task Memory_can_be_waited_for()
    {
        using MemoryCharacter memory = new();
        Task<bool> waiting = Task.Run(() => memory.WaitFor("login:", 10_000), TestContext.Current.CancellationToken);
        memory.Write("log"u8);
        memory.Write("in:"u8);
        Assert.True(await waiting);
        Assert.False(memory.WaitFor("password:", 1));
    }

    [Fact]
    public void Nothing_takes_everything()
    {
        NullCharacter.Instance.Write([1, 2, 3]);
        NullCharacter.Instance.Flush();
        NullCharacter.Instance.Dispose();
        NullCharacter.Instance.Write([4]);
    }

    private async Task<byte[]> ReadAll(int length)
    {
        byte[] got = new byte[length];
        await _in.ReadExactlyAsync(got, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        return got;
    }
}
