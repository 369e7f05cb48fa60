using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using Doppel.Host;

namespace Doppel.Backends.Vnc;

/// <summary>
/// A screen for VNC viewers and, through WebSocket, for browsers: an RFB 3.8 server (RFC 6143; 3.3 and 3.7 clients too). Encodings Raw, CopyRect and
/// ZRLE; pseudo-encodings Cursor, DesktopSize, QEMU's extended key event and pointer motion change. All clients see the same screen and all may type;
/// one that asks for the screen alone gets it together with the others. Clipboards are not joined. What a client does can end that client only:
/// it has two threads and a fixed amount of memory of its own, and <see cref="Show"/> waits for none.
/// </summary>
public sealed class VncServer : IDisplayBackend
{
    private const int FirstPort = 5900;
    private const int LastPort = 5999;
    private const int Backlog = 16;

    private static readonly TimeSpan DisposePatience = TimeSpan.FromSeconds(2);

    private readonly VncOptions _options;
    private readonly IInputSink _input;
    private readonly SharedScreen _screen = new();
    private readonly List<VncClient> _clients = [];
    private readonly List<Socket> _listeners = [];
    private readonly List<Thread> _acceptors = [];
    private bool _isDisposed;

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Where and to whom.</param>
    /// <param name="input">Receives keys and mouse, on the server's own threads.</param>
    /// <exception cref="HostException">A port is in use or may not be used; the message says which.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public VncServer(VncOptions options, IInputSink input)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxClients, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxClients, 64);
        if (!IPAddress.IsLoopback(options.Address) && string.IsNullOrEmpty(options.Password))
        {
            throw new HostException($"a VNC server on {options.Address} would let everybody in; give it a password, or have it listen on 127.0.0.1 and use a tunnel");
        }

        (_options, _input) = (options, input);
        try
        {
            Port = options.Port is { } port ? Listen(port, isWebOnly: false) : ListenOnFreePort();
            if (options.WebSocketPort is { } webPort)
            {
                WebSocketPort = Listen(webPort, isWebOnly: true);
            }
        }
        catch (HostException)
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>The second port, for WebSocket clients alone; null: there is none.</summary>
    public int? WebSocketPort { get; }

    /// <summary>Clients that see the screen.</summary>
    public int ClientCount => _screen.WatcherCount;

    /// <inheritdoc/>
    public bool IsWatching => _screen.WatcherCount != 0;

    /// <inheritdoc/>
    public void Show(ScreenPicture picture, ScreenArea changed, TextScreen? text)
    {
        ArgumentNullException.ThrowIfNull(picture);
        _screen.Show(picture, changed);
    }

    /// <summary>Stops listening and drops all clients. Keys that they hold are let go.</summary>
    public void Dispose()
    {
        VncClient[] clients;
        lock (_clients)
        {
            _isDisposed = true;
            clients = [.. _clients];
        }

        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (VncClient client in clients)
        {
            client.Drop("the server ends");
        }

        foreach (Thread acceptor in _acceptors)
        {
            acceptor.Join(DisposePatience);
        }

        foreach (VncClient client in clients)
        {
            client.Join(DisposePatience);
        }
    }

    private int ListenOnFreePort()
    {
        for (int port = FirstPort; port <= LastPort; port++)
        {
            if (TryBind(port, out SocketError error) is { } listener)
            {
                return Begin(listener, isWebOnly: false);
            }

            if (error is not (SocketError.AddressAlreadyInUse or SocketError.AccessDenied))
            {
                throw Refusal(port, error);
            }
        }

        throw new HostException($"all VNC ports from {FirstPort} to {LastPort} on {_options.Address} are in use; name another port");
    }

    private int Listen(int port, bool isWebOnly)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)port, 65535u, nameof(port));
        return TryBind(port, out SocketError error) is { } listener ? Begin(listener, isWebOnly) : throw Refusal(port, error);
    }

    private HostException Refusal(int port, SocketError error) => new(error switch
    {
        SocketError.AddressAlreadyInUse => $"port {port} on {_options.Address} is in use; name another VNC port, or none to have a free one chosen",
        SocketError.AccessDenied => $"port {port} on {_options.Address} may not be used; name a VNC port from 1024 up",
        SocketError.AddressNotAvailable => $"this host does not have the address {_options.Address}; have VNC listen on 127.0.0.1",
        _ => $"cannot listen on port {port} of {_options.Address} for VNC ({error})",
    });

    private Socket? TryBind(int port, out SocketError error)
    {
        Socket listener = new(_options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(_options.Address, port));
            listener.Listen(Backlog);
            error = SocketError.Success;
            return listener;
        }
        catch (SocketException failure)
        {
            listener.Dispose();
            error = failure.SocketErrorCode;
            return null;
        }
    }

    private int Begin(Socket listener, bool isWebOnly)
    {
        Thread acceptor = new(() => Accept(listener, isWebOnly)) { IsBackground = true, Name = "VNC listener" };
        _listeners.Add(listener);
        _acceptors.Add(acceptor);
        acceptor.Start();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private void Accept(Socket listener, bool isWebOnly)
    {
        const int Pause = 100;
        while (true)
        {
            try
            {
                Admit(listener.Accept(), isWebOnly);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                lock (_clients)
                {
                    if (_isDisposed)
                    {
                        return;
                    }
                }

                // A client that left while it waited, or no descriptors left: later there may be some again.
                Thread.Sleep(Pause);
            }
        }
    }

    private void Admit(Socket socket, bool isWebOnly)
    {
        VncClient client;
        lock (_clients)
        {
            if (_isDisposed || _clients.Count >= _options.MaxClients)
            {
                socket.Dispose();
                return;
            }

            client = new VncClient(socket, isWebOnly, _options, _screen, _input, Forget);
            _clients.Add(client);
        }

        client.Start();
    }

    private void Forget(VncClient client)
    {
        lock (_clients)
        {
            _clients.Remove(client);
        }
    }
}
