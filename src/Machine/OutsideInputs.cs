using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Backends.Keys;
using Doppel.Machine.Outside;

namespace Doppel.Machine;

/// <summary>All ways into the machine from outside, by the numbers of <see cref="InputPort"/>. As an input sink it is for any thread.</summary>
internal sealed class OutsideInputs : IInputSink
{
    private readonly KeyInput _keys;
    private readonly PointerInput _pointer;
    private readonly bool _isOpen;

    /// <summary>Leads to the devices of <paramref name="hardware"/>; people's input is dropped unless <paramref name="isOpen"/>.</summary>
    public OutsideInputs(PcHardware hardware, bool isOpen)
    {
        Sinks = [hardware.Serial[0], hardware.Serial[1], new KeySink(hardware.Keyboard), new PointerSink(hardware.Keyboard)];
        Serial = [new SerialInput(Sinks[InputPort.Serial0]), new SerialInput(Sinks[InputPort.Serial1])];
        _keys = new KeyInput(Sinks[InputPort.Keyboard]);
        _pointer = new PointerInput(Sinks[InputPort.Pointer]);
        All = [Serial[0], Serial[1], _keys, _pointer];
        _isOpen = isOpen;
    }

    /// <summary>The devices' ends.</summary>
    public ICharacterSink[] Sinks { get; }

    /// <summary>What waits for each of <see cref="Sinks"/>.</summary>
    public IReadOnlyList<IOutsideInput> All { get; }

    /// <summary>What waits for the serial ports.</summary>
    public SerialInput[] Serial { get; }

    /// <summary>Called when something has come.</summary>
    public Action Arrived { get; set; } = () => { };

    /// <inheritdoc/>
    public void Key(KeyCode key, bool isDown)
    {
        if (_isOpen)
        {
            _keys.Post(new KeyEvent(key, isDown));
            Arrived();
        }
    }

    /// <inheritdoc/>
    public void Pointer(int right, int down, int wheel, PointerButtons buttons)
    {
        if (_isOpen)
        {
            _pointer.Post(PointerRecord.Of(right, down, wheel, buttons));
            Arrived();
        }
    }

    /// <summary>Nobody will take anything any more; frees who waits for room.</summary>
    public void Close()
    {
        foreach (SerialInput input in Serial)
        {
            input.Close();
        }
    }
}
