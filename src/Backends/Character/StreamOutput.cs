using System;
using System.Threading;
using Doppel.Host;

namespace Doppel.Backends.Character;

/// <summary>
/// Output to a descriptor, standard output as a rule. A guest writes byte by byte, so bytes are gathered; they leave when the buffer is
/// full, on <see cref="Flush"/>, and by themselves <see cref="MaxDelayMs"/> after the first one. Never throws: a failure is remembered,
/// and what comes later is dropped. Any thread.
/// </summary>
public sealed class StreamOutput : ICharacterBackend
{
    /// <summary>Longest time a byte waits in the buffer, in milliseconds.</summary>
    public const int MaxDelayMs = 5;

    private readonly Lock _lock = new();
    private readonly DescriptorWriter _writer;
    private readonly Timer _timer;
    private readonly byte[] _buffer;
    private int _length;
    private bool _isDisposed;

    /// <summary>Writes to <paramref name="descriptor"/>, which stays the caller's; <paramref name="name"/> is what messages call it.</summary>
    public StreamOutput(int descriptor = 1, string name = "standard output", int bufferBytes = 4096)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bufferBytes);
        _writer = new DescriptorWriter(descriptor, name);
        _buffer = new byte[bufferBytes];
        _timer = new Timer(static self => ((StreamOutput)self!).Flush(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>What went wrong first, or null.</summary>
    public HostException? Failure
    {
        get
        {
            lock (_lock)
            {
                return _writer.Failure;
            }
        }
    }

    /// <summary>Whether the reader closed its end of the pipe: the user's way of saying "enough".</summary>
    public bool IsClosedByReader
    {
        get
        {
            lock (_lock)
            {
                return _writer.IsClosedByReader;
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isDisposed || bytes.IsEmpty)
            {
                return;
            }

            if (bytes.Length > _buffer.Length - _length)
            {
                Send();
            }

            if (bytes.Length > _buffer.Length)
            {
                _ = _writer.Write(bytes);
                return;
            }

            if (_length == 0)
            {
                _timer.Change(MaxDelayMs, Timeout.Infinite);
            }

            bytes.CopyTo(_buffer.AsSpan(_length));
            _length += bytes.Length;
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        lock (_lock)
        {
            Send();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            Send();
            _isDisposed = true;
        }

        _timer.Dispose();
    }

    private void Send()
    {
        if (_length != 0 && !_isDisposed)
        {
            _ = _writer.Write(_buffer.AsSpan(0, _length));
            _length = 0;
        }
    }
}
