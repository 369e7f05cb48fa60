using System.Collections.Generic;
using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>
/// Shifts and rotates against their definition bit by bit (Intel SDM vol. 2B, SAL/SAR/SHL/SHR; RCL/RCR/ROL/ROR): one place a step, CF taking what falls
/// out. All widths, all counts, boundary operands, either carry before.
/// </summary>
public sealed class ShiftTests
{
    private static readonly ulong[] s_values = [0, 1, 2, 3, 0x55, 0x7F, 0x80, 0xAA, 0xFF, 0x1234, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xDEAD_BEEF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0x0123_4567_89AB_CDEF, ulong.MaxValue];

    private delegate (ulong Value, bool Carry) Step(ulong value, bool carry, int bits);

    [Fact]
    public void Left() => Check<ShlOperation>((v, _, bits) => (v << 1, Bit(v, bits - 1)), undefinedCarryFromWidth: true);

    [Fact]
    public void Right() => Check<ShrOperation>((v, _, _) => (v >> 1, Bit(v, 0)), undefinedCarryFromWidth: true);

    [Fact]
    public void Right_keeping_the_sign() => Check<SarOperation>((v, _, bits) => ((v >> 1) | (v & (1UL << (bits - 1))), Bit(v, 0)), undefinedCarryFromWidth: false);

    [Fact]
    public void Rotating_left() => Check<RolOperation>((v, _, bits) => ((v << 1) | (v >> (bits - 1)), Bit(v, bits - 1)), undefinedCarryFromWidth: false);

    [Fact]
    public void Rotating_right() => Check<RorOperation>((v, _, bits) => ((v >> 1) | (v << (bits - 1)), Bit(v, 0)), undefinedCarryFromWidth: false);

    [Fact]
    public void Rotating_left_through_carry() => Check<RclOperation>((v, carry, bits) => ((v << 1) | (carry ? 1UL : 0), Bit(v, bits - 1)), undefinedCarryFromWidth: false);

    [Fact]
    public void Rotating_right_through_carry() => Check<RcrOperation>((v, carry, bits) => ((v >> 1) | (carry ? 1UL << (bits - 1) : 0), Bit(v, 0)), undefinedCarryFromWidth: false);

    private static bool Bit(ulong value, int at) => ((value >> at) & 1) != 0;

    private static void Check<TShift>(Step step, bool undefinedCarryFromWidth)
        where TShift : struct, IShiftOperation
    {
        CheckWidth<TShift, W8>(step, 31, undefinedCarryFromWidth);
        CheckWidth<TShift, W16>(step, 31, undefinedCarryFromWidth);
        CheckWidth<TShift, W32>(step, 31, undefinedCarryFromWidth);
        CheckWidth<TShift, W64>(step, 63, undefinedCarryFromWidth);
    }

    private static void CheckWidth<TShift, TWidth>(Step step, int most, bool undefinedCarryFromWidth)
        where TShift : struct, IShiftOperation
        where TWidth : struct, IWidth
    {
        HashSet<ulong> tried = [];
        foreach (ulong any in s_values)
        {
            ulong start = any & TWidth.Mask;
            if (!tried.Add(start))
            {
                continue;
            }

            foreach (bool carryBefore in (bool[])[false, true])
            {
                (ulong value, bool carry) = (start, carryBefore);
                for (int count = 1; count <= most; count++)
                {
                    (value, carry) = step(value, carry, TWidth.Bits);
                    value &= TWidth.Mask;
                    ArithmeticFlags flags = default;
                    flags.Unpack(carryBefore ? 1UL : 0);
                    string name = $"{typeof(TShift).Name} of {start:X} ({TWidth.Bits} bits) by {count}, carry {carryBefore}";
                    Assert.True(value == TShift.Apply<TWidth>(ref flags, start, count), name);

                    // SHL and SHR by more than the width leave CF undefined; by the width exactly it is the last bit that fell out.
                    Assert.True(flags.Carry == carry || (undefinedCarryFromWidth && count > TWidth.Bits), name + ": CF");
                    if (count == 1)
                    {
                        bool top = Bit(value, TWidth.Bits - 1);
                        Assert.True(flags.Overflow == Overflow<TShift, TWidth>(start, top, carry, carryBefore), name + ": OF");
                    }
                }
            }
        }
    }

    // OF is defined for a count of 1 only.
    private static bool Overflow<TShift, TWidth>(ulong start, bool top, bool carry, bool carryBefore)
        where TWidth : struct, IWidth
    {
        bool sign = Bit(start, TWidth.Bits - 1);
        return typeof(TShift).Name switch
        {
            nameof(SarOperation) => false,
            nameof(ShrOperation) => sign,
            nameof(RorOperation) => top != sign,
            nameof(RcrOperation) => sign != carryBefore,
            _ => top != carry,
        };
    }
}
