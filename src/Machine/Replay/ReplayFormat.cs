using System;
using System.Buffers.Binary;
using Doppel.Machine.Boot.Unpack;

namespace Doppel.Machine.Replay;

/// <summary>
/// The log of outside input: magic, then frames. A frame is its kind (1 byte), the length of its payload (4 bytes), the payload, and a CRC-32 over the
/// frame's number in the file, kind, length and payload; numbers are little-endian. The first frame holds the facts of the machine, as a state stream.
/// An input is instant, port (1 byte, see <see cref="Outside.InputPort"/>) and bytes; an end is instant, kind, code, 1 if it came from outside, and
/// the SHA-256 of the state; a mark is an instant alone: the recorded run came that far.
/// An instant is retired instructions (8 bytes), guest time in nanoseconds (8) and resets (4).
/// </summary>
internal static class ReplayFormat
{
    internal const int HeadBytes = 5;
    internal const int CheckBytes = 4;
    internal const int InstantBytes = 20;
    internal const int HashBytes = 32;
    internal const int EndBytes = InstantBytes + 3 + HashBytes;
    internal const int MaxInputBytes = 4096;
    internal const int MaxPayloadBytes = 1 << 17;

    internal const byte FactsKind = 1;
    internal const byte InputKind = 2;
    internal const byte EndKind = 3;
    internal const byte MarkKind = 4;

    /// <summary>"DPLINPUT" and the format's version.</summary>
    internal static ReadOnlySpan<byte> Magic => "DPLINPUT\u0001"u8;

    /// <summary>A whole frame.</summary>
    internal static byte[] Frame(uint number, byte kind, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[HeadBytes + payload.Length + CheckBytes];
        frame[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(1), payload.Length);
        payload.CopyTo(frame.AsSpan(HeadBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(HeadBytes + payload.Length), Check(number, frame.AsSpan(0, HeadBytes + payload.Length)));
        return frame;
    }

    /// <summary>The check sum of frame <paramref name="number"/>, whose head and payload are given.</summary>
    internal static uint Check(uint number, ReadOnlySpan<byte> headAndPayload)
    {
        byte[] all = new byte[sizeof(uint) + headAndPayload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(all, number);
        headAndPayload.CopyTo(all.AsSpan(sizeof(uint)));
        return Crc32.Compute(all);
    }

    internal static void Write(Span<byte> to, ReplayInstant at)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, at.Retired);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], at.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(to[16..], at.Resets);
    }

    internal static ReplayInstant Instant(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(from),
        BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(from[16..]));
}
