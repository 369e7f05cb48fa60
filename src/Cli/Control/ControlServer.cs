using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using Doppel.Cli.Media;
using Doppel.Machine;

namespace Doppel.Cli.Control;

/// <summary>
/// Listens for requests to the machine of this process, from the same user. A request is one line, as <see cref="ControlActions"/> knows them; the answer
/// is "ok" and further lines, or "error" and why, up to the end of the connection. A connection is served at a time, on a thread of its own, and has ten seconds to say its line.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    private const int MaxLineBytes = 8192;
    private const int PatienceMs = 10_000;

    private readonly ControlActions _actions;
    private readonly string _path;
    private readonly CancellationTokenSource _stop = new();
    private Socket? _listener;

    private ControlServer(VirtualMachine machine, string name, MediaShelf media, Action quit, string path)
    {
        _actions = new ControlActions(machine, name, media, quit, _stop.Token);
        _path = path;
        new Thread(Serve) { IsBackground = true, Name = "control" }.Start();
    }

    /// <summary>Starts to listen; null when this user has no place for sockets: the machine then runs without.</summary>
    internal static ControlServer? Start(VirtualMachine machine, string name, MediaShelf media, Action quit) =>
        ControlFolder.Open() is { } folder && ControlFolder.SocketFor(folder, name) is { } path ? new ControlServer(machine, name, media, quit, path) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        lock (_stop)
        {
            _listener?.Dispose();
            _listener = null;
        }

        File.Delete(_path);
    }

    private void Serve()
    {
        try
        {
            File.Delete(_path);
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(_path));
            listener.Listen(4);
            lock (_stop)
            {
                _listener = listener;
            }

            while (!_stop.IsCancellationRequested)
            {
                using Socket connection = listener.Accept();
                Answer(connection);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or UnauthorizedAccessException)
        {
            // Closed at the end of the run, or this host has no such sockets: the machine runs without.
        }
    }

    private void Answer(Socket connection)
    {
        try
        {
            connection.ReceiveTimeout = PatienceMs;
            connection.SendTimeout = PatienceMs;
            string answer = _actions.Do(ReadLine(connection));
            _ = connection.Send(Encoding.UTF8.GetBytes(answer + "\n"));
        }
        catch (SocketException)
        {
            // Whoever asked has gone.
        }
    }

    private static string ReadLine(Socket connection)
    {
        byte[] line = new byte[MaxLineBytes];
        int length = 0;
        while (length < line.Length)
        {
            int count = connection.Receive(line.AsSpan(length));
            int end = line.AsSpan(length, count).IndexOf((byte)'\n');
            length += end >= 0 ? end : count;
            if (end >= 0 || count == 0)
            {
                break;
            }
        }

        return Encoding.UTF8.GetString(line, 0, length);
    }
}
