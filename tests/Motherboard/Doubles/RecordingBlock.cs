using System.Collections.Generic;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests.Doubles;

/// <summary>Registers that note each access and read as their own offset in every byte.</summary>
internal sealed class RecordingBlock : IRegisterBlock
{
    public List<string> Log { get; } = [];

    public bool Answers { get; set; } = true;

    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        Log.Add($"r{offset:X}:{(int)size}");
        value = 0;
        for (int i = 0; i < 8; i++)
        {
            value |= (ulong)(byte)(offset + (uint)i) << (i * 8);
        }

        return Answers;
    }

    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        Log.Add($"w{offset:X}:{(int)size}={value:X}");
        return Answers;
    }
}
