using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;
using Doppel.Primitives;

namespace Doppel.Machine.Snapshot;

/// <summary>Turns the calls of <see cref="IStateWriter"/> into the bytes of a state stream; what becomes of the bytes is the subclass's affair.</summary>
public abstract class StateEncoder : IStateWriter, IDisposable
{
    private const int PendingBytes = 8192;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Stack<string> _records = new();
    private readonly byte[] _pending = new byte[PendingBytes];
    private readonly byte[] _item = new byte[2 + StateFormat.MaxNameLength + StateFormat.MaxNumberBytes];
    private byte[]? _seal;
    private int _pendingLength;
    private bool _started;

    private protected StateEncoder()
    {
    }

    /// <inheritdoc/>
    public void Begin(string record, int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        if (_records.Count == StateFormat.MaxNesting)
        {
            throw new InvalidOperationException($"record {record} nests deeper than {StateFormat.MaxNesting}");
        }

        int length = Head(StateTag.Begin, record);
        Put(Number(length, (ulong)version));
        _records.Push(record);
    }

    /// <inheritdoc/>
    public void End()
    {
        if (_records.Count == 0)
        {
            throw new InvalidOperationException("no record is open");
        }

        _records.Pop();
        _item[0] = (byte)StateTag.End;
        Put(1);
    }

    /// <inheritdoc/>
    public void Write(string field, ulong value) => Put(Number(Field(StateTag.Unsigned, field), value));

    /// <inheritdoc/>
    public void Write(string field, long value) => Put(Number(Field(StateTag.Signed, field), StateFormat.Fold(value)));

    /// <inheritdoc/>
    public void Write(string field, bool value) => Put(Number(Field(StateTag.Bool, field), value ? 1UL : 0));

    /// <inheritdoc/>
    public void Write(string field, ReadOnlySpan<byte> value)
    {
        Put(Number(Field(StateTag.Bytes, field), (ulong)value.Length));
        Gather(value);
    }

    /// <summary>Ends the stream. All records must be closed; nothing can be written after it. Returns the SHA-256 of all items.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        if (_seal is not null)
        {
            return _seal;
        }

        if (_records.Count != 0)
        {
            throw new InvalidOperationException($"record {_records.Peek()} is still open");
        }

        Start();
        _item[0] = (byte)StateTag.Seal;
        Put(1);
        Pass();
        _seal = _hash.GetHashAndReset();
        Emit(_seal);
        return _seal;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hash.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes the next bytes of the stream.</summary>
    private protected abstract void Emit(ReadOnlySpan<byte> bytes);

    private int Field(StateTag tag, string name) =>
        _records.Count != 0 ? Head(tag, name) : throw new InvalidOperationException($"field {name} stands outside of a record");

    private int Head(StateTag tag, string name)
    {
        if (!StateFormat.IsName(name))
        {
            throw new ArgumentException($"'{name}' is no name of 1 to {StateFormat.MaxNameLength} printable ASCII characters", nameof(name));
        }

        if (_seal is not null)
        {
            throw new InvalidOperationException("the stream is finished");
        }

        Start();
        _item[0] = (byte)tag;
        _item[1] = (byte)name.Length;
        return 2 + Encoding.ASCII.GetBytes(name, _item.AsSpan(2));
    }

    private int Number(int at, ulong value)
    {
        while (value > 0x7F)
        {
            _item[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _item[at++] = (byte)value;
        return at;
    }

    private void Start()
    {
        if (!_started)
        {
            _started = true;
            Gather(StateFormat.Magic);
        }
    }

    private void Put(int length) => Gather(_item.AsSpan(0, length));

    // Items are a few bytes each: they are hashed and passed on in larger portions.
    private void Gather(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > PendingBytes - _pendingLength)
        {
            Pass();
        }

        if (bytes.Length > PendingBytes)
        {
            _hash.AppendData(bytes);
            Emit(bytes);
            return;
        }

        bytes.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += bytes.Length;
    }

    private void Pass()
    {
        ReadOnlySpan<byte> pending = _pending.AsSpan(0, _pendingLength);
        _hash.AppendData(pending);
        Emit(pending);
        _pendingLength = 0;
    }
}
