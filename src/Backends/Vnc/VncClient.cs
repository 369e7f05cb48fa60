using System;
using System.IO;
using System.Net.Sockets;
using System.Threading;
using Doppel.Backends.Vnc.Keys;
using Doppel.Backends.Vnc.Web;
using Doppel.Backends.Vnc.Wire;

namespace Doppel.Backends.Vnc;

/// <summary>
/// One connection: a thread that reads and, once the client is in, one that sends. Either blocks as long as the client likes, up to
/// <see cref="SendPatienceMs"/> in which it takes nothing at all; nobody else waits for it.
/// </summary>
internal sealed class VncClient
{
    private const int SendPatienceMs = 30_000;
    private const int SniffMicroseconds = 100_000;

    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PicturePatience = TimeSpan.FromMilliseconds(300);

    private readonly Socket _socket;
    private readonly bool _isWebOnly;
    private readonly VncOptions _options;
    private readonly SharedScreen _screen;
    private readonly IInputSink _input;
    private readonly Action<VncClient> _gone;
    private readonly Thread _reading;
    private readonly string _name;
    private string? _end;

    internal VncClient(Socket socket, bool isWebOnly, VncOptions options, SharedScreen screen, IInputSink input, Action<VncClient> gone)
    {
        (_socket, _isWebOnly, _options, _screen, _input, _gone) = (socket, isWebOnly, options, screen, input, gone);
        _name = NameOf(socket);
        _reading = new Thread(Live) { IsBackground = true, Name = "VNC client" };
    }

    internal void Start() => _reading.Start();

    internal bool Join(TimeSpan patience) => _reading.Join(patience);

    /// <summary>Ends the connection, for the first reason given. Any thread; both of the client's threads then end soon.</summary>
    internal void Drop(string reason)
    {
        _ = Interlocked.CompareExchange(ref _end, reason, null);
        _socket.Dispose();
    }

    private static string NameOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint?.ToString() ?? "?";
        }
        catch (SocketException)
        {
            return "?";
        }
    }

    // A fault of our own ends the client too, and not the machine.
    private void Fail(Exception error) =>
        Drop(error is IOException or SocketException or ObjectDisposedException or RfbProtocolException or InvalidDataException ? error.Message : $"a fault of the server: {error}");

    private void Live()
    {
        try
        {
            Converse();
        }
        catch (Exception error)
        {
            Fail(error);
        }
        finally
        {
            Drop("the connection ended");
            _gone(this);
        }
    }

    private void Converse()
    {
        _socket.NoDelay = true;
        _socket.SendTimeout = SendPatienceMs;
        _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        using NetworkStream plain = new(_socket, ownsSocket: false);
        using Timer patience = new(_ => Drop("the handshake took too long"), null, HandshakePatience, Timeout.InfiniteTimeSpan);
        Stream? stream = Open(plain);
        if (stream is null)
        {
            return;
        }

        RfbReader from = new(stream);
        RfbWriter to = new(stream);
        RfbHandshake handshake = new(from, to, _options.PasswordBytes);
        handshake.Run();
        patience.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using ClientUpdates updates = new(_screen, to);
        try
        {
            _screen.Watch(updates, PicturePatience);
            updates.TakeSize();
            handshake.WriteServerInit(updates.Width, updates.Height, _options.Name);
            _options.Note?.Invoke($"VNC client {_name} has come");
            Exchange(from, updates);
        }
        finally
        {
            _screen.Leave(updates);
            _options.Note?.Invoke($"VNC client {_name} has left: {_end}");
        }
    }

    // RFB clients wait for the server's first word, WebSocket clients for the answer to theirs.
    private Stream? Open(NetworkStream plain)
    {
        if (!_isWebOnly && !SpeaksFirst())
        {
            return plain;
        }

        bool isLocal = _options.Password is null;
        return WebSocketHandshake.Accept(plain, _options.AllowedOrigins, isLocal) ? new WebSocketStream(plain) : null;
    }

    private bool SpeaksFirst()
    {
        if (!_socket.Poll(SniffMicroseconds, SelectMode.SelectRead))
        {
            return false;
        }

        byte[] first = new byte[1];
        return _socket.Receive(first, SocketFlags.Peek) == 1 && first[0] == (byte)'G';
    }

    private void Exchange(RfbReader from, ClientUpdates updates)
    {
        ClientKeys keys = new(_input);
        ClientPointer pointer = new(_input);
        Thread sending = new(() => Send(updates)) { IsBackground = true, Name = "VNC sender" };
        sending.Start();
        try
        {
            new ClientMessages(from, updates, keys, pointer).Run();
        }
        catch (Exception error)
        {
            Fail(error);
        }
        finally
        {
            keys.ReleaseAll();
            pointer.ReleaseAll();
            updates.Stop();
            sending.Join();
        }
    }

    private void Send(ClientUpdates updates)
    {
        try
        {
            updates.Run();
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }
}
