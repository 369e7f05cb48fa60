using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Tasks;
using Doppel.Host;

namespace Doppel.Backends.Character;

/// <summary>A place for a socket, a file or a TCP port, and the ways to open it. Errors are one line for people.</summary>
public sealed class SocketEnd
{
    private const int LongestPathBytes = 107;
    private const int NoDeviceThere = 6;
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    private readonly string? _path;
    private readonly string _host = string.Empty;
    private readonly int _port;

    private SocketEnd(string path) => _path = path;

    private SocketEnd(string host, int port) => (_host, _port) = (host, port);

    /// <summary>A socket in the file system.</summary>
    public static SocketEnd Unix(string path) => new(path);

    /// <summary>A TCP port, 0 to let the host choose one to listen on; an empty host is this one.</summary>
    public static SocketEnd Tcp(string host, int port) => new(host.Length == 0 ? "127.0.0.1" : host, port);

    /// <summary>The place in words, as the command line takes them; <paramref name="actual"/> is what became of it, where that is known.</summary>
    public string Describe(EndPoint? actual = null) => _path is not null ? "unix:" + _path
        : actual is IPEndPoint at ? "tcp:" + at
        : string.Create(CultureInfo.InvariantCulture, $"tcp:{_host}:{_port}");

    internal Socket Listen()
    {
        Socket? socket = null;
        try
        {
            EndPoint at = _path is null ? Loopback() : FreePath(_path);
            socket = NewSocket(at);
            socket.Bind(at);
            if (_path is not null && OperatingSystem.IsLinux())
            {
                // Nobody can connect before it listens.
                File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            socket.Listen(1);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            throw new HostException($"cannot listen on {Describe()}: {Reason(e)}");
        }
    }

    internal Socket Connect()
    {
        Socket? socket = null;
        try
        {
            EndPoint at = _path is null ? new IPEndPoint(Address(), _port) : PathPoint(_path);
            socket = NewSocket(at);
            Task connecting = socket.ConnectAsync(at);
            if (!connecting.Wait(ConnectPatience))
            {
                throw new SocketException((int)SocketError.TimedOut);
            }

            return socket;
        }
        catch (Exception e) when (e is SocketException or AggregateException)
        {
            socket?.Dispose();
            throw new HostException($"cannot connect to {Describe()}: {Reason(e is AggregateException all ? all.InnerException! : e)}");
        }
    }

    /// <summary>Takes the file of a socket away.</summary>
    internal void Remove()
    {
        try
        {
            if (_path is not null)
            {
                File.Delete(_path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, and the next one who listens there finds it dead.
        }
    }

    private static Socket NewSocket(EndPoint at)
    {
        bool isTcp = at is IPEndPoint;
        Socket socket = new(at.AddressFamily, SocketType.Stream, isTcp ? ProtocolType.Tcp : ProtocolType.Unspecified);
        if (isTcp)
        {
            socket.NoDelay = true;
        }

        return socket;
    }

    private static string Reason(Exception error) => error is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.AddressAlreadyInUse => "it is in use; choose another",
            SocketError.AccessDenied => "no permission",
            SocketError.AddressNotAvailable => "it is not on this host or does not exist",
            SocketError.ConnectionRefused => "nobody listens there",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "no such host",
            SocketError.TimedOut => "no answer",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable => "it cannot be reached",
            _ => socket.Message.ReplaceLineEndings(" "),
        }
        : error.Message.ReplaceLineEndings(" ");

    private static UnixDomainSocketEndPoint PathPoint(string path) => Encoding.UTF8.GetByteCount(path) is > 0 and <= LongestPathBytes && !path.Contains('\0', StringComparison.Ordinal)
        ? new UnixDomainSocketEndPoint(path)
        : throw new HostException($"cannot use unix:{path}: the name of a socket has 1 to {LongestPathBytes} bytes");

    // What a server that died has left behind is taken away; anything else stays.
    private static UnixDomainSocketEndPoint FreePath(string path)
    {
        UnixDomainSocketEndPoint at = PathPoint(path);
        if (!Path.Exists(path))
        {
            return at;
        }

        if (!IsSocket(path))
        {
            throw new HostException($"cannot listen on unix:{path}: there is a file of that name; choose another or remove it");
        }

        using Socket probe = NewSocket(at);
        try
        {
            probe.Connect(at);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return at;
        }

        throw new SocketException((int)SocketError.AddressAlreadyInUse);
    }

    // A socket is what exists and cannot be opened (open(2), ENXIO).
    private static bool IsSocket(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return false;
        }
        catch (IOException e)
        {
            return e.HResult == NoDeviceThere;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private IPEndPoint Loopback()
    {
        IPAddress address = Address();
        return IPAddress.IsLoopback(address)
            ? new IPEndPoint(address, _port)
            : throw new HostException($"cannot listen on {Describe()}: only this host may connect, so it must be 127.0.0.1, ::1 or localhost");
    }

    private IPAddress Address() => _host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(_host, out IPAddress? address) ? address
        : Dns.GetHostAddresses(_host) is [var first, ..] ? first : throw new SocketException((int)SocketError.HostNotFound);
}
