using System;
using System.Numerics;

namespace Doppel.Devices.Chipset.Flash;

/// <summary>The common flash interface table (JEDEC JESD68.01) of a chip eight bits wide with erase blocks of one size.</summary>
internal static class FlashQuery
{
    private const int TableStart = 0x10;

    /// <summary>The byte at <paramref name="offset"/> of the table; 0 where it says nothing.</summary>
    public static byte Read(uint offset, int lengthBytes, int blockBytes)
    {
        int blocks = lengthBytes / blockBytes;
        ReadOnlySpan<byte> table =
        [
            (byte)'Q', (byte)'R', (byte)'Y',
            1, 0, 0, 0, 0, 0, 0, 0, // command set 1, no extended table, no second set
            0x45, 0x55, 0, 0, // supply 4.5 to 5.5 V, no programming voltage
            7, 0, 10, 0, 4, 0, 4, 0, // typical and greatest times as powers of two
            (byte)BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)lengthBytes)),
            0, 0, // eight bits wide
            0, 0, // no write buffer
            1, // one kind of block
            (byte)(blocks - 1), (byte)((blocks - 1) >> 8), (byte)(blockBytes >> 8), (byte)(blockBytes >> 16),
        ];
        return offset >= TableStart && offset - TableStart < (uint)table.Length ? table[(int)(offset - TableStart)] : (byte)0;
    }
}
