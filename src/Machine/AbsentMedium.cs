using System;
using System.Globalization;
using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>Stands for a medium that a snapshot knows the length of and nothing else: every access fails until the restorer puts the medium itself in its place.</summary>
internal sealed class AbsentMedium(long lengthBytes) : IBlockBackend
{
    /// <inheritdoc/>
    public long LengthBytes => lengthBytes;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public string Description => string.Create(CultureInfo.InvariantCulture, $"a medium of {lengthBytes} bytes that is not here");

    /// <inheritdoc/>
    public BlockStatus Read(long offset, Span<byte> to) => BlockStatus.Failed;

    /// <inheritdoc/>
    public BlockStatus Write(long offset, ReadOnlySpan<byte> from) => BlockStatus.ReadOnly;

    /// <inheritdoc/>
    public BlockStatus Flush() => BlockStatus.Done;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
