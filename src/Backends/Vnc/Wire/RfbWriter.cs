using System;
using System.Buffers.Binary;
using System.IO;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>Gathers what goes to a client and sends it in pieces: at most <see cref="RoomBytes"/> wait here. One thread; sending blocks as long as the client does not read.</summary>
internal sealed class RfbWriter
{
    internal const int RoomBytes = 64 * 1024;

    private readonly Stream _to;
    private readonly byte[] _buffer = new byte[RoomBytes];
    private int _count;

    internal RfbWriter(Stream to) => _to = to;

    internal void WriteByte(byte value) => Take(1)[0] = value;

    internal void WriteU16(int value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), (ushort)value);

    internal void WriteU32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    internal void WriteI32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(4), value);

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_count == RoomBytes)
            {
                Flush();
            }

            int taken = Math.Min(bytes.Length, RoomBytes - _count);
            bytes[..taken].CopyTo(_buffer.AsSpan(_count));
            _count += taken;
            bytes = bytes[taken..];
        }
    }

    /// <summary>The header of a rectangle in a FramebufferUpdate (RFC 6143, 7.6.1).</summary>
    internal void WriteRectangle(ScreenArea area, int encoding)
    {
        WriteU16(area.X);
        WriteU16(area.Y);
        WriteU16(area.Width);
        WriteU16(area.Height);
        WriteI32(encoding);
    }

    /// <summary>Room for <paramref name="length"/> bytes, at most <see cref="RoomBytes"/>, that are sent next; the caller fills all of it.</summary>
    internal Span<byte> Take(int length)
    {
        if (RoomBytes - _count < length)
        {
            Flush();
        }

        Span<byte> room = _buffer.AsSpan(_count, length);
        _count += length;
        return room;
    }

    internal void Flush()
    {
        if (_count != 0)
        {
            int count = _count;
            _count = 0;
            _to.Write(_buffer, 0, count);
        }
    }
}
