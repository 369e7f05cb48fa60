using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Doppel.Primitives;

namespace Doppel.Machine.Snapshot;

/// <summary>
/// Reads what <see cref="BinaryStateWriter"/> wrote. The bytes are untrusted: the seal is checked before anything is handed out, and since a
/// forger can make a fitting seal, every length, name, type and range is checked as well. All refusals are <see cref="StateFormatException"/>
/// and name the record and field. Call <see cref="Finish"/> at the end.
/// </summary>
public sealed class BinaryStateReader : IStateReader
{
    private readonly List<string> _records = [];
    private StateCursor _at;

    /// <summary>Checks magic and seal of <paramref name="stream"/>, which holds one whole state stream and nothing else.</summary>
    /// <exception cref="StateFormatException">Not a state stream, cut off or damaged.</exception>
    public BinaryStateReader(ReadOnlyMemory<byte> stream)
    {
        ReadOnlySpan<byte> magic = StateFormat.Magic;
        ReadOnlySpan<byte> all = stream.Span;
        if (!all.StartsWith(magic[..^1]))
        {
            throw new StateFormatException("not a saved state: the magic is missing");
        }

        if (!all.StartsWith(magic))
        {
            throw new StateFormatException("a saved state of another format version, or cut off");
        }

        int sealAt = all.Length - StateFormat.SealBytes;
        if (sealAt <= magic.Length)
        {
            throw new StateFormatException("the saved state is cut off");
        }

        if (!SHA256.HashData(all[..sealAt]).AsSpan().SequenceEqual(all[sealAt..]))
        {
            throw new StateFormatException("the saved state is cut off or damaged: its SHA-256 does not fit");
        }

        _at = new StateCursor(stream[..sealAt]);
        _ = _at.Take((ulong)magic.Length);
    }

    /// <summary>The record being read, outermost first, for example "machine/pit"; empty outside of all records.</summary>
    public string Path => string.Join('/', _records);

    /// <inheritdoc/>
    public int Begin(string record, int newest)
    {
        if (_records.Count == StateFormat.MaxNesting)
        {
            throw Refuse($"record {record} nests deeper than {StateFormat.MaxNesting}");
        }

        Expect(StateTag.Begin, record);
        _records.Add(record);
        ulong version = _at.Number();
        return version >= 1 && version <= (ulong)newest ? (int)version : throw Refuse($"has version {version}, known are 1 to {newest}");
    }

    /// <inheritdoc/>
    public void End()
    {
        if (_records.Count == 0)
        {
            throw new InvalidOperationException("no record is open");
        }

        StateTag tag = _at.Tag();
        if (tag != StateTag.End)
        {
            throw Refuse($"should end, but {Found(tag)} follows");
        }

        _records.RemoveAt(_records.Count - 1);
    }

    /// <inheritdoc/>
    public ulong ReadUnsigned(string field, ulong max = ulong.MaxValue)
    {
        Expect(StateTag.Unsigned, field);
        ulong value = _at.Number();
        return value <= max ? value : throw Refuse($"field {field} is {value}, at most {max} can be");
    }

    /// <inheritdoc/>
    public long ReadSigned(string field, long min = long.MinValue, long max = long.MaxValue)
    {
        Expect(StateTag.Signed, field);
        long value = StateFormat.Unfold(_at.Number());
        return value >= min && value <= max ? value : throw Refuse($"field {field} is {value}, {min} to {max} can be");
    }

    /// <inheritdoc/>
    public bool ReadBool(string field)
    {
        Expect(StateTag.Bool, field);
        return _at.Truth();
    }

    /// <inheritdoc/>
    public void ReadBytes(string field, Span<byte> to)
    {
        Expect(StateTag.Bytes, field);
        ulong length = _at.Number();
        if (length != (ulong)to.Length)
        {
            throw Refuse($"field {field} has {length} bytes, {to.Length} are needed");
        }

        _at.Take(length).CopyTo(to);
    }

    /// <inheritdoc/>
    public byte[] ReadBytes(string field, int maxLengthBytes)
    {
        Expect(StateTag.Bytes, field);
        ulong length = _at.Number();
        return length <= (ulong)Math.Max(0, maxLengthBytes) ? _at.Take(length).ToArray() : throw Refuse($"field {field} has {length} bytes, at most {maxLengthBytes} can be");
    }

    /// <summary>Checks that everything was read.</summary>
    /// <exception cref="StateFormatException">Something is left over.</exception>
    public void Finish()
    {
        if (_records.Count != 0)
        {
            throw new InvalidOperationException($"record {Path} is still open");
        }

        StateTag tag = _at.Tag();
        if (tag != StateTag.Seal)
        {
            throw Refuse($"should end, but {Found(tag)} follows");
        }

        if (_at.Left != 0)
        {
            throw Refuse($"{_at.Left} bytes are left over");
        }
    }

    private void Expect(StateTag tag, string name)
    {
        StateTag found = _at.Tag();
        if (found is StateTag.Seal or StateTag.End)
        {
            throw Refuse($"{Label(tag, name)} is missing");
        }

        string foundName = _at.Name();
        if (found != tag || !string.Equals(foundName, name, StringComparison.Ordinal))
        {
            throw Refuse($"{Label(tag, name)} should follow, but {StateFormat.Words(found)} {foundName} does");
        }
    }

    private string Found(StateTag tag) => tag is StateTag.Seal or StateTag.End ? StateFormat.Words(tag) : $"{StateFormat.Words(tag)} {_at.Name()}";

    private static string Label(StateTag tag, string name) => $"{StateFormat.Words(tag)} {name}";

    private StateFormatException Refuse(string what) =>
        new(_records.Count == 0 ? $"state: {what}" : $"state of {Path}: {what}");
}
