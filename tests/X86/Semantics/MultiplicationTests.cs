using System.Linq;
using System.Numerics;
using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>MUL and IMUL (Intel SDM vol. 2A) against products without bounds: CF and OF say that the upper half is needed.</summary>
public sealed class MultiplicationTests
{
    [Fact]
    public void Of_8_bits() => Check<W8>();

    [Fact]
    public void Of_16_bits() => Check<W16>();

    [Fact]
    public void Of_32_bits() => Check<W32>();

    [Fact]
    public void Of_64_bits() => Check<W64>();

    private static void Check<TWidth>()
        where TWidth : struct, IWidth
    {
        int bits = TWidth.Bits;
        ulong top = 1UL << (bits - 1);
        ulong half = 1UL << (bits / 2);
        ulong[] edges = [.. new ulong[] { 0, 1, 2, 3, 7, half - 1, half, half + 1, top - 1, top, top + 1, TWidth.Mask - 1, TWidth.Mask }.Distinct()];
        foreach (ulong left in edges)
        {
            foreach (ulong right in edges)
            {
                ArithmeticFlags flags = default;
                MultiplyDivide.Multiply<TWidth>(ref flags, left, right, out ulong low, out ulong high);
                BigInteger product = (BigInteger)left * right;
                Same<TWidth>($"MUL {left:X}, {right:X}", product, low, high, product > TWidth.Mask, flags);

                MultiplyDivide.MultiplySigned<TWidth>(ref flags, left, right, out low, out high);
                BigInteger signed = Signed(left, bits) * Signed(right, bits);
                Same<TWidth>($"IMUL {left:X}, {right:X}", signed, low, high, signed >= top || signed < -(BigInteger)top, flags);
            }
        }
    }

    private static void Same<TWidth>(string what, BigInteger product, ulong low, ulong high, bool needsBoth, in ArithmeticFlags flags)
        where TWidth : struct, IWidth
    {
        bool isSame = low == (ulong)(product & TWidth.Mask) && high == (ulong)((product >> TWidth.Bits) & TWidth.Mask);
        Assert.True(isSame, $"{what} ({TWidth.Bits} bits): {high:X}:{low:X}");
        Assert.True(flags.Carry == needsBoth && flags.Overflow == needsBoth, $"{what} ({TWidth.Bits} bits): CF {flags.Carry}, OF {flags.Overflow}");
    }

    private static BigInteger Signed(ulong value, int bits) => value >> (bits - 1) == 0 ? value : value - (BigInteger.One << bits);
}
