using System;
using System.Net.Sockets;
using System.Threading;
using Doppel.Host;

namespace Doppel.Backends.Character;

/// <summary>
/// A line that ends at a socket. As a server it talks to one program at a time; who comes meanwhile waits until that has closed its end, as a cable
/// has one end only. As a client it is over when the server closes. Nothing is encrypted and anybody who reaches the socket may talk: servers listen
/// on this host alone. Any thread.
/// </summary>
public sealed class SocketLine : ICharacterLine
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly LatestBytes _output = new();
    private readonly Socket _socket;
    private readonly SocketEnd _end;
    private readonly bool _isServer;
    private readonly Lock _gate = new();
    private Thread? _talking;
    private Socket? _peer;
    private Thread? _writing;
    private volatile bool _isOver;

    private SocketLine(Socket socket, SocketEnd end, bool isServer)
    {
        (_socket, _end, _isServer) = (socket, end, isServer);
        Where = isServer ? end.Describe(socket.LocalEndPoint) : end.Describe();
    }

    /// <inheritdoc/>
    public string Where { get; }

    /// <inheritdoc/>
    public long LostBytes => _output.Lost;

    /// <summary>Waits at <paramref name="end"/> for others.</summary>
    /// <exception cref="HostException">It is in use, or may not be used; the message is one line.</exception>
    public static SocketLine Listen(SocketEnd end) => new(end.Listen(), end, isServer: true);

    /// <summary>Goes to <paramref name="end"/>, where somebody waits.</summary>
    /// <exception cref="HostException">Nobody does; the message is one line.</exception>
    public static SocketLine Connect(SocketEnd end) => new(end.Connect(), end, isServer: false);

    /// <inheritdoc/>
    public void Start(BytesReceived? received)
    {
        _talking = new Thread(() => Serve(received)) { IsBackground = true, Name = "socket input" };
        _talking.Start();
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Nothing to do: the writer never holds bytes back.</summary>
    public void Flush()
    {
        // On their way already.
    }

    /// <summary>Lets what waits get out for a moment, closes the connection, and takes a server's file away.</summary>
    public void Dispose()
    {
        _output.Close();
        Thread? writing;
        lock (_gate)
        {
            writing = _writing;
        }

        _ = writing?.Join(Patience);
        _isOver = true;
        lock (_gate)
        {
            _peer?.Dispose();
        }

        _socket.Dispose();
        _output.EndRound();
        _ = _talking?.Join(Patience);
        if (_isServer)
        {
            _end.Remove();
        }
    }

    private void Serve(BytesReceived? received)
    {
        do
        {
            Socket peer;
            try
            {
                peer = _isServer ? _socket.Accept() : _socket;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            using (peer)
            {
                Talk(peer, received);
            }
        }
        while (_isServer && !_isOver);
    }

    private void Talk(Socket peer, BytesReceived? received)
    {
        int round = _output.Round;
        Thread writing = new(() => Drain(peer, round)) { IsBackground = true, Name = "socket output" };
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            (_peer, _writing) = (peer, writing);
            writing.Start();
        }

        byte[] buffer = new byte[1024];
        try
        {
            while (peer.Receive(buffer) is > 0 and int count)
            {
                received?.Invoke(buffer.AsSpan(0, count));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone, one way or the other.
        }

        _output.EndRound();
        lock (_gate)
        {
            (_peer, _writing) = (null, null);
        }

        peer.Dispose();
        writing.Join();
    }

    private void Drain(Socket peer, int round)
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (_output.Take(buffer, round) is > 0 and int count)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += peer.Send(buffer.AsSpan(sent, count - sent));
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Its reader sees the same, and ends the round.
        }
    }
}
