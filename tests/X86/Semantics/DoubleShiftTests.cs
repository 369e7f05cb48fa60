using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>SHLD and SHRD against their definition bit by bit (Intel SDM vol. 2B): one place a step, CF taking what falls out. Counts within the width.</summary>
public sealed class DoubleShiftTests
{
    private static readonly ulong[] s_values = [0, 1, 2, 0x55, 0x7FFF, 0x8000, 0xFFFF, 0x1234, 0x7FFF_FFFF, 0x8000_0001, 0xDEAD_BEEF, 0x8000_0000_0000_0000, 0x0123_4567_89AB_CDEF, ulong.MaxValue];

    [Fact]
    public void Of_16_bits() => Check<W16>(16);

    [Fact]
    public void Of_32_bits() => Check<W32>(31);

    [Fact]
    public void Of_64_bits() => Check<W64>(63);

    private static void Check<TWidth>(int most)
        where TWidth : struct, IWidth
    {
        foreach (ulong anyValue in s_values)
        {
            foreach (ulong anyFill in s_values)
            {
                ulong start = anyValue & TWidth.Mask;
                ulong fill = anyFill & TWidth.Mask;
                (ulong left, ulong right) = (start, start);
                for (int count = 1; count <= most; count++)
                {
                    bool leftCarry = ((left >> (TWidth.Bits - 1)) & 1) != 0;
                    bool rightCarry = (right & 1) != 0;
                    left = ((left << 1) | ((fill >> (TWidth.Bits - count)) & 1)) & TWidth.Mask;
                    right = (right >> 1) | (((fill >> (count - 1)) & 1) << (TWidth.Bits - 1));

                    ArithmeticFlags flags = default;
                    string name = $"{start:X}, {fill:X} ({TWidth.Bits} bits) by {count}";
                    Assert.True(DoubleShift.Left<TWidth>(ref flags, start, fill, count) == left && flags.Carry == leftCarry, "SHLD " + name);
                    Assert.True(count != 1 || flags.Overflow == ((left ^ start) >> (TWidth.Bits - 1) != 0), "SHLD " + name + ": OF");
                    Assert.True(DoubleShift.Right<TWidth>(ref flags, start, fill, count) == right && flags.Carry == rightCarry, "SHRD " + name);
                    Assert.True(count != 1 || flags.Overflow == ((right ^ start) >> (TWidth.Bits - 1) != 0), "SHRD " + name + ": OF");
                }
            }
        }
    }
}
