using System;
using System.Numerics;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Repeatable random numbers (SplitMix64), with a taste for the values at which instructions turn.</summary>
internal sealed class LiveRandom(ulong seed)
{
    private static readonly uint[] Singles =
    [
        0x0000_0000, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFFA0_0000, 0x0000_0001, 0x807F_FFFF,
        0x0080_0000, 0x7F7F_FFFF, 0x4F00_0000, 0xCF00_0000, 0x5F00_0000, 0x3F00_0000, 0x4B00_0001, 0x3FC0_0000,
    ];

    private static readonly ulong[] Doubles =
    [
        0x0000_0000_0000_0000, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0x7FF8_0000_0000_0000,
        0xFFF8_0000_0000_0000, 0x7FF0_0000_0000_0001, 0xFFF4_0000_0000_0000, 0x0000_0000_0000_0001, 0x800F_FFFF_FFFF_FFFF, 0x0010_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF,
        0x41E0_0000_0000_0000, 0xC1E0_0000_0020_0000, 0x43E0_0000_0000_0000, 0xC3E0_0000_0000_0000, 0x3FE0_0000_0000_0000, 0x4004_0000_0000_0000, 0x47EF_FFFF_F000_0000,
        0x380F_FFFF_FFFF_FFFF,
    ];

    private static readonly ushort[] Exponents = [0, 0, 1, 0x3FFF, 0x3FFE, 0x4000, 0x3FBF, 0x403D, 0x403E, 0x401E, 0x7FFE, 0x7FFF, 0x7FFF, 0x3C00, 0x43FF];

    private static readonly ulong[] Significands =
        [0, 1, 1UL << 63, 3UL << 62, (1UL << 63) | 1, ulong.MaxValue, 5UL << 61, 1UL << 62, 0xFFFF_FFFF_FFFF_F800, 0x8000_0000_0000_0400, 0xFFFF_FF80_0000_0000];

    private ulong _state = seed;

    internal ulong Next()
    {
        ulong z = _state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    internal int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>True in <paramref name="percent"/> of a hundred calls.</summary>
    internal bool Chance(int percent) => Below(100) < percent;

    internal T Pick<T>(ReadOnlySpan<T> from) => from[Below(from.Length)];

    /// <summary>A number: small, all ones, a sign bit of some width, a power of two and its neighbours, packed repeats, or anything.</summary>
    internal ulong Number() => Below(8) switch
    {
        0 => (ulong)Below(4) - 1,
        1 => ((1UL << Pick((ReadOnlySpan<int>)[7, 8, 15, 16, 31, 32, 63])) + (ulong)Below(3)) - 1,
        2 => (1UL << Below(64)) + (ulong)Below(3) - 1,
        3 => ~(1UL << Below(64)),
        4 => (ulong)Below(256) * 0x0101_0101_0101_0101,
        5 => ulong.MaxValue >> Below(64),
        _ => Next(),
    };

    internal uint Single() => Below(4) switch
    {
        0 or 1 => Pick<uint>(Singles) ^ ((uint)Below(2) << 31),
        2 => (uint)Next(),
        _ => BitConverter.SingleToUInt32Bits((float)(int)Next() * BitConverter.Int32BitsToSingle((127 + Below(60) - 40) << 23)),
    };

    internal ulong Double() => Below(4) switch
    {
        0 or 1 => Pick<ulong>(Doubles) ^ ((ulong)Below(2) << 63),
        2 => Next(),
        _ => BitConverter.DoubleToUInt64Bits((double)(long)Next() * BitConverter.Int64BitsToDouble((1023L + Below(80) - 70) << 52)),
    };

    /// <summary>Significand and sign with exponent of an 80-bit number; some are encodings that the x87 unit does not support.</summary>
    internal (ulong Significand, ushort SignExponent) Extended()
    {
        ushort sign = (ushort)(Below(2) << 15);
        return Below(4) switch
        {
            0 or 1 => (Pick<ulong>(Significands), (ushort)(Pick<ushort>(Exponents) | sign)),
            2 => (Next() | (1UL << 63), (ushort)((0x3FFF - 70 + Below(140)) | sign)),
            _ => (Next() << BitOperations.LeadingZeroCount(Next()), (ushort)(Next() & 0xFFFF)),
        };
    }
}
