using System;

namespace Doppel.Backends;

/// <summary>
/// The far end of a serial line or debug console: terminal, file, socket. Output is pushed; input arrives through the callback,
/// always posted to the machine's thread by whoever owns the machine.
/// </summary>
public interface ICharacterBackend : IDisposable
{
    /// <summary>Sends bytes to the outside. Never blocks the machine for longer than the outside's own flow control, never throws for a vanished peer.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Makes what was written visible outside.</summary>
    void Flush();
}

/// <summary>The device's end of a character line: where input bytes go. Called on the machine's thread.</summary>
public interface ICharacterSink
{
    /// <summary>
    /// Whether the device asks for bytes at all: the "request to send" of a handshake. While it does not, the far end keeps what it has;
    /// <see cref="Receive"/> would still take it.
    /// </summary>
    bool IsListening { get; }

    /// <summary>How many bytes the device takes now; the rest waits with the caller.</summary>
    int Room { get; }

    /// <summary>Gives at most <see cref="Room"/> bytes to the device.</summary>
    void Receive(ReadOnlySpan<byte> bytes);
}
