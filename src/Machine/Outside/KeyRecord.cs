using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Backends.Keys;

namespace Doppel.Machine.Outside;

/// <summary>A key event in 2 bytes: the key's code, and 1 if it goes down.</summary>
public static class KeyRecord
{
    /// <summary>Bytes of one event.</summary>
    public const int Length = 2;

    /// <summary>The bytes of events, one after the other.</summary>
    public static byte[] Encode(IEnumerable<KeyEvent> events)
    {
        List<byte> bytes = [];
        foreach (KeyEvent one in events)
        {
            bytes.Add(one.Key.Value);
            bytes.Add(one.IsDown ? (byte)1 : (byte)0);
        }

        return [.. bytes];
    }

    /// <summary>The event in the first bytes of <paramref name="from"/>; every value means something.</summary>
    internal static KeyEvent Decode(ReadOnlySpan<byte> from) => new(new KeyCode(from[0]), (from[1] & 1) != 0);
}
