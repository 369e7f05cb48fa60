using System;
using System.IO;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>Reads the protocol's big-endian numbers from a client. One thread; blocks until the bytes are there.</summary>
internal sealed class RfbReader
{
    private readonly Stream _from;
    private readonly byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;

    internal RfbReader(Stream from) => _from = from;

    internal byte ReadByte()
    {
        if (_start == _end)
        {
            Refill();
        }

        return _buffer[_start++];
    }

    internal ushort ReadU16() => (ushort)((ReadByte() << 8) | ReadByte());

    internal uint ReadU32() => ((uint)ReadU16() << 16) | ReadU16();

    internal int ReadI32() => (int)ReadU32();

    internal void ReadExactly(Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            if (_start == _end)
            {
                Refill();
            }

            int taken = Math.Min(to.Length, _end - _start);
            _buffer.AsSpan(_start, taken).CopyTo(to);
            _start += taken;
            to = to[taken..];
        }
    }

    internal void Skip(uint count)
    {
        while (count != 0)
        {
            if (_start == _end)
            {
                Refill();
            }

            int taken = (int)Math.Min(count, (uint)(_end - _start));
            _start += taken;
            count -= (uint)taken;
        }
    }

    private void Refill()
    {
        int count = _from.Read(_buffer, 0, _buffer.Length);
        if (count <= 0)
        {
            throw new EndOfStreamException("the client closed the connection");
        }

        _start = 0;
        _end = count;
    }
}
