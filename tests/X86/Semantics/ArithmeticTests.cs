using System.Linq;
using System.Numerics;
using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>
/// Results and all six flags of the two-operand instructions, INC, DEC and NEG, against sums without bounds (Intel SDM vol. 1 3.4.3.1 and the page
/// of each instruction in vol. 2). All widths, all pairs of boundary operands, either carry before.
/// </summary>
public sealed class ArithmeticTests
{
    private const ulong Cf = 1 << 0;
    private const ulong Pf = 1 << 2;
    private const ulong Af = 1 << 4;
    private const ulong Zf = 1 << 6;
    private const ulong Sf = 1 << 7;
    private const ulong Of = 1 << 11;
    private const ulong All = Cf | Pf | Af | Zf | Sf | Of;

    private delegate ulong Operation(ref ArithmeticFlags flags, ulong left, ulong right);

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
        ulong top = 1UL << (TWidth.Bits - 1);
        ulong[] edges = [.. new ulong[] { 0, 1, 2, 7, 8, 0xF, 0x10, 0x3C, 0x7F, 0x80, 0xFE, 0xFF, 0x100, 0x5A5A, top - 1, top, top + 1, TWidth.Mask - 1, TWidth.Mask }.Select(v => v & TWidth.Mask).Distinct()];
        foreach (ulong left in edges)
        {
            foreach (ulong right in edges)
            {
                foreach (uint carry in (uint[])[0, 1])
                {
                    Sum<TWidth>("ADD", AddOperation.Apply<TWidth>, left, right, carry, 1, 0);
                    Sum<TWidth>("ADC", AdcOperation.Apply<TWidth>, left, right, carry, 1, carry);
                    Sum<TWidth>("SUB", SubOperation.Apply<TWidth>, left, right, carry, -1, 0);
                    Sum<TWidth>("SBB", SbbOperation.Apply<TWidth>, left, right, carry, -1, carry);
                    Logic<TWidth>("AND", AndOperation.Apply<TWidth>, left, right, carry, left & right);
                    Logic<TWidth>("OR", OrOperation.Apply<TWidth>, left, right, carry, left | right);
                    Logic<TWidth>("XOR", XorOperation.Apply<TWidth>, left, right, carry, left ^ right);
                }
            }

            foreach (uint carry in (uint[])[0, 1])
            {
                Sum<TWidth>("INC", (ref ArithmeticFlags flags, ulong value, ulong _) => IncOperation.Apply<TWidth>(ref flags, value), left, 1, carry, 1, 0, keepsCarry: true);
                Sum<TWidth>("DEC", (ref ArithmeticFlags flags, ulong value, ulong _) => DecOperation.Apply<TWidth>(ref flags, value), left, 1, carry, -1, 0, keepsCarry: true);
                Sum<TWidth>("NEG", (ref ArithmeticFlags flags, ulong _, ulong value) => NegOperation.Apply<TWidth>(ref flags, value), 0, left, carry, -1, 0);
            }
        }
    }

    private static void Sum<TWidth>(string name, Operation operation, ulong left, ulong right, uint carryBefore, int sign, uint carryIn, bool keepsCarry = false)
        where TWidth : struct, IWidth
    {
        BigInteger unsigned = left + (sign * ((BigInteger)right + carryIn));
        BigInteger signed = Signed<TWidth>(left) + (sign * (Signed<TWidth>(right) + carryIn));
        int nibble = (int)(left & 0xF) + (sign * ((int)(right & 0xF) + (int)carryIn));
        ulong result = (ulong)(unsigned & TWidth.Mask);
        ulong expected = OfResult<TWidth>(result)
            | (keepsCarry ? carryBefore : unsigned < 0 || unsigned > TWidth.Mask ? Cf : 0)
            | (nibble is < 0 or > 15 ? Af : 0)
            | (signed != Signed<TWidth>(result) ? Of : 0);
        Same<TWidth>(name, operation, left, right, carryBefore, result, expected, All);
    }

    private static void Logic<TWidth>(string name, Operation operation, ulong left, ulong right, uint carryBefore, ulong result)
        where TWidth : struct, IWidth => Same<TWidth>(name, operation, left, right, carryBefore, result, OfResult<TWidth>(result), All & ~Af);

    private static void Same<TWidth>(string name, Operation operation, ulong left, ulong right, uint carryBefore, ulong result, ulong flags, ulong defined)
        where TWidth : struct, IWidth
    {
        ArithmeticFlags found = default;
        found.Unpack(carryBefore);
        ulong value = operation(ref found, left, right);
        bool isSame = value == result && (found.Pack() & defined) == flags;
        Assert.True(isSame, $"{name} {left:X}, {right:X} ({TWidth.Bits} bits), carry {carryBefore}: {value:X} instead of {result:X}, flags {found.Pack() & defined:X} instead of {flags:X}");
    }

    private static ulong OfResult<TWidth>(ulong result)
        where TWidth : struct, IWidth =>
        (result == 0 ? Zf : 0) | ((result >> (TWidth.Bits - 1)) != 0 ? Sf : 0) | (int.IsEvenInteger(BitOperations.PopCount(result & 0xFF)) ? Pf : 0);

    private static BigInteger Signed<TWidth>(ulong value)
        where TWidth : struct, IWidth => value >> (TWidth.Bits - 1) == 0 ? value : (BigInteger)value - (BigInteger.One << TWidth.Bits);
}
