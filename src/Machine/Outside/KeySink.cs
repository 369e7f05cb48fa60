using System;
using Doppel.Backends;
using Doppel.Backends.Keys;
using Doppel.Devices.Input.Keyboard;

namespace Doppel.Machine.Outside;

/// <summary>The keyboard as a place where records go. It takes one event at a time, when the guest has read the one before.</summary>
internal sealed class KeySink(I8042Ports device) : ICharacterSink
{
    public bool IsListening => device.TakesKeys;

    public int Room => device.HasRoomForKey ? KeyRecord.Length : 0;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= KeyRecord.Length; bytes = bytes[KeyRecord.Length..])
        {
            KeyEvent one = KeyRecord.Decode(bytes);
            device.Press(one.Key, one.IsDown);
        }
    }
}
