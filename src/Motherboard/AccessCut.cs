using System;

namespace Doppel.Motherboard;

/// <summary>The one rule by which both buses cut accesses.</summary>
internal static class AccessCut
{
    /// <summary>
    /// The largest power of two that is at most <paramref name="remaining"/>, <paramref name="widest"/> and <paramref name="room"/> (each 1 or more)
    /// and to which <paramref name="at"/> is aligned: the length of the next piece.
    /// </summary>
    public static int Next(ulong at, int remaining, int widest, ulong room)
    {
        int length = Math.Min(8, widest);
        while (length > remaining || (ulong)length > room || (at & (ulong)(length - 1)) != 0)
        {
            length >>= 1;
        }

        return length;
    }

    /// <summary>The low <paramref name="bytes"/> (1 to 8) bytes of <paramref name="value"/>.</summary>
    public static ulong Low(ulong value, int bytes) => bytes >= 8 ? value : value & ((1UL << (bytes * 8)) - 1);
}
