using System;
using System.Collections.Generic;
using System.Threading;
using Doppel.Backends;

namespace Doppel.Machine.Outside;

/// <summary>
/// Movements on their way to the mouse. <see cref="Post"/> is for any thread, all else for the machine's. Movements with the same buttons that wait
/// are added up; too many changes of buttons are too. A guest that does not ask for the mouse is not told later what it has missed.
/// </summary>
internal sealed class PointerInput(ICharacterSink sink) : IOutsideInput
{
    public const int Most = 256;

    private readonly List<PointerRecord> _waiting = [];
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

    public bool CanDeliver => sink.IsListening && sink.Room >= PointerRecord.Length && HasWaiting;

    /// <summary>Takes a movement.</summary>
    public void Post(PointerRecord one)
    {
        lock (_lock)
        {
            if (_waiting.Count != 0 && (_waiting[^1].Buttons == one.Buttons || _waiting.Count == Most))
            {
                PointerRecord last = _waiting[^1];
                _waiting[^1] = PointerRecord.Of(last.Right + one.Right, last.Down + one.Down, last.Wheel + one.Wheel, one.Buttons);
            }
            else
            {
                _waiting.Add(one);
            }
        }
    }

    public void Deliver(Action<ReadOnlySpan<byte>>? given = null)
    {
        if (!sink.IsListening)
        {
            Forget();
            return;
        }

        Span<byte> record = stackalloc byte[PointerRecord.Length];
        while (sink.Room >= PointerRecord.Length && Take(record))
        {
            given?.Invoke(record);
            sink.Receive(record);
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            _waiting.Clear();
        }
    }

    private bool Take(Span<byte> record)
    {
        lock (_lock)
        {
            if (_waiting.Count == 0)
            {
                return false;
            }

            _waiting[0].Write(record);
            _waiting.RemoveAt(0);
            return true;
        }
    }
}
