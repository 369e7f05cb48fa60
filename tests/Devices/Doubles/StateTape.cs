using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>
/// Saved state in memory: takes fields, gives them back in the same order and checks that reader and writer agree on names,
/// kinds and nesting. A test may damage single fields by <see cref="TryReplace"/>.
/// </summary>
internal sealed class StateTape : IStateWriter, IStateReader
{
    private readonly List<(string Field, object Value)> _cells = [];
    private int _at;

    /// <summary>All cells as text: two tapes with equal text hold equal states.</summary>
    public string Text => string.Join('\n', _cells.Select(c => c.Field + "=" + Show(c.Value)));

    /// <summary>Names of the plain fields.</summary>
    public IReadOnlyList<string> Fields => [.. _cells.Where(c => c.Value is not RecordMark).Select(c => c.Field)];

    public static StateTape Of(IDevice device)
    {
        StateTape tape = new();
        device.Save(tape);
        return tape;
    }

    public void RestoreInto(IDevice device)
    {
        _at = 0;
        device.Restore(this);
        Assert.Equal(_cells.Count, _at);
    }

    /// <summary>Puts <paramref name="value"/> into the first field of that name; false: the field is of another kind.</summary>
    public bool TryReplace(string field, object value)
    {
        int index = _cells.FindIndex(c => c.Field == field && c.Value is not RecordMark);
        if (_cells[index].Value.GetType() != value.GetType())
        {
            return false;
        }

        _cells[index] = (field, value);
        return true;
    }

    public void Begin(string record, int version) => _cells.Add((record, new RecordMark(version)));

    public void End() => _cells.Add(("", new RecordMark(0)));

    public void Write(string field, ulong value) => _cells.Add((field, value));

    public void Write(string field, long value) => _cells.Add((field, value));

    public void Write(string field, bool value) => _cells.Add((field, value));

    public void Write(string field, ReadOnlySpan<byte> value) => _cells.Add((field, value.ToArray()));

    int IStateReader.Begin(string record, int newest)
    {
        int version = Next<RecordMark>(record).Version;
        return version >= 1 && version <= newest ? version : throw new StateFormatException(record + ": version");
    }

    void IStateReader.End() => Assert.Equal(0, Next<RecordMark>("").Version);

    public ulong ReadUnsigned(string field, ulong max = ulong.MaxValue)
    {
        ulong value = Next<ulong>(field);
        return value <= max ? value : throw new StateFormatException(field + ": out of range");
    }

    public long ReadSigned(string field, long min = long.MinValue, long max = long.MaxValue)
    {
        long value = Next<long>(field);
        return value >= min && value <= max ? value : throw new StateFormatException(field + ": out of range");
    }

    public bool ReadBool(string field) => Next<bool>(field);

    public void ReadBytes(string field, Span<byte> to)
    {
        byte[] value = Next<byte[]>(field);
        if (value.Length != to.Length)
        {
            throw new StateFormatException(field + ": length");
        }

        value.CopyTo(to);
    }

    public byte[] ReadBytes(string field, int maxLengthBytes)
    {
        byte[] value = Next<byte[]>(field);
        return value.Length <= maxLengthBytes ? value : throw new StateFormatException(field + ": length");
    }

    private static string Show(object value) => value switch
    {
        byte[] bytes => Convert.ToHexString(bytes),
        RecordMark mark => "v" + mark.Version.ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };

    private T Next<T>(string field)
    {
        Assert.True(_at < _cells.Count, "state ends before " + field);
        (string name, object value) = _cells[_at++];
        Assert.Equal(name, field);
        return Assert.IsType<T>(value);
    }

    private sealed record RecordMark(int Version);
}
