using System;

namespace Doppel.Backends;

/// <summary>How an access to a medium ended.</summary>
public enum BlockStatus
{
    /// <summary>All of it was done.</summary>
    Done = 0,

    /// <summary>It leaves the medium; nothing was done.</summary>
    OutOfRange = 1,

    /// <summary>The medium cannot be written; nothing was done.</summary>
    ReadOnly = 2,

    /// <summary>The host has no room for what was to be written; how much was done is not known.</summary>
    NoSpace = 3,

    /// <summary>The host failed; how much was done is not known.</summary>
    Failed = 4,
}

/// <summary>
/// The bytes of a disk, CD or floppy. Accesses are synchronous: a device does them when the guest time that its drive needs has passed, so that no
/// request is ever under way between two instructions, and a deterministic machine does not see how fast the host is. Called on the machine's
/// thread; throws nothing that a guest or the host could cause.
/// </summary>
public interface IBlockBackend : IDisposable
{
    /// <summary>Size in bytes; any size, also 0.</summary>
    long LengthBytes { get; }

    /// <summary>Whether every write ends in <see cref="BlockStatus.ReadOnly"/>.</summary>
    bool IsReadOnly { get; }

    /// <summary>What it is, in words for messages: a path, or "memory".</summary>
    string Description { get; }

    /// <summary>Reads all of <paramref name="to"/> from byte <paramref name="offset"/> on.</summary>
    BlockStatus Read(long offset, Span<byte> to);

    /// <summary>Writes all of <paramref name="from"/> from byte <paramref name="offset"/> on.</summary>
    BlockStatus Write(long offset, ReadOnlySpan<byte> from);

    /// <summary>Makes what was written survive a loss of power of the host.</summary>
    BlockStatus Flush();
}
