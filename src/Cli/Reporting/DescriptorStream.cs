using System;
using System.IO;
using Doppel.Host;

namespace Doppel.Cli.Reporting;

/// <summary>
/// Standard output or error as a stream that writes where the descriptor stands: with <c>2&gt;&amp;1</c> into one file the two do not
/// overwrite each other, as streams that keep a position of their own would.
/// </summary>
internal sealed class DescriptorStream : Stream
{
    // EPIPE: how callers tell a reader that went away from a full disk.
    private const int BrokenPipe = 32;

    private readonly DescriptorWriter _to;

    internal DescriptorStream(int descriptor) => _to = new DescriptorWriter(descriptor, descriptor == 1 ? "standard output" : "standard error");

    /// <summary>Whether a write failed because nobody holds the other end.</summary>
    internal static bool IsClosedPipe(Exception e) => e is IOException { HResult: BrokenPipe };

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!_to.Write(buffer))
        {
            throw _to.IsClosedByReader ? new IOException("the reader is gone", BrokenPipe) : new IOException(_to.Failure!.Message);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
