using System;
using System.IO;

namespace Doppel.Backends.Vnc.Encodings;

/// <summary>A growing buffer that a compressor writes into.</summary>
internal sealed class ByteSink : Stream
{
    private byte[] _bytes = new byte[64 * 1024];
    private int _count;

    internal ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _count);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _count;

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException();
    }

    internal void Clear() => _count = 0;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_bytes.Length - _count < buffer.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _count + buffer.Length));
        }

        buffer.CopyTo(_bytes.AsSpan(_count));
        _count += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Written is there.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
