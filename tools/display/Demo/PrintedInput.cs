using System;
using Doppel.Backends;

namespace Doppel.Display.Demo;

/// <summary>Prints keys and mouse, and counts Enter.</summary>
internal sealed class PrintedInput : IInputSink
{
    private const byte Enter = 0x1C;

    private volatile int _step;

    internal int Step => _step;

    public void Key(KeyCode key, bool isDown)
    {
        Console.WriteLine($"key {key.Value:X2} {(isDown ? "down" : "up")}");
        if (key.Value == Enter && isDown)
        {
            _step++;
        }
    }

    public void Pointer(int right, int down, int wheel, PointerButtons buttons) => Console.WriteLine($"mouse {right} {down} {wheel} {(int)buttons}");
}
