using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends.Character;
using Doppel.Host;

namespace Doppel.Backends.Tests.Character;

/// <summary>Pseudo-terminals and sockets: real ones of this host.</summary>
public sealed class LineTests : IDisposable
{
    private const int PatienceMs = 20_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-line-").FullName;
    private readonly BlockingCollection<byte> _received = [];

    private string SocketPath => Path.Combine(_folder, "com1");

    public void Dispose()
    {
        _received.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_terminal_is_a_plain_line_in_both_directions()
    {
        using PseudoTerminalLine line = new();
        line.Write("before "u8);
        line.Start(Receive);
        using FileStream end = new(line.Where, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        line.Write("ab\r\n\u0003"u8);
        Assert.Equal("before ab\r\n\u0003", Read(end, 12));
        end.Write("x\r\u0003\u0004"u8);
        Assert.Equal("x\r\u0003\u0004", Received(4));
        Assert.Equal(0, line.LostBytes);
    }

    [Fact]
    public void A_terminal_that_nobody_opens_holds_nobody_up()
    {
        PseudoTerminalLine line = new();
        line.Start(null);
        long began = Environment.TickCount64;
        for (int i = 0; i < 100; i++)
        {
            line.Write(new byte[10_000]);
        }

        Assert.InRange(line.LostBytes, 1_000_000 - LatestBytes.RoomBytes - 20_000, 1_000_000);
        line.Dispose();
        Assert.InRange(Environment.TickCount64 - began, 0, 10_000);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_server_talks_to_one_after_the_other(bool isUnix)
    {
        using SocketLine line = SocketLine.Listen(isUnix ? SocketEnd.Unix(SocketPath) : SocketEnd.Tcp("", 0));
        line.Write("first "u8);
        line.Start(Receive);
        using (Socket peer = ConnectTo(line.Where))
        {
            Assert.Equal("first ", Read(peer, 6));
            peer.Send("hello"u8);
            Assert.Equal("hello", Received(5));
            line.Write("answer"u8);
            Assert.Equal("answer", Read(peer, 6));
        }

        using Socket other = ConnectTo(line.Where);
        other.Send("again"u8);
        Assert.Equal("again", Received(5));
        line.Write("yes"u8);
        Assert.EndsWith("yes", Read(other, 3), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_server_says_last_arrives()
    {
        SocketLine line = SocketLine.Listen(SocketEnd.Unix(SocketPath));
        line.Start(Receive);
        using Socket peer = ConnectTo(line.Where);
        peer.Send("x"u8);
        Assert.Equal("x", Received(1));
        line.Write(new byte[60_000]);
        line.Write("the end"u8);
        Task<string> reading = Task.Run(() => Read(peer, 60_007), TestContext.Current.CancellationToken);
        line.Dispose();
        Assert.EndsWith("the end", reading.Result, StringComparison.Ordinal);
        Assert.Equal(0, peer.Receive(new byte[1]));
        Assert.False(Path.Exists(SocketPath));
    }

    [Fact]
    public void A_client_goes_where_somebody_waits_and_ends_with_him()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        int port = ((IPEndPoint)server.LocalEndPoint!).Port;
        using SocketLine line = SocketLine.Connect(SocketEnd.Tcp("localhost", port));
        Assert.Equal($"tcp:localhost:{port}", line.Where);
        line.Start(Receive);
        using (Socket peer = server.Accept())
        {
            line.Write("hello"u8);
            Assert.Equal("hello", Read(peer, 5));
            peer.Send("x"u8);
            Assert.Equal("x", Received(1));
        }

        line.Write(new byte[1_000_000]);
        line.Flush();
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_nobody_up_and_gets_the_latest()
    {
        SocketLine line = SocketLine.Listen(SocketEnd.Unix(SocketPath));
        line.Start(Receive);
        using Socket peer = ConnectTo(line.Where);
        peer.Send("x"u8);
        Assert.Equal("x", Received(1));
        byte[] block = new byte[10_000];
        for (int i = 0; i < 500; i++)
        {
            line.Write(block);
        }

        line.Write("the end"u8);
        Assert.True(line.LostBytes > 1_000_000);
        Task<string> reading = Task.Run(() => ReadUntil(peer, "the end"), TestContext.Current.CancellationToken);
        Assert.EndsWith("the end", await reading.WaitAsync(TimeSpan.FromMilliseconds(PatienceMs), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        for (int i = 0; i < 500; i++)
        {
            line.Write(block);
        }

        long began = Environment.TickCount64;
        line.Dispose();
        Assert.InRange(Environment.TickCount64 - began, 0, 5_000);
    }

    [Fact]
    public void A_receiver_that_waits_makes_the_peer_wait()
    {
        using SocketLine line = SocketLine.Listen(SocketEnd.Unix(SocketPath));
        using ManualResetEventSlim go = new();
        long got = 0;
        line.Start(bytes =>
        {
            Interlocked.Add(ref got, bytes.Length);
            go.Wait(PatienceMs);
        });
        using Socket peer = ConnectTo(line.Where);
        peer.SendTimeout = 300;
        Assert.Throws<SocketException>(() =>
        {
            for (int i = 0; i < 1000; i++)
            {
                peer.Send(new byte[100_000]);
            }
        });
        Assert.InRange(Interlocked.Read(ref got), 1, 1024);
        go.Set();
    }

    [Fact]
    public void Places_that_cannot_be_used_give_one_line()
    {
        using SocketLine line = SocketLine.Listen(SocketEnd.Unix(SocketPath));
        Refused(() => SocketLine.Listen(SocketEnd.Unix(SocketPath)), $"cannot listen on unix:{SocketPath}: it is in use; choose another");
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "precious");
        Refused(() => SocketLine.Listen(SocketEnd.Unix(file)), "there is a file of that name");
        Assert.Equal("precious", File.ReadAllText(file));
        Refused(() => SocketLine.Listen(SocketEnd.Unix(_folder)), "there is a file of that name");
        Refused(() => SocketLine.Connect(SocketEnd.Unix(file)), "nobody listens there");
        Refused(() => SocketLine.Connect(SocketEnd.Unix(Path.Combine(_folder, "no"))), "cannot connect to unix:");
        Refused(() => SocketLine.Listen(SocketEnd.Unix(Path.Combine(_folder, "no", "such"))), "does not exist");
        Refused(() => SocketLine.Listen(SocketEnd.Unix(new string('x', 200))), "1 to 107 bytes");
        Refused(() => SocketLine.Listen(SocketEnd.Tcp("0.0.0.0", 0)), "only this host may connect");
        using SocketLine tcp = SocketLine.Listen(SocketEnd.Tcp("127.0.0.1", 0));
        int port = int.Parse(tcp.Where.Split(':')[^1], System.Globalization.CultureInfo.InvariantCulture);
        Refused(() => SocketLine.Listen(SocketEnd.Tcp("", port)), "it is in use");
        tcp.Dispose();
        Refused(() => SocketLine.Connect(SocketEnd.Tcp("", port)), "nobody listens there");

        static void Refused(Func<SocketLine> open, string why)
        {
            HostException error = Assert.Throws<HostException>(open);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    [Fact]
    public void A_dead_servers_socket_is_taken_over()
    {
        using (Socket dead = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(SocketPath + "2"));
            File.Move(SocketPath + "2", SocketPath);
        }

        Assert.True(Path.Exists(SocketPath));
        using SocketLine line = SocketLine.Listen(SocketEnd.Unix(SocketPath));
        line.Start(Receive);
        using Socket peer = ConnectTo(line.Where);
        peer.Send("x"u8);
        Assert.Equal("x", Received(1));
    }

    [Fact]
    public void The_latest_bytes_are_kept_in_order()
    {
        LatestBytes ring = new();
        byte[] sent = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7919 >> 3))];
        for (int at = 0, length = 1; at < sent.Length; at += length, length = (length * 7 % 5009) + 1)
        {
            ring.Write(sent.AsSpan(at, Math.Min(length, sent.Length - at)));
        }

        ring.Close();
        ring.Write("not any more"u8);
        byte[] got = new byte[LatestBytes.RoomBytes];
        int count = 0;
        while (ring.Take(got.AsSpan(count, Math.Min(1000, got.Length - count)), round: 0) is > 0 and int taken)
        {
            count += taken;
        }

        Assert.Equal(LatestBytes.RoomBytes, count);
        Assert.Equal(sent[^LatestBytes.RoomBytes..], got);
        Assert.Equal(sent.Length - LatestBytes.RoomBytes, ring.Lost);
        LatestBytes other = new();
        other.Write(sent);
        Assert.Equal(sent.Length - LatestBytes.RoomBytes, other.Lost);
        Assert.Equal(3, other.Take(got.AsSpan(0, 3), round: 0));
        Assert.Equal(sent[^LatestBytes.RoomBytes..][..3], got[..3]);
    }

    private static Socket ConnectTo(string where)
    {
        bool isUnix = where.StartsWith("unix:", StringComparison.Ordinal);
        EndPoint at = isUnix ? new UnixDomainSocketEndPoint(where[5..]) : IPEndPoint.Parse(where[4..]);
        Socket socket = new(at.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp) { ReceiveTimeout = PatienceMs };
        socket.Connect(at);
        return socket;
    }

    private static string Read(Socket from, int length)
    {
        byte[] bytes = new byte[length];
        for (int at = 0; at < length;)
        {
            int got = from.Receive(bytes.AsSpan(at));
            Assert.NotEqual(0, got);
            at += got;
        }

        return Encoding.Latin1.GetString(bytes);
    }

    private static string ReadUntil(Socket from, string text)
    {
        StringBuilder got = new();
        byte[] bytes = new byte[100_000];
        while (!got.ToString(Math.Max(got.Length - text.Length, 0), Math.Min(got.Length, text.Length)).Equals(text, StringComparison.Ordinal))
        {
            int count = from.Receive(bytes);
            Assert.NotEqual(0, count);
            got.Append(Encoding.Latin1.GetString(bytes, 0, count));
        }

        return got.ToString();
    }

    private static string Read(FileStream from, int length)
    {
        byte[] bytes = new byte[length];
        Task reading = Task.Run(() => from.ReadExactly(bytes));
        Assert.True(reading.Wait(PatienceMs));
        return Encoding.Latin1.GetString(bytes);
    }

    private void Receive(ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
        {
            _received.Add(one);
        }
    }

    private string Received(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            Assert.True(_received.TryTake(out bytes[i], PatienceMs));
        }

        return Encoding.Latin1.GetString(bytes);
    }
}
