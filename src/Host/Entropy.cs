using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Doppel.Host;

/// <summary>Randomness of the host, for seeds. What a guest sees is drawn from a seed, so that a run can be repeated.</summary>
public static class Entropy
{
    /// <summary>Fills <paramref name="to"/> with fresh random bytes. Any thread.</summary>
    public static void Fill(Span<byte> to) => RandomNumberGenerator.Fill(to);

    /// <summary>A fresh random seed. Any thread.</summary>
    public static ulong NewSeed()
    {
        ulong seed = 0;
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(new Span<ulong>(ref seed)));
        return seed;
    }
}
