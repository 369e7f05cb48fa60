using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Doppel.Host;

/// <summary>
/// Holds a terminal in raw mode: every key reaches the guest at once, Ctrl-C and Ctrl-Z included, nothing is echoed. Output processing stays on,
/// so that lines of ours and of guests that send bare line feeds look right. The former mode comes back on <see cref="Dispose"/>, at the
/// end of the process (by an unhandled exception too) and on SIGTERM, SIGHUP, SIGINT and SIGQUIT; on SIGTSTP it comes back while stopped, and SIGCONT makes it raw again.
/// SIGKILL cannot be seen: "stty sane" repairs the terminal then.
/// </summary>
public sealed class RawTerminal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly int _fd;
    private readonly NativeTerminal.Termios _former;
    private readonly NativeTerminal.Termios _raw;
    private readonly PosixSignalRegistration[] _registrations;
    private bool _isDisposed;

    private RawTerminal(int descriptor, NativeTerminal.Termios former, bool keepSignals)
    {
        _fd = descriptor;
        _former = former;
        _raw = MakeRaw(former, keepSignals);

        // First the ways back, then the change. The runtime notes the terminal's mode at the first registration, so that must still be the former.
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Apply(_former)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, _ => Apply(_former)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Apply(_former)),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => Apply(_former)),
            PosixSignalRegistration.Create((PosixSignal)NativeTerminal.SignalStop, StopForAWhile),
            PosixSignalRegistration.Create((PosixSignal)NativeTerminal.SignalContinue, Continue),
        ];
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException += OnProcessExit;
    }

    /// <summary>Makes the terminal raw.</summary>
    /// <param name="descriptor">A terminal, 0 as a rule.</param>
    /// <param name="keepSignals">Whether Ctrl-C, Ctrl-Z and Ctrl-\ still raise signals on the host.</param>
    /// <exception cref="HostException"><paramref name="descriptor"/> is no terminal, or it cannot be changed.</exception>
    public static RawTerminal Enter(int descriptor, bool keepSignals = false)
    {
        if (NativeTerminal.GetAttributes(descriptor, out NativeTerminal.Termios former) != 0)
        {
            throw Refusal("read");
        }

        RawTerminal terminal = new(descriptor, former, keepSignals);
        if (!terminal.Apply(terminal._raw))
        {
            HostException error = Refusal("change");
            terminal.Dispose();
            throw error;
        }

        return terminal;
    }

    /// <summary>Brings the former mode back. Any thread; again does nothing.</summary>
    public void Dispose()
    {
        _ = Apply(_former);
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        // Outside of the lock: this waits for handlers that run now, and they take it.
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException -= OnProcessExit;
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static HostException Refusal(string verb) =>
        Errno.Failure($"cannot {verb} the terminal's mode", Marshal.GetLastPInvokeError(), "redirect the guest's console, for example --serial file:PATH");

    private static unsafe NativeTerminal.Termios MakeRaw(NativeTerminal.Termios mode, bool keepSignals)
    {
        mode.Input &= ~(NativeTerminal.InputBreakIgnored | NativeTerminal.InputBreakSignals | NativeTerminal.InputMarksParity | NativeTerminal.InputStrips
            | NativeTerminal.InputNewLineToReturn | NativeTerminal.InputReturnIgnored | NativeTerminal.InputReturnToNewLine | NativeTerminal.InputStopsOutput);
        mode.Local &= ~(NativeTerminal.LocalCanonical | NativeTerminal.LocalEcho | NativeTerminal.LocalEchoNewLine | NativeTerminal.LocalExtensions);
        if (!keepSignals)
        {
            mode.Local &= ~NativeTerminal.LocalSignals;
        }

        // SAFETY: both indices are below the buffer's 32 bytes, and the struct is a local copy.
        mode.Characters[NativeTerminal.MinimumIndex] = 1;
        mode.Characters[NativeTerminal.TimeIndex] = 0;
        return mode;
    }

    private bool Apply(in NativeTerminal.Termios mode)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return true;
            }

            // In the background a change would stop us with SIGTTOU; the shell has set its own mode anyway. -1: not our controlling terminal.
            int foreground = NativeTerminal.ForegroundGroup(_fd);
            if (foreground > 0 && foreground != NativeTerminal.OwnGroup())
            {
                return true;
            }

            return NativeTerminal.SetAttributes(_fd, NativeTerminal.SetNow, mode) == 0;
        }
    }

    // The runtime would swallow the signal, so the process stops itself.
    private void StopForAWhile(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = Apply(_former);
        _ = NativeDescriptors.Kill(Environment.ProcessId, NativeDescriptors.SignalStopAtOnce);
    }

    // Cancelled, since the runtime would bring back the mode that it found at its start.
    private void Continue(PosixSignalContext context)
    {
        context.Cancel = true;
        _ = Apply(_raw);
    }

    private void OnProcessExit(object? sender, EventArgs e) => Apply(_former);
}
