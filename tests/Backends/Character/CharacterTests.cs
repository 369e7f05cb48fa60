using System;
using System.IO;
using System.IO.Pipes;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Doppel.Backends.Character;
using Doppel.Host;

namespace Doppel.Backends.Tests.Character;

public sealed class CharacterTests : IDisposable
{
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
    public void Bytes_keep_their_order_through_every_way_out()
    {
        StreamOutput output = new(WriteEnd, bufferBytes: 8);
        byte[] sent = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        output.Write([]);
        output.Write(sent.AsSpan(0, 5));
        output.Write(sent.AsSpan(5, 6));
        output.Write(sent.AsSpan(11, 80));
        output.Flush();
        output.Write(sent.AsSpan(91, 9));
        output.Dispose();
        output.Dispose();
        output.Write([1]);
        output.Flush();
        _out.Dispose();
        using MemoryStream got = new();
        _in.CopyTo(got);
        Assert.Equal(sent, got.ToArray());
    }

    [Fact]
    public void A_closed_pipe_is_remembered_and_never_thrown()
    {
        using StreamOutput output = new(WriteEnd);
        _in.Dispose();
        output.Write([1]);
        output.Flush();
        Assert.True(output.IsClosedByReader);
        Assert.StartsWith("cannot write to standard output: ", output.Failure?.Message, StringComparison.Ordinal);
        output.Write(new byte[10_000]);
    }

    [Fact]
    public void A_file_is_emptied_and_filled()
    {
        string path = Path.Combine(_folder, "serial.log");
        File.WriteAllText(path, "something older and longer");
        using (FileOutput output = new(path))
        {
            output.Write("one "u8);
            output.Flush();
            Assert.Equal("one ", File.ReadAllText(path));
            output.Write("two"u8);
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
            HostException error = Assert.Throws<HostException>(() => new FileOutput(path));
            Assert.Equal($"cannot create '{path}': {why}; name another file", error.Message);
        }
    }

    [Fact]
    public void A_full_disk_is_remembered()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "there is no /dev/full");
        using FileOutput output = new("/dev/full");
        output.Write([1]);
        output.Flush();
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
}
