using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Backends;
using Doppel.Machine.Outside;

namespace Doppel.Machine;

/// <summary>
/// Bytes on their way into one serial port. <see cref="Post"/> and <see cref="WaitForRoom"/> are for any thread; all else is for the machine's.
/// The far end behaves as one wired for hardware handshake: it sends while the port listens and has room, so that what is sent before a guest
/// has opened its port is not lost but waits, up to <see cref="MaxWaitingBytes"/>.
/// </summary>
internal sealed class SerialInput(ICharacterSink sink) : IOutsideInput
{
    public const int MaxWaitingBytes = 1 << 16;

    private readonly Queue<byte> _waiting = new();
    private readonly object _lock = new();
    private bool _isClosed;

    public bool CanDeliver => sink.IsListening && sink.Room > 0 && HasWaiting;

    public bool HasWaiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count != 0;
            }
        }
    }

    /// <summary>Takes bytes; returns how many found room.</summary>
    public int Post(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            int taken = Math.Min(bytes.Length, MaxWaitingBytes - _waiting.Count);
            foreach (byte b in bytes[..taken])
            {
                _waiting.Enqueue(b);
            }

            return taken;
        }
    }

    /// <summary>Waits until <see cref="Post"/> would take a byte. False: not within <paramref name="patience"/>, or never again.</summary>
    public bool WaitForRoom(TimeSpan patience)
    {
        lock (_lock)
        {
            if (_waiting.Count == MaxWaitingBytes && !_isClosed)
            {
                _ = Monitor.Wait(_lock, patience);
            }

            return _waiting.Count < MaxWaitingBytes && !_isClosed;
        }
    }

    /// <summary>Nobody will take bytes any more; frees who waits for room.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Gives the port as much as it has room for; <paramref name="given"/> is told the bytes first.</summary>
    public void Deliver(Action<ReadOnlySpan<byte>>? given = null)
    {
        if (!sink.IsListening)
        {
            return;
        }

        Span<byte> chunk = stackalloc byte[64];
        while (sink.Room is > 0 and int room)
        {
            int length = 0;
            lock (_lock)
            {
                while (length < Math.Min(room, chunk.Length) && _waiting.TryDequeue(out byte b))
                {
                    chunk[length++] = b;
                }

                if (length != 0)
                {
                    Monitor.PulseAll(_lock);
                }
            }

            if (length == 0)
            {
                return;
            }

            given?.Invoke(chunk[..length]);
            sink.Receive(chunk[..length]);
        }
    }
}
