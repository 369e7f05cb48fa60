namespace Doppel.X86.Semantics;

/// <summary>Adjustments of packed and unpacked decimal numbers (Intel SDM vol. 2, AAA, AAD, AAM, AAS, DAA, DAS). Values are AX.</summary>
public static class DecimalAdjust
{
    /// <summary>AAA.</summary>
    public static ushort AfterAdd(ref ArithmeticFlags flags, ushort ax) => Unpacked(ref flags, ax, 0x106);

    /// <summary>AAS.</summary>
    public static ushort AfterSubtract(ref ArithmeticFlags flags, ushort ax) => Unpacked(ref flags, ax, -0x106);

    /// <summary>AAM with a divisor. False: #DE, divisor is zero.</summary>
    public static bool TryAfterMultiply(ref ArithmeticFlags flags, ushort ax, byte divisor, out ushort result)
    {
        result = ax;
        if (divisor == 0)
        {
            return false;
        }

        byte al = (byte)ax;
        result = (ushort)(((al / divisor) << 8) | (al % divisor));
        flags.SetLogic<W8>((byte)result);
        return true;
    }

    /// <summary>AAD with a multiplier.</summary>
    public static ushort BeforeDivide(ref ArithmeticFlags flags, ushort ax, byte multiplier)
    {
        byte al = (byte)((byte)ax + ((ax >> 8) * multiplier));
        flags.SetLogic<W8>(al);
        return al;
    }

    /// <summary>DAA on AL.</summary>
    public static byte PackedAfterAdd(ref ArithmeticFlags flags, byte al)
    {
        bool carry = flags.Carry;
        bool adjust = (al & 0xF) > 9 || flags.Adjust;
        bool high = al > 0x99 || carry;
        byte result = (byte)(al + (adjust ? 6 : 0) + (high ? 0x60 : 0));
        flags.SetResult<W8>(result, high ? 1UL : 0, 0, adjust ? 1UL : 0);
        return result;
    }

    /// <summary>DAS on AL.</summary>
    public static byte PackedAfterSubtract(ref ArithmeticFlags flags, byte al)
    {
        bool oldCarry = flags.Carry;
        bool adjust = (al & 0xF) > 9 || flags.Adjust;
        bool high = al > 0x99 || oldCarry;
        bool carry = high || (adjust && al < 6);
        byte result = (byte)(al - (adjust ? 6 : 0) - (high ? 0x60 : 0));
        flags.SetResult<W8>(result, carry ? 1UL : 0, 0, adjust ? 1UL : 0);
        return result;
    }

    private static ushort Unpacked(ref ArithmeticFlags flags, ushort ax, int step)
    {
        bool adjust = (ax & 0xF) > 9 || flags.Adjust;
        ushort result = (ushort)((adjust ? ax + step : ax) & 0xFF0F);
        ulong bit = adjust ? 1UL : 0;
        flags.SetResult<W8>((byte)result, bit, 0, bit);
        return result;
    }
}
