using System;
using System.Threading;
using Doppel.Backends.Character;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>
/// All that can end a run from outside: signals, the escape key, a reader that went away. The first one decides the exit code and asks
/// the machine to stop; should the machine not stop, the process ends without it.
/// </summary>
internal sealed class Ending : IDisposable
{
    private const int NotEnding = -1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan OutputPatience = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _fetching = new();
    private readonly EndSignals _signals;
    private readonly Lock _gate = new();
    private VirtualMachine? _machine;
    private Action _abandonOutput = () => { };
    private Timer? _force;
    private Timer? _abandon;
    private int _exitCode = NotEnding;

    internal Ending() => _signals = new EndSignals(code => Request(code, string.Empty));

    /// <summary>Cancelled when the run shall end.</summary>
    internal CancellationToken Fetching => _fetching.Token;

    /// <summary>What the process shall return, or null while nothing ended the run.</summary>
    internal int? ExitCode => Volatile.Read(ref _exitCode) is var code && code == NotEnding ? null : code;

    /// <summary>One line for people, or nothing.</summary>
    internal string Why { get; private set; } = string.Empty;

    /// <summary>Called before the process ends by force: puts the terminal back.</summary>
    internal Action BeforeForcedEnd { get; set; } = () => { };

    /// <summary>From now on the machine is what has to stop.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="abandonOutput">Frees a machine that waits for a reader of its output.</param>
    internal void Watch(VirtualMachine machine, Action abandonOutput)
    {
        lock (_gate)
        {
            (_machine, _abandonOutput) = (machine, abandonOutput);
        }

        if (ExitCode is not null)
        {
            machine.RequestStop();
        }
    }

    /// <summary>The reader of the serial output went away, or the disk is full.</summary>
    internal void OutputLost(StreamOutput output)
    {
        bool closed = output.IsClosedByReader;
        Request(closed ? Reporting.ExitCode.OutputClosed : Reporting.ExitCode.Failure, closed ? string.Empty : output.Failure!.Message);
    }

    /// <summary>Ends the run. Any thread; only the first call counts.</summary>
    internal void Request(int exitCode, string why)
    {
        lock (_gate)
        {
            if (_exitCode != NotEnding)
            {
                return;
            }

            Why = why;
            Volatile.Write(ref _exitCode, exitCode);
            _force = new Timer(_ => Force(), null, Patience, Timeout.InfiniteTimeSpan);
            _machine?.RequestStop();

            // A guest that waits for room in a pipe nobody reads must be able to see the request; one that is read gets its last words out.
            _abandon = new Timer(_ => _abandonOutput(), null, OutputPatience, Timeout.InfiniteTimeSpan);
        }

        _fetching.Cancel();
    }

    /// <summary>Ends the watch; signals have their usual effect again.</summary>
    public void Dispose()
    {
        _signals.Dispose();
        _force?.Dispose();
        _abandon?.Dispose();
        _fetching.Dispose();
    }

    private void Force()
    {
        BeforeForcedEnd();
        Environment.Exit(_exitCode);
    }
}
