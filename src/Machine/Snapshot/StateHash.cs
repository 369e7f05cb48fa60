using System;

namespace Doppel.Machine.Snapshot;

/// <summary>Hashes a machine's state: the SHA-256 of exactly the stream that <see cref="BinaryStateWriter"/> would write, without storing it.</summary>
public sealed class StateHash : StateEncoder
{
    /// <summary>Ends the stream and returns its hash, 64 lower-case hexadecimal digits. May be called again.</summary>
    public string FinishHex() => Convert.ToHexStringLower(Finish().Span);

    private protected override void Emit(ReadOnlySpan<byte> bytes)
    {
        // The encoder has hashed the bytes already; they go nowhere else.
    }
}
