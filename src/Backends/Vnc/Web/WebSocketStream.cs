using System;
using System.Buffers.Binary;
using System.IO;
using System.Threading;

namespace Doppel.Backends.Vnc.Web;

/// <summary>
/// The server's end of a WebSocket as a stream of bytes: binary messages, however they are cut, are one stream (RFC 6455, 5). One thread reads and
/// one writes; pings are answered on the reader's.
/// </summary>
internal sealed class WebSocketStream : Stream
{
    private const int Continuation = 0;
    private const int Binary = 2;
    private const int Closing = 8;
    private const int Ping = 9;
    private const int Pong = 10;
    private const int MaxControlBytes = 125;
    private const int MaxHeaderBytes = 10;
    private const int MaxFrameBytes = 64 * 1024;

    private readonly Stream _inner;
    private readonly Lock _sending = new();
    private readonly byte[] _frame = new byte[MaxHeaderBytes + MaxFrameBytes];
    private readonly byte[] _mask = new byte[4];
    private ulong _left;
    private int _maskAt;
    private bool _inMessage;
    private bool _isClosed;

    internal WebSocketStream(Stream inner) => _inner = inner;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The client breaks the protocol.</exception>
    public override int Read(byte[] buffer, int offset, int count)
    {
        while (_left == 0)
        {
            if (_isClosed || !NextFrame())
            {
                return 0;
            }
        }

        int read = _inner.Read(buffer, offset, (int)Math.Min((ulong)count, _left));
        Unmask(buffer.AsSpan(offset, read));
        _left -= (ulong)read;
        return read;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ReadOnlySpan<byte> bytes = buffer.AsSpan(offset, count);
        while (!bytes.IsEmpty)
        {
            int taken = Math.Min(bytes.Length, MaxFrameBytes);
            Send(Binary, bytes[..taken]);
            bytes = bytes[taken..];
        }
    }

    public override void Flush()
    {
        // Written is sent.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    // Reads headers up to a data frame, and whole control frames. False: the connection ends.
    private bool NextFrame()
    {
        Span<byte> header = stackalloc byte[8];
        if (!TryFill(header[..2]))
        {
            return false;
        }

        bool isLast = (header[0] & 0x80) != 0;
        int opcode = header[0] & 0xF;
        bool isMasked = (header[1] & 0x80) != 0;
        ulong length = header[1] & 0x7Fu;
        if ((header[0] & 0x70) != 0 || !isMasked)
        {
            throw new InvalidDataException("sent a WebSocket frame that no client may send");
        }

        if (length >= 126)
        {
            int bytes = length == 126 ? 2 : 8;
            Fill(header[..bytes]);
            length = bytes == 2 ? BinaryPrimitives.ReadUInt16BigEndian(header) : BinaryPrimitives.ReadUInt64BigEndian(header);
        }

        Fill(_mask);
        _maskAt = 0;
        if (opcode >= Closing)
        {
            return Control(opcode, isLast, length);
        }

        if (opcode != (_inMessage ? Continuation : Binary) || length > long.MaxValue)
        {
            throw new InvalidDataException("sent a WebSocket message that is not binary");
        }

        _inMessage = !isLast;
        _left = length;
        return true;
    }

    private bool Control(int opcode, bool isLast, ulong length)
    {
        if (!isLast || length > MaxControlBytes || opcode > Pong)
        {
            throw new InvalidDataException("sent a WebSocket control frame that does not exist");
        }

        Span<byte> payload = stackalloc byte[(int)length];
        Fill(payload);
        Unmask(payload);
        switch (opcode)
        {
            case Ping:
                Send(Pong, payload);
                break;
            case Closing:
                Send(Closing, payload[..Math.Min(payload.Length, 2)]);
                _isClosed = true;
                return false;
            default:
                break;
        }

        return true;
    }

    private void Send(int opcode, ReadOnlySpan<byte> payload)
    {
        lock (_sending)
        {
            _frame[0] = (byte)(0x80 | opcode);
            int header = 2;
            if (payload.Length < 126)
            {
                _frame[1] = (byte)payload.Length;
            }
            else if (payload.Length <= ushort.MaxValue)
            {
                _frame[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(_frame.AsSpan(2), (ushort)payload.Length);
                header = 4;
            }
            else
            {
                _frame[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(_frame.AsSpan(2), (ulong)payload.Length);
                header = 10;
            }

            payload.CopyTo(_frame.AsSpan(header));
            _inner.Write(_frame, 0, header + payload.Length);
        }
    }

    private void Unmask(Span<byte> bytes)
    {
        foreach (ref byte value in bytes)
        {
            value ^= _mask[_maskAt];
            _maskAt = (_maskAt + 1) & 3;
        }
    }

    private bool TryFill(Span<byte> to)
    {
        int first = _inner.Read(to);
        if (first == 0)
        {
            return false;
        }

        Fill(to[first..]);
        return true;
    }

    private void Fill(Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            int read = _inner.Read(to);
            if (read == 0)
            {
                throw new EndOfStreamException("the client closed the connection");
            }

            to = to[read..];
        }
    }
}
