using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Backends;
using Doppel.Backends.Keys;

namespace Doppel.Machine.Outside;

/// <summary>
/// Keys on their way to the keyboard. <see cref="Post"/> is for any thread, all else for the machine's. Keys wait while the guest has switched the
/// keyboard off or has not read the one before. When too many wait, keys that go down are dropped; there is room left for those that go up, so that
/// no key stays down.
/// </summary>
internal sealed class KeyInput(ICharacterSink sink) : IOutsideInput
{
    public const int MostDown = 256;
    public const int Most = 512;

    private readonly Queue<KeyEvent> _waiting = new();
    private readonly Lock _lock = new();

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

    public bool CanDeliver => sink.IsListening && sink.Room >= KeyRecord.Length && HasWaiting;

    /// <summary>Takes an event, or drops it.</summary>
    public void Post(KeyEvent one)
    {
        lock (_lock)
        {
            if (_waiting.Count < (one.IsDown ? MostDown : Most))
            {
                _waiting.Enqueue(one);
            }
        }
    }

    public void Deliver(Action<ReadOnlySpan<byte>>? given = null)
    {
        Span<byte> record = stackalloc byte[KeyRecord.Length];
        while (sink.IsListening && sink.Room >= KeyRecord.Length && Take(record))
        {
            given?.Invoke(record);
            sink.Receive(record);
        }
    }

    private bool Take(Span<byte> record)
    {
        lock (_lock)
        {
            if (!_waiting.TryDequeue(out KeyEvent one))
            {
                return false;
            }

            record[0] = one.Key.Value;
            record[1] = one.IsDown ? (byte)1 : (byte)0;
            return true;
        }
    }
}
