using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Cli.Reporting;
using Doppel.Host;
using Doppel.Machine;
using Doppel.Machine.Boot;

namespace Doppel.Cli.Control;

/// <summary>
/// Listens for requests to the machine of this process, from the same user. A request is one line, "snapshot PATH"; the answer is one line, "ok" or
/// "error" and why. A connection is served at a time, on a thread of its own, and has ten seconds to say its line.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    private const int MaxLineBytes = 8192;
    private const int PatienceMs = 10_000;
    private static readonly TimeSpan SavePatience = TimeSpan.FromMinutes(5);

    private readonly VirtualMachine _machine;
    private readonly string _path;
    private readonly CancellationTokenSource _stop = new();
    private Socket? _listener;

    private ControlServer(VirtualMachine machine, string path)
    {
        _machine = machine;
        _path = path;
        new Thread(Serve) { IsBackground = true, Name = "control" }.Start();
    }

    /// <summary>Starts to listen; null when this user has no place for sockets: the machine then runs without.</summary>
    internal static ControlServer? Start(VirtualMachine machine, string name) =>
        ControlFolder.Open() is { } folder && ControlFolder.SocketFor(folder, name) is { } path ? new ControlServer(machine, path) : null;

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
            string answer = Do(ReadLine(connection));
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

    private string Do(string line)
    {
        const string Snapshot = "snapshot ";
        if (!line.StartsWith(Snapshot, StringComparison.Ordinal) || !Path.IsPathFullyQualified(line[Snapshot.Length..]))
        {
            return "error it does not know that request; use the same version of doppel";
        }

        string path = line[Snapshot.Length..];
        TaskCompletionSource<string> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _machine.Post(machine => done.TrySetResult(Save(machine, path)));
        try
        {
            return done.Task.Wait((int)SavePatience.TotalMilliseconds, _stop.Token) ? done.Task.Result : "error the machine does not answer";
        }
        catch (OperationCanceledException)
        {
            return "error the machine has ended";
        }
    }

    private static string Save(VirtualMachine machine, string path)
    {
        try
        {
            machine.SaveSnapshot(path);
            return "ok";
        }
        catch (Exception e) when (e is HostException or BootException or IOException)
        {
            return "error " + Printable.Line(e.Message);
        }
    }
}
