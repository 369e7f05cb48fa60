using System;
using System.Threading;
using Doppel.Host;

namespace Doppel.Cli.Running;

/// <summary>
/// Turns the signals that ask a program to end into one call, so that it ends in order: terminal restored, files whole. The first signal
/// decides the exit code. The call comes on a thread of the runtime.
/// </summary>
internal sealed class EndSignals : IDisposable
{
    private readonly HostSignals _signals;
    private int _exitCode;

    internal EndSignals(Action<int> received) => _signals = new HostSignals(signal =>
    {
        int exitCode = CodeOf(signal);
        Interlocked.CompareExchange(ref _exitCode, exitCode, 0);
        received(exitCode);
    });

    /// <summary>Exit code of the first signal, 0 while none came.</summary>
    internal int ExitCode => Volatile.Read(ref _exitCode);

    /// <summary>Gives the signals back their usual effect.</summary>
    public void Dispose() => _signals.Dispose();

    internal static int CodeOf(HostSignal signal) => signal switch
    {
        HostSignal.Interrupt => Reporting.ExitCode.Interrupted,
        HostSignal.HangUp => Reporting.ExitCode.HungUp,
        _ => Reporting.ExitCode.Terminated,
    };
}
