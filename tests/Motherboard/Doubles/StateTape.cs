using System;
using System.Collections.Generic;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests.Doubles;

/// <summary>Saved fields in a list; reading checks names and order.</summary>
internal sealed class StateTape : IStateWriter, IStateReader
{
    private readonly List<(string Field, object Value)> _cells = [];
    private int _at;

    public string Text => string.Join('\n', _cells.ConvertAll(c => c.Field + "=" + (c.Value is byte[] b ? Convert.ToHexString(b) : c.Value)));

    public StateTape Rewind()
    {
        _at = 0;
        return this;
    }

    public void Replace(string field, object value)
    {
        int index = _cells.FindIndex(c => c.Field == field);
        Assert.True(index >= 0, field);
        _cells[index] = (field, value);
    }

    public void Begin(string record, int version) => _cells.Add((record, version));

    public void End() => _cells.Add(("", 0));

    public void Write(string field, ulong value) => _cells.Add((field, value));

    public void Write(string field, long value) => _cells.Add((field, value));

    public void Write(string field, bool value) => _cells.Add((field, value));

    public void Write(string field, ReadOnlySpan<byte> value) => _cells.Add((field, value.ToArray()));

    int IStateReader.Begin(string record, int newest) => Next<int>(record);

    void IStateReader.End() => Next<int>("");

    public ulong ReadUnsigned(string field, ulong max = ulong.MaxValue)
    {
        ulong value = Next<ulong>(field);
        return value <= max ? value : throw new StateFormatException(field);
    }

    public long ReadSigned(string field, long min = long.MinValue, long max = long.MaxValue)
    {
        long value = Next<long>(field);
        return value >= min && value <= max ? value : throw new StateFormatException(field);
    }

    public bool ReadBool(string field) => Next<bool>(field);

    public void ReadBytes(string field, Span<byte> to) => Next<byte[]>(field).CopyTo(to);

    public byte[] ReadBytes(string field, int maxLengthBytes) => Next<byte[]>(field);

    private T Next<T>(string field)
    {
        (string name, object value) = _cells[_at++];
        Assert.Equal(name, field);
        return Assert.IsType<T>(value);
    }
}
