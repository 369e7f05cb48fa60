using System;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>A request from outside that the process should end.</summary>
public enum HostSignal
{
    /// <summary>SIGINT: Ctrl-C at a terminal that is not in raw mode, or kill -INT.</summary>
    Interrupt = 0,

    /// <summary>SIGTERM: a service manager or kill.</summary>
    Terminate = 1,

    /// <summary>SIGHUP: the terminal was closed.</summary>
    HangUp = 2,
}

/// <summary>Hands signals to the program instead of letting them end it, until disposed.</summary>
public sealed class HostSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Calls <paramref name="received"/> for each signal, on a thread of the runtime; it should set a flag or kick a machine, and return.</summary>
    public HostSignals(Action<HostSignal> received) =>
        _registrations =
        [
            Take(PosixSignal.SIGINT, HostSignal.Interrupt, received),
            Take(PosixSignal.SIGTERM, HostSignal.Terminate, received),
            Take(PosixSignal.SIGHUP, HostSignal.HangUp, received),
        ];

    /// <summary>Makes a write to a pipe or socket whose reader is gone fail with an error instead of ending the process. Once, at the start.</summary>
    public static void IgnoreBrokenPipe() => _ = NativeDescriptors.Signal(NativeDescriptors.SignalBrokenPipe, NativeDescriptors.IgnoreSignal);

    /// <summary>Gives the signals their usual effect back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static PosixSignalRegistration Take(PosixSignal signal, HostSignal meaning, Action<HostSignal> received) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            received(meaning);
        });
}
