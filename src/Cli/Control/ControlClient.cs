using System;
using System.Net.Sockets;
using System.Text;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Control;

/// <summary>Asks a running machine for something.</summary>
internal static class ControlClient
{
    private const int PatienceMs = 330_000;

    /// <summary>Has the machine saved to a file, named from the root.</summary>
    internal static void Snapshot(RunningMachine machine, string path) => Ask(machine, "snapshot " + path);

    /// <summary>Sends a request, a line of words; throws the error for people when it is refused.</summary>
    /// <returns>What the machine answers behind "ok", each line ended by a line feed; empty: nothing more.</returns>
    internal static string Ask(RunningMachine machine, string request)
    {
        string answer;
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(machine.SocketPath));
            socket.ReceiveTimeout = PatienceMs;
            _ = socket.Send(Encoding.UTF8.GetBytes(request + "\n"));
            answer = Receive(socket);
        }
        catch (SocketException e)
        {
            throw new CliException(ExitCode.Failure, $"machine {machine.Name} ({machine.Process}) does not answer: {Printable.Line(e.Message)}");
        }

        return answer == "ok" ? string.Empty
            : answer.StartsWith("ok\n", StringComparison.Ordinal) ? answer[3..] + "\n"
            : throw new CliException(ExitCode.Failure, answer.StartsWith("error ", StringComparison.Ordinal) ? answer[6..] : $"machine {machine.Name} ({machine.Process}) ended before it answered");
    }

    private static string Receive(Socket socket)
    {
        StringBuilder answer = new();
        byte[] piece = new byte[4096];
        int count;
        while ((count = socket.Receive(piece)) != 0)
        {
            answer.Append(Encoding.UTF8.GetString(piece, 0, count));
        }

        return answer.ToString().TrimEnd('\n');
    }
}
