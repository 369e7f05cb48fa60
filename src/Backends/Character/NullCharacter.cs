using System;

namespace Doppel.Backends.Character;

/// <summary>A line with nothing at its far end: what is written vanishes. Any thread.</summary>
public sealed class NullCharacter : ICharacterBackend
{
    /// <summary>The one instance; disposing it does nothing.</summary>
    public static NullCharacter Instance { get; } = new();

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        // Vanishes.
    }

    /// <inheritdoc/>
    public void Flush()
    {
        // Nothing is ever kept.
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing is held.
    }
}
