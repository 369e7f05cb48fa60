using Doppel.X86.Semantics;

namespace Doppel.X86.Tests.Semantics;

/// <summary>DAA, DAS, AAA and AAS against the steps of the manual (Intel SDM vol. 2A), for every operand and every CF and AF before.</summary>
public sealed class DecimalAdjustTests
{
    private const ulong Cf = 1;
    private const ulong Af = 1 << 4;

    [Fact]
    public void Packed_numbers_follow_the_steps_of_the_manual()
    {
        for (int i = 0; i < 1024; i++)
        {
            byte al = (byte)i;
            bool carry = (i & 0x100) != 0;
            bool adjust = (i & 0x200) != 0;
            foreach (bool subtracts in (bool[])[false, true])
            {
                ArithmeticFlags flags = Before(carry, adjust);
                byte found = subtracts ? DecimalAdjust.PackedAfterSubtract(ref flags, al) : DecimalAdjust.PackedAfterAdd(ref flags, al);
                (byte value, bool carryAfter, bool adjustAfter) = Packed(al, carry, adjust, subtracts ? -1 : 1);
                Assert.True((found, flags.Carry, flags.Adjust) == (value, carryAfter, adjustAfter), $"{(subtracts ? "DAS" : "DAA")} {al:X2}, CF {carry}, AF {adjust}");
            }
        }
    }

    [Fact]
    public void Unpacked_numbers_follow_the_steps_of_the_manual()
    {
        for (int i = 0; i < 0x2_0000; i++)
        {
            ushort ax = (ushort)i;
            bool adjust = (i & 0x1_0000) != 0;
            bool corrects = (ax & 0xF) > 9 || adjust;
            foreach (int sign in (int[])[1, -1])
            {
                ArithmeticFlags flags = Before(false, adjust);
                ushort found = sign > 0 ? DecimalAdjust.AfterAdd(ref flags, ax) : DecimalAdjust.AfterSubtract(ref flags, ax);
                ushort value = (ushort)((corrects ? ax + (sign * 0x106) : ax) & 0xFF0F);
                Assert.True((found, flags.Carry, flags.Adjust) == (value, corrects, corrects), $"{(sign > 0 ? "AAA" : "AAS")} {ax:X4}, AF {adjust}");
            }
        }
    }

    // The two steps one after the other: the lower digit with its own carry or borrow, then the upper one.
    private static (byte Value, bool Carry, bool Adjust) Packed(byte al, bool carryBefore, bool adjustBefore, int sign)
    {
        int value = al;
        bool carry = false;
        bool adjust = (al & 0xF) > 9 || adjustBefore;
        if (adjust)
        {
            int next = value + (sign * 6);
            carry = carryBefore || next is < 0 or > 0xFF;
            value = next & 0xFF;
        }

        if (al > 0x99 || carryBefore)
        {
            value = (value + (sign * 0x60)) & 0xFF;
            carry = true;
        }
        else if (sign > 0)
        {
            carry = false; // DAA of 99 or less without a carry never carries
        }

        return ((byte)value, carry, adjust);
    }

    private static ArithmeticFlags Before(bool carry, bool adjust)
    {
        ArithmeticFlags flags = default;
        flags.Unpack((carry ? Cf : 0) | (adjust ? Af : 0));
        return flags;
    }
}
