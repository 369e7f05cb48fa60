using System;
using System.Collections.Generic;
using System.Threading;

namespace Doppel.Backends.Tests;

/// <summary>Writes down keys as "+1E" and "-1E", the mouse as "right,down,wheel,buttons".</summary>
internal sealed class RecordingInput : IInputSink
{
    private readonly object _gate = new();
    private readonly List<string> _events = [];

    internal string Text
    {
        get
        {
            lock (_gate)
            {
                return string.Join(' ', _events);
            }
        }
    }

    public void Key(KeyCode key, bool isDown) => Add($"{(isDown ? '+' : '-')}{key.Value:X2}");

    public void Pointer(int right, int down, int wheel, PointerButtons buttons) => Add($"{right},{down},{wheel},{(int)buttons}");

    internal string WaitFor(int count)
    {
        lock (_gate)
        {
            long until = Environment.TickCount64 + 20_000;
            while (_events.Count < count && Environment.TickCount64 < until)
            {
                Monitor.Wait(_gate, 100);
            }

            return string.Join(' ', _events);
        }
    }

    private void Add(string text)
    {
        lock (_gate)
        {
            _events.Add(text);
            Monitor.PulseAll(_gate);
        }
    }
}
