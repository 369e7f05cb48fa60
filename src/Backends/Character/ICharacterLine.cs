using System;

namespace Doppel.Backends.Character;

/// <summary>
/// Takes what came from the far end. Called on the line's own thread; until it returns nothing more is read, and the far end feels that.
/// </summary>
public delegate void BytesReceived(ReadOnlySpan<byte> bytes);

/// <summary>
/// A far end that other programs come to: a pseudo-terminal or a socket. Output never waits for them: 64 KiB are kept for who is slow or not there
/// yet, the latest; what was older is lost, and counted.
/// </summary>
public interface ICharacterLine : ICharacterBackend
{
    /// <summary>Where others find it, for people: "/dev/pts/5", "unix:/tmp/com1", "tcp:127.0.0.1:4444".</summary>
    string Where { get; }

    /// <summary>Bytes of output that were lost because nobody took them in time.</summary>
    long LostBytes { get; }

    /// <summary>Begins to talk; called once. What comes in goes to <paramref name="received"/>, or nowhere when that is null.</summary>
    void Start(BytesReceived? received);
}
