using System;
using System.IO;

namespace Doppel.Machine.Snapshot;

/// <summary>
/// Writes a machine's state as a compact, self-describing stream that <see cref="BinaryStateReader"/> reads: every item carries its name
/// and type. Call <see cref="StateEncoder.Finish"/> at the end. Misuse (an open record, a bad name) throws; it is our bug, never the guest's.
/// </summary>
public sealed class BinaryStateWriter : StateEncoder
{
    private readonly Stream _to;

    /// <summary>Writes to <paramref name="to"/>, which stays the caller's to flush and close; give a buffered stream.</summary>
    public BinaryStateWriter(Stream to) => _to = to;

    private protected override void Emit(ReadOnlySpan<byte> bytes) => _to.Write(bytes);
}
