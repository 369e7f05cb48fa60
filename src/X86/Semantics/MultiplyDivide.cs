using System;

namespace Doppel.X86.Semantics;

/// <summary>Multiplication and division (Intel SDM vol. 2, MUL, IMUL, DIV, IDIV). Undefined flags keep the simplest value.</summary>
public static class MultiplyDivide
{
    /// <summary>MUL: CF = OF = upper half is not zero.</summary>
    public static void Multiply<W>(ref ArithmeticFlags flags, ulong left, ulong right, out ulong low, out ulong high)
        where W : struct, IWidth
    {
        if (W.Bits == 64)
        {
            high = Math.BigMul(left, right, out low);
        }
        else
        {
            ulong product = left * right;
            low = product & W.Mask;
            high = (product >> W.Bits) & W.Mask;
        }

        ulong overflow = high != 0 ? 1UL : 0;
        flags.SetResult<W>(low, overflow, overflow, 0);
    }

    /// <summary>IMUL with the double-width result: CF = OF = the result does not fit in the lower half.</summary>
    public static void MultiplySigned<W>(ref ArithmeticFlags flags, ulong left, ulong right, out ulong low, out ulong high)
        where W : struct, IWidth
    {
        if (W.Bits == 64)
        {
            long upper = Math.BigMul((long)left, (long)right, out long lower);
            low = (ulong)lower;
            high = (ulong)upper;
        }
        else
        {
            long product = (long)Width.SignExtend<W>(left) * (long)Width.SignExtend<W>(right);
            low = (ulong)product & W.Mask;
            high = (ulong)(product >> W.Bits) & W.Mask;
        }

        ulong overflow = high != (Width.SignExtend<W>(low) >> 63 == 0 ? 0 : W.Mask) ? 1UL : 0;
        flags.SetResult<W>(low, overflow, overflow, 0);
    }

    /// <summary>DIV. False: #DE (divisor zero, or the quotient does not fit).</summary>
    public static bool TryDivide<W>(ulong low, ulong high, ulong divisor, out ulong quotient, out ulong remainder)
        where W : struct, IWidth
    {
        quotient = 0;
        remainder = 0;
        if (high >= divisor)
        {
            return false; // covers divisor 0
        }

        if (W.Bits == 64)
        {
            UInt128 dividend = new(high, low);
            quotient = (ulong)(dividend / divisor);
            remainder = (ulong)(dividend % divisor);
            return true;
        }

        ulong narrow = (high << W.Bits) | low;
        quotient = narrow / divisor;
        remainder = narrow % divisor;
        return true;
    }

    /// <summary>IDIV. False: #DE.</summary>
    public static bool TryDivideSigned<W>(ulong low, ulong high, ulong divisor, out ulong quotient, out ulong remainder)
        where W : struct, IWidth
    {
        quotient = 0;
        remainder = 0;
        if (W.Bits == 64)
        {
            return TryDivideSigned64(low, high, (long)divisor, out quotient, out remainder);
        }

        long dividend = ((long)Width.SignExtend<W>(high) << W.Bits) | (long)low;
        long by = (long)Width.SignExtend<W>(divisor);
        if (by == 0 || (by == -1 && dividend == long.MinValue))
        {
            return false;
        }

        long result = dividend / by;
        if (result != (long)Width.SignExtend<W>((ulong)result & W.Mask))
        {
            return false;
        }

        quotient = (ulong)result & W.Mask;
        remainder = (ulong)(dividend - (result * by)) & W.Mask;
        return true;
    }

    private static bool TryDivideSigned64(ulong low, ulong high, long by, out ulong quotient, out ulong remainder)
    {
        quotient = 0;
        remainder = 0;
        Int128 dividend = new(high, low);

        // Int128 cannot hold -2^127 / -1; no quotient of such a dividend fits anyway.
        if (by == 0 || (by == -1 && dividend == Int128.MinValue))
        {
            return false;
        }

        Int128 result = dividend / by;
        if (result > long.MaxValue || result < long.MinValue)
        {
            return false;
        }

        quotient = (ulong)(long)result;
        remainder = (ulong)(long)(dividend - (result * by));
        return true;
    }
}
