using System;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>Guest RAM of a test: a byte array at 0, holes above it, and a bus-master switch.</summary>
internal sealed class FakeMemory : IDmaPort
{
    public byte[] Ram { get; } = new byte[1 << 20];

    public bool BusMaster { get; set; } = true;

    public bool TryRead(Gpa from, Span<byte> to)
    {
        if (!BusMaster)
        {
            return false;
        }

        for (int i = 0; i < to.Length; i++)
        {
            ulong at = unchecked(from.Value + (ulong)i);
            to[i] = at < (ulong)Ram.Length ? Ram[at] : (byte)0xFF;
        }

        return true;
    }

    public bool TryWrite(Gpa to, ReadOnlySpan<byte> from)
    {
        if (!BusMaster)
        {
            return false;
        }

        for (int i = 0; i < from.Length; i++)
        {
            ulong at = unchecked(to.Value + (ulong)i);
            if (at < (ulong)Ram.Length)
            {
                Ram[at] = from[i];
            }
        }

        return true;
    }
}
