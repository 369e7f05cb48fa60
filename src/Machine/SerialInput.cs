using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>
/// Bytes on their way into one serial port. <see cref="Post"/> is for any thread; all else is for the machine's. What a guest does not take waits,
/// up to <see cref="MaxWaitingBytes"/>; more is dropped, as a line without flow control would.
/// </summary>
internal sealed class SerialInput(ICharacterSink sink)
{
    public const int MaxWaitingBytes = 1 << 20;

    private readonly Queue<byte> _waiting = new();
    private readonly Lock _lock = new();

    public bool CanDeliver => sink.Room > 0 && HasWaiting;

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

    /// <summary>Gives the port as much as it has room for.</summary>
    public void Deliver()
    {
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
            }

            if (length == 0)
            {
                return;
            }

            sink.Receive(chunk[..length]);
        }
    }
}
