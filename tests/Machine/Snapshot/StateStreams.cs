using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>A stream that uses every item, its reader, and the means to damage it with a fitting seal.</summary>
internal static class StateStreams
{
    internal static readonly byte[] Long = RandomBytes(20_000);

    internal static void WriteSample(IStateWriter to)
    {
        to.Begin("machine", 3);
        to.Write("time", 123_456_789_012_345UL);
        to.Begin("pit", 2);
        to.Write("zero", 0UL);
        to.Write("top", ulong.MaxValue);
        to.Write("low", long.MinValue);
        to.Write("high", long.MaxValue);
        to.Write("minus", -1L);
        to.Write("gate", true);
        to.Write("null", false);
        to.End();
        to.Begin("ram", 1);
        to.Write("empty", []);
        to.Write("page", Long);
        to.Write("four", [1, 2, 3, 4]);
        to.End();
        to.End();
        to.Begin("second", 1);
        to.End();
    }

    internal static void ReadSample(IStateReader from)
    {
        from.Begin("machine", 3);
        from.ReadUnsigned("time");
        from.Begin("pit", 2);
        from.ReadUnsigned("zero", 0);
        from.ReadUnsigned("top");
        from.ReadSigned("low");
        from.ReadSigned("high");
        from.ReadSigned("minus", -1, -1);
        from.ReadBool("gate");
        from.ReadBool("null");
        from.End();
        from.Begin("ram", 1);
        from.ReadBytes("empty", []);
        from.ReadBytes("page", 1 << 20);
        from.ReadBytes("four", stackalloc byte[4]);
        from.End();
        from.End();
        from.Begin("second", 1);
        from.End();
    }

    internal static byte[] Make(Action<IStateWriter> write)
    {
        using MemoryStream stream = new();
        using BinaryStateWriter writer = new(stream);
        write(writer);
        writer.Finish();
        return stream.ToArray();
    }

    internal static void ReadAll(byte[] stream)
    {
        BinaryStateReader reader = new(stream);
        ReadSample(reader);
        reader.Finish();
    }

    /// <summary>The same bytes with a seal that fits: what a forger would hand in.</summary>
    internal static byte[] Reseal(byte[] stream)
    {
        if (stream.Length > 32)
        {
            SHA256.HashData(stream.AsSpan(0, stream.Length - 32), stream.AsSpan(stream.Length - 32));
        }

        return stream;
    }

    /// <summary>A sealed stream of these raw items.</summary>
    internal static byte[] Forge(params byte[] items) =>
        Reseal([.. "DPLSTATE\u0001"u8, .. items, .. new byte[32]]);

    internal static byte[] Name(string name) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name)];

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(5).NextBytes(bytes);
        return bytes;
    }
}
