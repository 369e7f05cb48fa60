using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>LZMA2 (the .xz file format, 5.3.1): chunks of LZMA or plain bytes, each led by a control byte.</summary>
internal static class Lzma2Decoder
{
    /// <summary>Decodes up to the end mark; <paramref name="consumed"/> packed bytes were read. Returns the length.</summary>
    public static int Decode(ReadOnlySpan<byte> packed, Span<byte> output, out int consumed)
    {
        LzmaModel model = new();
        int from = 0;
        int at = 0;
        int dictionaryStart = 0;
        bool needsDictionaryReset = true;
        while (true)
        {
            byte control = Peek(packed, from, 1)[0];
            from++;
            if (control == 0)
            {
                consumed = from;
                return at;
            }

            bool resetsDictionary = control is 1 or >= 0xE0;
            if ((needsDictionaryReset && !resetsDictionary) || control is > 2 and < 0x80)
            {
                throw KernelPayload.Damaged("an LZMA2 chunk is out of place");
            }

            if (resetsDictionary)
            {
                dictionaryStart = at;
                needsDictionaryReset = false;
            }

            from += control < 0x80
                ? CopyChunk(packed[from..], output, ref at)
                : LzmaChunk(control, packed[from..], output, model, dictionaryStart, ref at);
        }
    }

    private static int CopyChunk(ReadOnlySpan<byte> packed, Span<byte> output, ref int at)
    {
        int length = BinaryPrimitives.ReadUInt16BigEndian(Peek(packed, 0, 2)) + 1;
        if (length > output.Length - at)
        {
            throw KernelPayload.Damaged("it is longer than it says");
        }

        Peek(packed, 2, length).CopyTo(output[at..]);
        at += length;
        return 2 + length;
    }

    private static int LzmaChunk(byte control, ReadOnlySpan<byte> packed, Span<byte> output, LzmaModel model, int dictionaryStart, ref int at)
    {
        ReadOnlySpan<byte> header = Peek(packed, 0, 4);
        int length = ((control & 0x1F) << 16) + BinaryPrimitives.ReadUInt16BigEndian(header) + 1;
        int packedLength = BinaryPrimitives.ReadUInt16BigEndian(header[2..]) + 1;
        int from = 4;
        int reset = (control >> 5) & 3;
        if (reset >= 2)
        {
            if (!model.SetProperties(Peek(packed, from++, 1)[0]))
            {
                throw KernelPayload.Damaged("LZMA2 properties are wrong");
            }
        }
        else if (!model.HasProperties)
        {
            throw KernelPayload.Damaged("an LZMA2 chunk is out of place");
        }
        else if (reset == 1)
        {
            model.Reset();
        }

        if (length > output.Length - at)
        {
            throw KernelPayload.Damaged("it is longer than it says");
        }

        RangeDecoder rc = new(Peek(packed, from, packedLength));
        return rc.IsValid && model.Decode(ref rc, output, dictionaryStart, ref at, at + length) == LzmaModel.Outcome.Filled && rc.IsFinished
            ? from + packedLength
            : throw KernelPayload.Damaged("an LZMA2 chunk does not decode");
    }

    private static ReadOnlySpan<byte> Peek(ReadOnlySpan<byte> packed, int from, int length) =>
        length <= packed.Length - from ? packed.Slice(from, length) : throw KernelPayload.Damaged("it ends early");
}
