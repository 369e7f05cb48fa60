using System;
using System.IO;
using System.Threading;
using Doppel.Backends;

namespace Doppel.Cli.Running;

/// <summary>
/// Far end of a serial port that writes to a stream of the host. A thread of its own writes what has gathered, so that a guest that prints
/// letter by letter costs few system calls; the room in between is fixed, and when it is full the guest waits, as for a slow terminal.
/// </summary>
internal sealed class DescriptorOutput : ICharacterBackend
{
    internal const int RoomBytes = 64 * 1024;

    private readonly byte[] _ring = new byte[RoomBytes];
    private readonly object _gate = new();
    private readonly Stream _to;
    private readonly Action<Exception> _lost;
    private readonly Thread _writer;
    private int _start;
    private int _count;
    private bool _ending;
    private bool _broken;

    /// <summary>Starts the writer. <paramref name="lost"/> is called once, on its thread, when the other end has gone.</summary>
    internal DescriptorOutput(Stream to, Action<Exception> lost)
    {
        _to = to;
        _lost = lost;
        _writer = new Thread(Drain) { IsBackground = true, Name = "serial output" };
        _writer.Start();
    }

    /// <summary>Last byte that was written; a line feed at first.</summary>
    internal byte LastByte { get; private set; } = (byte)'\n';

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (!bytes.IsEmpty && !_broken)
            {
                int at = (_start + _count) % RoomBytes;
                int taken = Math.Min(bytes.Length, Math.Min(RoomBytes - _count, RoomBytes - at));
                if (taken == 0)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                bytes[..taken].CopyTo(_ring.AsSpan(at));
                LastByte = bytes[taken - 1];
                bytes = bytes[taken..];
                _count += taken;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Nothing to do: the writer never holds bytes back.</summary>
    public void Flush()
    {
    }

    /// <summary>Lets a guest that waits for room go on; what it prints from now on is dropped. Any thread.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _broken = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until everything is written, or <paramref name="patience"/> has gone by.</summary>
    internal void Finish(TimeSpan patience)
    {
        lock (_gate)
        {
            _ending = true;
            Monitor.PulseAll(_gate);
        }

        _writer.Join(patience);
    }

    /// <inheritdoc/>
    public void Dispose() => Abandon();

    private void Drain()
    {
        try
        {
            while (Next() is { } ready)
            {
                _to.Write(ready.Span);
                lock (_gate)
                {
                    _start = (_start + ready.Length) % RoomBytes;
                    _count -= ready.Length;
                    Monitor.PulseAll(_gate);
                }
            }

            _to.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            Abandon();
            _lost(e);
        }
    }

    // The bytes that stand in one piece; they are not overwritten before they are counted off.
    private ReadOnlyMemory<byte>? Next()
    {
        lock (_gate)
        {
            while (_count == 0)
            {
                if (_ending || _broken)
                {
                    return null;
                }

                Monitor.Wait(_gate);
            }

            return _ring.AsMemory(_start, Math.Min(_count, RoomBytes - _start));
        }
    }
}
