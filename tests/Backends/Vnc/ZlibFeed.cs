using System;
using System.IO;
using System.IO.Compression;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>One zlib stream whose packed bytes come in pieces.</summary>
internal sealed class ZlibFeed : IDisposable
{
    private readonly MemoryStream _packed = new();
    private readonly ZLibStream _plain;

    internal ZlibFeed() => _plain = new ZLibStream(_packed, CompressionMode.Decompress);

    internal void Add(byte[] bytes)
    {
        long at = _packed.Position;
        _packed.Position = _packed.Length;
        _packed.Write(bytes);
        _packed.Position = at;
    }

    internal byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        _plain.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => _plain.Dispose();
}
