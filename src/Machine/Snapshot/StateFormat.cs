using System;

namespace Doppel.Machine.Snapshot;

/// <summary>What follows in a state stream. The numbers are part of the format.</summary>
internal enum StateTag : byte
{
    /// <summary>The end: SHA-256 of all before it follows.</summary>
    Seal = 0,

    /// <summary>A record opens: name, version.</summary>
    Begin = 1,

    /// <summary>The record opened last closes.</summary>
    End = 2,

    /// <summary>Name, value.</summary>
    Unsigned = 3,

    /// <summary>Name, value folded so that small magnitudes are short (0, -1, 1, -2, ... as 0, 1, 2, 3, ...).</summary>
    Signed = 4,

    /// <summary>Name, one byte of 0 or 1.</summary>
    Bool = 5,

    /// <summary>Name, length, bytes.</summary>
    Bytes = 6,
}

/// <summary>
/// The state stream: magic, then items (tag byte, name, value), then a seal. A name is a length byte and that many printable ASCII
/// characters; a number is little-endian base 128 in the fewest bytes, the high bit telling that more follow. One state has one encoding,
/// so equal states have equal hashes.
/// </summary>
internal static class StateFormat
{
    internal const int MaxNesting = 16;
    internal const int MaxNameLength = 64;
    internal const int MaxNumberBytes = 10;
    internal const int SealBytes = 32;

    /// <summary>"DPLSTATE" and the format's version.</summary>
    internal static ReadOnlySpan<byte> Magic => "DPLSTATE\u0001"u8;

    internal static ulong Fold(long value) => unchecked((ulong)(value << 1) ^ (ulong)(value >> 63));

    internal static long Unfold(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    internal static bool IsName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxNameLength && !name.ContainsAnyExceptInRange('!', '~');

    internal static string Words(StateTag tag) => tag switch
    {
        StateTag.Seal => "the end",
        StateTag.Begin => "a record",
        StateTag.End => "the end of the record",
        StateTag.Unsigned => "an unsigned field",
        StateTag.Signed => "a signed field",
        StateTag.Bool => "a truth value",
        StateTag.Bytes => "a field of bytes",
        _ => $"an unknown item {(byte)tag}",
    };
}
