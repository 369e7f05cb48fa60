using System;
using System.IO;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Tasks;
using Doppel.Backends.Vnc;
using Doppel.Backends.Vnc.Web;

namespace Doppel.Backends.Tests.Vnc;

public sealed class WebSocketTests
{
    private readonly RecordingInput _input = new();

    [Fact]
    public void The_proof_is_that_of_the_RFC() =>
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WebSocketHandshake.AcceptFor("dGhlIHNhbXBsZSBub25jZQ=="));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_runtimes_client_sees_the_screen_and_types(bool ownPort)
    {
        Scenes scenes = new(1);
        scenes.Picture.Resize(300, 200);
        using VncServer server = new(new VncOptions { Port = 0, WebSocketPort = 0 }, _input);
        server.Show(scenes.Picture, scenes.Whole, null);
        using ClientWebSocket socket = new();
        socket.Options.AddSubProtocol("binary");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{(ownPort ? server.WebSocketPort : server.Port)}/"), TestContext.Current.CancellationToken);
        Assert.Equal("binary", socket.SubProtocol);
        using RfbTestClient client = new(new MessageStream(socket));
        client.Handshake();
        client.SetEncodings(RfbTestClient.Zrle, RfbTestClient.CopyRect);
        for (int step = 0; step < 20; step++)
        {
            ScreenArea changed = scenes.Next(mayResize: false);
            server.Show(scenes.Picture, changed, null);
            client.SyncTo(scenes.Picture);
        }

        client.Key('a', true);
        Assert.Equal("+1E", _input.WaitFor(1));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
        Assert.Equal("+1E -1E", _input.WaitFor(2));
    }

    [Theory]
    [InlineData("Origin: https://evil.example", "403")]
    [InlineData("Origin: null", "403")]
    [InlineData("Origin: http://localhost.evil.example", "403")]
    [InlineData("Origin: http://localhost:8080", "101")]
    [InlineData("Origin: http://[::1]", "101")]
    [InlineData("Origin: https://friend.example", "101")]
    [InlineData("X: y", "101")]
    [InlineData("Host: rebound.example:5900", "403")]
    [InlineData("Sec-WebSocket-Version: 8", "426")]
    [InlineData("Upgrade: h2c", "426")]
    [InlineData("Sec-WebSocket-Key: short", "400")]
    public void Pages_from_elsewhere_and_old_versions_are_refused(string header, string status)
    {
        using VncServer server = new(new VncOptions { Port = 0, AllowedOrigins = ["https://friend.example"] }, _input);
        using Stream stream = RfbTestClient.Connect(server.Port);
        stream.Write(Request(header));
        Assert.StartsWith($"HTTP/1.1 {status} ", ReadHeader(stream), StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_may_be_cut_anywhere_and_pings_come_between()
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using Stream stream = RfbTestClient.Connect(server.Port);
        stream.Write(Request("X: y"));
        ReadHeader(stream);
        Assert.Equal("RFB 003.008\n", Encoding.ASCII.GetString(ReadFrame(stream, 2)));
        stream.Write(Frame(0x02, "RFB 003"u8));
        stream.Write(Frame(0x89, "ping"u8));
        stream.Write(Frame(0x00, ""u8));
        stream.Write(Frame(0x80, ".008\n"u8));
        Assert.Equal("ping", Encoding.ASCII.GetString(ReadFrame(stream, 10)));
        Assert.Equal([1, 1], ReadFrame(stream, 2));
        stream.Write(Frame(0x88, [3, 0xE8]));
        Assert.Equal([3, 0xE8], ReadFrame(stream, 8));
        Assert.Equal(-1, stream.ReadByte());
    }

    [Theory]
    [InlineData("8204" + "41414141")] // not masked
    [InlineData("8184" + "00000000" + "41414141")] // text
    [InlineData("C284" + "00000000" + "41414141")] // an extension's bit
    [InlineData("8084" + "00000000" + "41414141")] // goes on with nothing
    [InlineData("0984" + "00000000" + "41414141")] // half a ping
    [InlineData("89FE" + "0100" + "00000000")] // a long ping
    [InlineData("82FF" + "FFFFFFFFFFFFFFFF" + "00000000")] // a negative length
    public void Broken_frames_end_the_connection(string hex)
    {
        using VncServer server = new(new VncOptions { Port = 0 }, _input);
        using Stream stream = RfbTestClient.Connect(server.Port);
        stream.Write(Request("X: y"));
        ReadHeader(stream);
        ReadFrame(stream, 2);
        stream.Write(Convert.FromHexString(hex));
        using RfbTestClient client = new(stream);
        Assert.True(client.IsDropped());
    }

    [Fact]
    public void An_endless_header_is_cut_off()
    {
        using VncServer server = new(new VncOptions { Port = 0, WebSocketPort = 0 }, _input);
        using RfbTestClient client = new(server.WebSocketPort!.Value);
        client.Send(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nX: " + new string('y', 8500)));
        Assert.True(client.IsDropped());
    }

    private static byte[] Request(string header)
    {
        string name = header[..header.IndexOf(':', StringComparison.Ordinal)];
        StringBuilder text = new("GET / HTTP/1.1\r\n");
        foreach (string line in (string[])["Host: localhost:5900", "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="])
        {
            text.Append(line.StartsWith(name + ":", StringComparison.Ordinal) ? string.Empty : line + "\r\n");
        }

        return Encoding.ASCII.GetBytes(text + header + "\r\n\r\n");
    }

    private static string ReadHeader(Stream stream)
    {
        StringBuilder text = new();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int next = stream.ReadByte();
            Assert.NotEqual(-1, next);
            text.Append((char)next);
        }

        return text.ToString();
    }

    private static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        byte[] frame = [first, (byte)(0x80 | payload.Length), 1, 2, 3, 4, .. payload];
        for (int i = 0; i < payload.Length; i++)
        {
            frame[6 + i] ^= (byte)((i % 4) + 1);
        }

        return frame;
    }

    private static byte[] ReadFrame(Stream stream, int opcode)
    {
        byte[] head = new byte[2];
        stream.ReadExactly(head);
        Assert.Equal(0x80 | opcode, head[0]);
        byte[] payload = new byte[head[1]];
        stream.ReadExactly(payload);
        return payload;
    }
}
