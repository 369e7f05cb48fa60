using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>DIV and IDIV (Intel SDM vol. 2A) against arithmetic without bounds: every dividend made of boundary halves, by every boundary divisor.</summary>
public sealed class DivisionTests
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
        ulong[] edges = [0, 1, 2, 3, 7, top - 1, top, top + 1, TWidth.Mask - 1, TWidth.Mask];
        IEnumerable<ulong> operands = edges.Distinct();
        foreach (ulong high in operands)
        {
            foreach (ulong low in operands)
            {
                foreach (ulong divisor in operands)
                {
                    BigInteger whole = ((BigInteger)high << bits) | low;
                    Same<TWidth>($"DIV {high:X}:{low:X} by {divisor:X}", whole, divisor, 0, TWidth.Mask, TryUnsigned<TWidth>(low, high, divisor));
                    Same<TWidth>(
                        $"IDIV {high:X}:{low:X} by {divisor:X}",
                        Signed(whole, bits * 2),
                        Signed(divisor, bits),
                        -(BigInteger.One << (bits - 1)),
                        (BigInteger.One << (bits - 1)) - 1,
                        TrySigned<TWidth>(low, high, divisor));
                }
            }
        }
    }

    private static void Same<TWidth>(string what, BigInteger dividend, BigInteger divisor, BigInteger least, BigInteger most, (ulong Quotient, ulong Remainder)? found)
        where TWidth : struct, IWidth
    {
        BigInteger quotient = divisor.IsZero ? most + 1 : BigInteger.DivRem(dividend, divisor, out _);
        (ulong, ulong)? expected = divisor.IsZero || quotient < least || quotient > most
            ? null
            : ((ulong)(quotient & TWidth.Mask), (ulong)(BigInteger.Remainder(dividend, divisor) & TWidth.Mask));
        Assert.True(expected == found, $"{what}: expected {expected}, found {found}");
    }

    private static (ulong Quotient, ulong Remainder)? TryUnsigned<TWidth>(ulong low, ulong high, ulong divisor)
        where TWidth : struct, IWidth =>
        MultiplyDivide.TryDivide<TWidth>(low, high, divisor, out ulong quotient, out ulong remainder) ? (quotient, remainder) : null;

    private static (ulong Quotient, ulong Remainder)? TrySigned<TWidth>(ulong low, ulong high, ulong divisor)
        where TWidth : struct, IWidth =>
        MultiplyDivide.TryDivideSigned<TWidth>(low, high, divisor, out ulong quotient, out ulong remainder) ? (quotient, remainder) : null;

    private static BigInteger Signed(BigInteger value, int bits) => value >> (bits - 1) == 0 ? value : value - (BigInteger.One << bits);
}
