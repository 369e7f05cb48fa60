using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using Doppel.Machine.Outside;
using Doppel.Primitives;

namespace Doppel.Machine.Replay;

/// <summary>
/// Reads a log frame by frame. The log is untrusted: every length is bounded before it is believed, and the first frame that is not whole and sound
/// ends the log. Nothing is thrown once the facts have been read.
/// </summary>
internal sealed class ReplayLogReader
{
    private readonly Stream _from;
    private uint _frames;
    private long _offset;

    /// <summary>Reads magic and facts.</summary>
    /// <exception cref="StateFormatException">They are not there, damaged, or of another version.</exception>
    public ReplayLogReader(Stream from)
    {
        _from = from;
        byte[] magic = new byte[ReplayFormat.Magic.Length];
        if (Take(magic) != magic.Length || !magic.AsSpan().StartsWith(ReplayFormat.Magic[..^1]))
        {
            throw new StateFormatException("it is not a log of outside input, or cut off at its start");
        }

        if (magic[^1] != ReplayFormat.Magic[^1])
        {
            throw new StateFormatException($"it has format version {magic[^1]}; this build reads {ReplayFormat.Magic[^1]}");
        }

        _offset = magic.Length;
        if (NextFrame(out byte kind) is not { } payload || kind != ReplayFormat.FactsKind)
        {
            throw new StateFormatException("its first record, the facts of the machine, is damaged or cut off");
        }

        Facts = ReplayFacts.Decode(payload);
    }

    /// <summary>The machine that was recorded.</summary>
    public ReplayFacts Facts { get; }

    /// <summary>Where and why the log ended; empty while it has not.</summary>
    public string EndOfLog { get; private set; } = string.Empty;

    /// <summary>Inputs read so far.</summary>
    public int Inputs { get; private set; }

    /// <summary>The next record; null: there is none, and <see cref="EndOfLog"/> says why.</summary>
    public ReplayEntry? Next()
    {
        if (EndOfLog.Length != 0)
        {
            return null;
        }

        long start = _offset;
        if (NextFrame(out byte kind) is not { } payload)
        {
            return null;
        }

        ReplayEntry? entry = kind switch
        {
            ReplayFormat.InputKind => Input(payload),
            ReplayFormat.EndKind => End(payload),
            ReplayFormat.MarkKind => payload.Length == ReplayFormat.InstantBytes ? new MarkEntry(ReplayFormat.Instant(payload)) : null,
            _ => null,
        };
        if (entry is null)
        {
            Stop(start, $"a record of kind {kind} that this build does not know");
        }

        return entry;
    }

    private InputEntry? Input(byte[] payload)
    {
        int length = payload.Length - ReplayFormat.InstantBytes - 1;
        if (length is <= 0 or > ReplayFormat.MaxInputBytes || payload[ReplayFormat.InstantBytes] >= InputPort.Count || !InputPort.IsWhole(payload[ReplayFormat.InstantBytes], length))
        {
            return null;
        }

        Inputs++;
        return new InputEntry(ReplayFormat.Instant(payload), payload[ReplayFormat.InstantBytes], payload.AsMemory(ReplayFormat.InstantBytes + 1));
    }

    private static EndEntry? End(byte[] payload)
    {
        if (payload.Length != ReplayFormat.EndBytes || payload[ReplayFormat.InstantBytes + 2] > 1)
        {
            return null;
        }

        ReadOnlySpan<byte> fields = payload.AsSpan(ReplayFormat.InstantBytes);
        return new EndEntry(ReplayFormat.Instant(payload), fields[0], fields[1], fields[2] == 1, Convert.ToHexStringLower(fields[3..]));
    }

    // Null: no whole, sound frame follows.
    private byte[]? NextFrame(out byte kind)
    {
        kind = 0;
        long start = _offset;
        byte[] head = new byte[ReplayFormat.HeadBytes];
        int got = Take(head);
        if (got == 0)
        {
            return Stop(start, "nothing follows");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
        if (got == head.Length && length is < 0 or > ReplayFormat.MaxPayloadBytes)
        {
            return Stop(start, "the record is damaged");
        }

        byte[] rest = new byte[got == head.Length ? length + ReplayFormat.CheckBytes : 0];
        if (got < head.Length || Take(rest) < rest.Length)
        {
            return Stop(start, "the record is cut off");
        }

        byte[] checkedBytes = [.. head, .. rest.AsSpan(0, length)];
        if (ReplayFormat.Check(_frames, checkedBytes) != BinaryPrimitives.ReadUInt32LittleEndian(rest.AsSpan(length)))
        {
            return Stop(start, "the record is damaged");
        }

        _frames++;
        _offset = start + head.Length + rest.Length;
        kind = head[0];
        return rest[..length];
    }

    private byte[]? Stop(long offset, string why)
    {
        EndOfLog = string.Create(CultureInfo.InvariantCulture, $"byte {offset}: {why}");
        return null;
    }

    // A file that cannot be read on is one that ends.
    private int Take(Span<byte> to)
    {
        try
        {
            return _from.ReadAtLeast(to, to.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException or NotSupportedException)
        {
            return 0;
        }
    }
}
