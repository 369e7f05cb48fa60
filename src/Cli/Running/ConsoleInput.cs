using System;
using System.IO;
using System.Threading;
using Doppel.Cli.Reporting;
using Doppel.Host;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>
/// Standard input on its way to a serial port of the guest. A terminal is put into raw mode: every key is the guest's, save the escape
/// key, which leaves. A pipe or file is fed as it is; its end is not the end of the run.
/// </summary>
internal sealed class ConsoleInput : IDisposable
{
    /// <summary>Ctrl-].</summary>
    internal const byte EscapeKey = 0x1D;

    private const int StandardInput = 0;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private RawTerminal? _raw;
    private DescriptorReader? _reader;
    private volatile bool _isOver;

    private ConsoleInput()
    {
    }

    /// <summary>Connects standard input as the options ask.</summary>
    internal static ConsoleInput Attach(RunOptions options, VirtualMachine machine, Ending ending, CliStreams streams)
    {
        var input = new ConsoleInput();
        if (options.StdioPort is not { } port)
        {
            return input;
        }

        bool terminal = Terminal.IsTerminal(StandardInput);
        if (!options.TakesInput)
        {
            // A key would come at another instruction each time.
            string mode = options.ReplayPath is null ? "deterministic" : "replay";
            if (terminal)
            {
                streams.Say($"{mode}: the keyboard is not connected; Ctrl-C ends");
            }
            else if (!options.Quiet && HoldsInput())
            {
                streams.Say($"{mode}: standard input is not connected (--input-at types at an instruction, --record takes what comes)");
            }

            return input;
        }

        if (terminal)
        {
            streams.Say("Escape key is Ctrl-]");
            input._raw = RawTerminal.Enter(StandardInput);
        }

        var reader = new DescriptorReader(StandardInput);
        input._reader = reader;
        new Thread(() => input.Pump(reader, machine, port, terminal ? ending : null)) { IsBackground = true, Name = "serial input" }.Start();
        return input;
    }

    /// <summary>Puts the terminal back. Any thread, any number of times.</summary>
    internal void Restore()
    {
        lock (_gate)
        {
            _raw?.Dispose();
            _raw = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The reader's thread may still look at it: it is stopped, not disposed of, and goes with the process.
        _isOver = true;
        _reader?.Stop();
        Restore();
    }

    /// <summary>How many of the bytes go to the guest before the escape key; all when it is not among them.</summary>
    internal static int BeforeEscape(ReadOnlySpan<byte> typed)
    {
        int at = typed.IndexOf(EscapeKey);
        return at < 0 ? typed.Length : at;
    }

    // A pipe or a file somebody put there, not /dev/null.
    private static bool HoldsInput()
    {
        try
        {
            string? name = new FileInfo("/proc/self/fd/0").LinkTarget;
            return name is not null && (name.StartsWith("pipe:", StringComparison.Ordinal) || (name.StartsWith('/') && !name.StartsWith("/dev/", StringComparison.Ordinal)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Pump(DescriptorReader from, VirtualMachine machine, int port, Ending? leave)
    {
        byte[] buffer = new byte[256];
        ReadOutcome outcome;
        while ((outcome = from.Read(buffer, out int count)) == ReadOutcome.Data)
        {
            int forGuest = leave is null ? count : BeforeEscape(buffer.AsSpan(0, count));
            Feed(buffer.AsSpan(0, forGuest), machine, port, waits: leave is null);
            if (forGuest < count)
            {
                leave!.Request(ExitCode.Success, string.Empty);
                return;
            }
        }

        if (outcome == ReadOutcome.End)
        {
            machine.StopPacing();
            leave?.Request(ExitCode.HungUp, "the terminal went away");
        }
    }

    // What a pipe holds waits for the guest. Keys do not: a guest that takes none must not keep the escape key from being seen.
    private void Feed(ReadOnlySpan<byte> bytes, VirtualMachine machine, int port, bool waits)
    {
        while (!bytes.IsEmpty && !_isOver)
        {
            bytes = bytes[machine.PostSerialInput(port, bytes)..];
            if (!waits)
            {
                return;
            }

            if (!bytes.IsEmpty)
            {
                _ = machine.WaitForSerialRoom(port, Look);
            }
        }
    }
}
