using System;
using System.Collections.Generic;
using System.Text;
using Doppel.Backends;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>Keeps what a device sent.</summary>
internal sealed class RecordingBackend : ICharacterBackend
{
    public List<byte> Bytes { get; } = [];

    public int Flushes { get; private set; }

    public string Text => Encoding.Latin1.GetString([.. Bytes]);

    public void Write(ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);

    public void Flush() => Flushes++;

    public void Dispose()
    {
    }
}
