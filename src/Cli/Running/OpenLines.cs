using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>What stands behind <c>--serial</c> and <c>--parallel</c>, opened. It is opened before the machine is made and closed after it.</summary>
internal sealed class OpenLines : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly ICharacterBackend?[] _serial = new ICharacterBackend?[2];
    private readonly List<StreamOutput> _outputs = [];
    private ICharacterBackend? _parallel;
    private volatile bool _isOver;

    private OpenLines()
    {
    }

    /// <summary>The end that is standard output, or null.</summary>
    internal StreamOutput? Stdio { get; private set; }

    /// <summary>Opens all ends; <paramref name="lost"/> is told of a file or pipe that takes no more.</summary>
    internal static OpenLines Open(RunOptions options, Action<StreamOutput> lost)
    {
        OpenLines lines = new();
        try
        {
            for (int port = 0; port < lines._serial.Length; port++)
            {
                lines._serial[port] = lines.OpenEnd("--serial", options.Serial[port], lost);
            }

            lines._parallel = lines.OpenEnd("--parallel", options.Parallel, lost);
            return lines;
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>Adds the ends to <paramref name="spec"/>.</summary>
    internal MachineSpec Apply(MachineSpec spec) => spec with { Serial0 = _serial[0], Serial1 = _serial[1], Parallel0 = _parallel };

    /// <summary>Says where the ends are, and lets in what comes from there as far as the options allow.</summary>
    internal void Start(VirtualMachine machine, RunOptions options, CliStreams streams)
    {
        for (int port = 0; port < _serial.Length; port++)
        {
            if (_serial[port] is not ICharacterLine line)
            {
                continue;
            }

            // Told whatever --quiet says: nobody could guess the name of a terminal.
            streams.Say($"COM{port + 1} is {Printable.Line(line.Where)}{(options.TakesInput ? string.Empty : "; what is typed there is not connected")}");
            int to = port;
            line.Start(options.TakesInput ? bytes => Feed(machine, to, bytes) : null);
        }
    }

    /// <summary>Frees a machine that waits for a reader of its output. Any thread.</summary>
    internal void Abandon()
    {
        foreach (StreamOutput output in _outputs)
        {
            output.Abandon();
        }
    }

    /// <summary>Waits until pipes and files have everything. False: not within <paramref name="patience"/>.</summary>
    internal bool Finish(TimeSpan patience)
    {
        bool isDone = true;
        foreach (StreamOutput output in _outputs)
        {
            isDone &= output.Finish(patience);
        }

        return isDone;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        foreach (ICharacterBackend? end in (ICharacterBackend?[])[.. _serial, _parallel])
        {
            end?.Dispose();
        }
    }

    private static void CheckFolder(string option, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(folder))
        {
            throw CliException.NotFound($"{option}: there is no folder {Printable.Line(folder)}");
        }
    }

    private static SocketLine OpenSocket(SocketEnd end, bool isServer) => isServer ? SocketLine.Listen(end) : SocketLine.Connect(end);

    private ICharacterBackend? OpenEnd(string option, LineEnd end, Action<StreamOutput> lost)
    {
        switch (end.Kind)
        {
            case LineKind.Stdio:
                Stdio = new StreamOutput(1, "standard output", lost);
                _outputs.Add(Stdio);
                return Stdio;
            case LineKind.File:
                CheckFolder(option, end.Place);
                StreamOutput file = StreamOutput.ToFile(end.Place, lost);
                _outputs.Add(file);
                return file;
            case LineKind.Pty:
                return new PseudoTerminalLine();
            case LineKind.Unix:
                CheckFolder(option, end.Place);
                return OpenSocket(SocketEnd.Unix(Path.GetFullPath(end.Place)), end.IsServer);
            case LineKind.Tcp:
                return OpenSocket(SocketEnd.Tcp(end.Place, end.Port), end.IsServer);
            default:
                return null;
        }
    }

    // The far end waits with us; its own flow control holds it back meanwhile.
    private void Feed(VirtualMachine machine, int port, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_isOver)
        {
            bytes = bytes[machine.PostSerialInput(port, bytes)..];
            if (!bytes.IsEmpty)
            {
                _ = machine.WaitForSerialRoom(port, Look);
            }
        }
    }
}
