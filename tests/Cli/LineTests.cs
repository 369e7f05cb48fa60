using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Doppel.Cli.Running;

namespace Doppel.Cli.Tests;

/// <summary><c>--serial</c> and <c>--parallel</c>, in this process.</summary>
public sealed class LineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _kernel;

    public LineTests()
    {
        // FIFO on; raise RTS; echo every byte plus one on COM2 and COM1 until 'q'; end with 42.
        byte[] echo = [0x66, 0xBA, 0xFD, 0x02, 0xEC, 0xA8, 1, 0x74, 0xF7, 0x66, 0xBA, 0xF8, 0x02, 0xEC, 0x3C, (byte)'q', 0x74, 10, 0xFE, 0xC0, 0xEE, 0x66, 0xBA, 0xF8, 0x03, 0xEE, 0xEB, 0xE4];
        byte[] code = [.. BuiltBinary.Out(0x2FA, 1), .. BuiltBinary.Out(0x2FC, 2), .. echo, .. BuiltBinary.Out(0xF4, 42), 0xFA, 0xF4];
        _kernel = _folder.Write("echo", BuiltBinary.Multiboot(code));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Both_serial_ports_have_ends_of_their_own()
    {
        string socket = _folder.At("com2");
        string file = _folder.At("com1.log");
        Task<InProcess> run = Task.Run(() => Run("--serial", "file:" + file, "--serial", $"unix:{socket},server"), TestContext.Current.CancellationToken);
        using Socket peer = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        for (int tries = 0; !peer.Connected && tries < 400; tries++)
        {
            try
            {
                peer.Connect(new UnixDomainSocketEndPoint(socket));
            }
            catch (SocketException)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }

        peer.Send("HAL"u8);
        byte[] got = new byte[3];
        for (int at = 0; at < got.Length; at += peer.Receive(got.AsSpan(at)))
        {
            // A byte at a time, perhaps.
        }

        Assert.Equal("IBM"u8.ToArray(), got);
        peer.Send("q"u8);
        InProcess result = await run;
        Assert.Equal(42, result.Code);
        Assert.Contains($"COM2 is unix:{socket}", result.Error, StringComparison.Ordinal);
        Assert.Equal("IBM", File.ReadAllText(file));
        Assert.False(Path.Exists(socket));
    }

    [Fact]
    public void A_repeatable_machine_listens_to_its_script_only()
    {
        InProcess result = Run("--serial", "none", "--serial", "pty", "--deterministic", "--hash-at", "1000");
        Assert.Equal(0, result.Code);
        Assert.Matches("COM2 is /dev/pts/[0-9]+; what is typed there is not connected", result.Error);
    }

    [Fact]
    public void Places_that_cannot_be_used_are_told_in_one_line()
    {
        Run("--serial", $"unix:{_folder.At("no")}/socket,server").IsRefused(3, "--serial: there is no folder");
        Run("--serial", "none", "--parallel", $"file:{_folder.At("no")}/paper").IsRefused(3, "--parallel: there is no folder");
        Run("--serial", $"unix:{_folder.At("nobody")}").IsRefused(5, "cannot connect to unix:");
        Run("--serial", $"unix:{_kernel},server").IsRefused(5, "there is a file of that name");
        Run("--serial", "tcp:192.0.2.1:99,server").IsRefused(5, "only this host may connect");
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        Run("--serial", $"tcp::{((IPEndPoint)taken.LocalEndPoint!).Port},server").IsRefused(5, "it is in use");
    }

    [Theory]
    [InlineData("tcp:[::1]:80", "::1", 80, false)]
    [InlineData("tcp::0,server", "", 0, true)]
    [InlineData("tcp:localhost:65535", "localhost", 65535, false)]
    public void Tcp_ports_have_hosts(string text, string host, int port, bool isServer) =>
        Assert.Equal(new LineEnd(LineKind.Tcp, host, port, isServer), LineEnd.ParseSerial([text])[0]);

    [Fact]
    public void One_port_is_at_the_terminal_unless_told_otherwise()
    {
        Assert.Equal([new LineEnd(LineKind.Stdio), LineEnd.None], LineEnd.ParseSerial([]));
        Assert.Equal([LineEnd.None, new LineEnd(LineKind.Stdio)], LineEnd.ParseSerial(["none", "stdio"]));
        Assert.Equal(new LineEnd(LineKind.Unix, "a:b,c", IsServer: true), LineEnd.ParseSerial(["unix:a:b,c,server"])[0]);
        Assert.Equal(new LineEnd(LineKind.File, "x,server"), LineEnd.ParseParallel("file:x,server"));
    }

    private InProcess Run(params string[] more) => InProcess.Run(["run", "--kernel", _kernel, "--memory", "8M", "--exit-from-guest", "--timeout", "60", .. more]);
}
