using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>The ".lzma" file: properties byte, dictionary size, length (all ones: ended by a marker), one LZMA stream.</summary>
internal static class LzmaAlone
{
    private const int HeaderBytes = 13;

    /// <summary>Decodes into <paramref name="output"/>; returns the length.</summary>
    public static int Decode(ReadOnlySpan<byte> packed, Span<byte> output)
    {
        LzmaModel model = new();
        if (packed.Length < HeaderBytes || !model.SetProperties(packed[0]))
        {
            throw KernelPayload.Damaged("the LZMA header is wrong");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(packed[5..]);
        if (length != ulong.MaxValue && length != (ulong)output.Length)
        {
            throw KernelPayload.Damaged("the LZMA header gives another length");
        }

        RangeDecoder rc = new(packed[HeaderBytes..]);
        int at = 0;
        return rc.IsValid && model.Decode(ref rc, output, 0, ref at, output.Length) != LzmaModel.Outcome.Damaged
            ? at
            : throw KernelPayload.Damaged("the LZMA stream does not decode");
    }
}
