using System;
using Doppel.Backends;
using Doppel.Devices.Input.Keyboard;

namespace Doppel.Machine.Outside;

/// <summary>The mouse as a place where records go. It takes one movement at a time, when the guest has read the one before.</summary>
internal sealed class PointerSink(I8042Ports device) : ICharacterSink
{
    public bool IsListening => device.TakesPointer;

    public int Room => device.HasRoomForPointer ? PointerRecord.Length : 0;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= PointerRecord.Length; bytes = bytes[PointerRecord.Length..])
        {
            PointerRecord one = PointerRecord.Decode(bytes);
            device.Move(one.Right, one.Down, one.Wheel, one.Buttons);
        }
    }
}
