using System.Runtime.CompilerServices;

namespace Doppel.X86.Semantics;

/// <summary>A shift or rotate (Intel SDM vol. 2, SAL/SAR/SHL/SHR and RCL/RCR/ROL/ROR).</summary>
public interface IShiftOperation
{
    /// <summary>Shifts by <paramref name="count"/>, already masked to 5 bits (6 for 64-bit operands) and not zero.</summary>
    static abstract ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth;
}

/// <summary>SHL, SAL.</summary>
public readonly struct ShlOperation : IShiftOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        ulong carry = count <= W.Bits ? (value >> (W.Bits - count)) & 1 : 0;
        ulong result = count < W.Bits ? (value << count) & W.Mask : 0;
        flags.SetResult<W>(result, carry, (result >> (W.Bits - 1)) ^ carry, 0);
        return result;
    }
}

/// <summary>SHR.</summary>
public readonly struct ShrOperation : IShiftOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        ulong carry = (value >> (count - 1)) & 1;
        ulong result = count < W.Bits ? value >> count : 0;
        flags.SetResult<W>(result, carry, count == 1 ? value >> (W.Bits - 1) : 0, 0);
        return result;
    }
}

/// <summary>SAR.</summary>
public readonly struct SarOperation : IShiftOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        long wide = (long)Width.SignExtend<W>(value);
        ulong carry = (ulong)(wide >> (count - 1)) & 1;
        ulong result = (ulong)(wide >> count) & W.Mask;
        flags.SetResult<W>(result, carry, 0, 0);
        return result;
    }
}

/// <summary>ROL.</summary>
public readonly struct RolOperation : IShiftOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        int by = count & (W.Bits - 1);
        ulong result = by == 0 ? value : ((value << by) | (value >> (W.Bits - by))) & W.Mask;
        ulong carry = result & 1;
        flags.SetCarryOverflow(carry, (result >> (W.Bits - 1)) ^ carry);
        return result;
    }
}

/// <summary>ROR.</summary>
public readonly struct RorOperation : IShiftOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        int by = count & (W.Bits - 1);
        ulong result = by == 0 ? value : ((value >> by) | (value << (W.Bits - by))) & W.Mask;
        ulong carry = result >> (W.Bits - 1);
        flags.SetCarryOverflow(carry, carry ^ ((result >> (W.Bits - 2)) & 1));
        return result;
    }
}

/// <summary>RCL.</summary>
public readonly struct RclOperation : IShiftOperation
{
    /// <inheritdoc/>
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        int by = W.Bits <= 16 ? count % (W.Bits + 1) : count;
        ulong carry = flags.CarryBit;
        ulong result = value;
        if (by != 0)
        {
            result = ((by < W.Bits ? value << by : 0) | (carry << (by - 1)) | (by > 1 ? value >> (W.Bits + 1 - by) : 0)) & W.Mask;
            carry = (value >> (W.Bits - by)) & 1;
        }

        flags.SetCarryOverflow(carry, (result >> (W.Bits - 1)) ^ carry);
        return result;
    }
}

/// <summary>RCR.</summary>
public readonly struct RcrOperation : IShiftOperation
{
    /// <inheritdoc/>
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value, int count)
        where W : struct, IWidth
    {
        int by = W.Bits <= 16 ? count % (W.Bits + 1) : count;
        ulong carry = flags.CarryBit;
        ulong result = value;
        if (by != 0)
        {
            result = ((by < W.Bits ? value >> by : 0) | (carry << (W.Bits - by)) | (by > 1 ? value << (W.Bits + 1 - by) : 0)) & W.Mask;
            carry = (value >> (by - 1)) & 1;
        }

        flags.SetCarryOverflow(carry, ((result >> (W.Bits - 1)) ^ (result >> (W.Bits - 2))) & 1);
        return result;
    }
}

/// <summary>Double shifts.</summary>
public static class DoubleShift
{
    /// <summary>SHLD; <paramref name="count"/> masked and not zero. 16-bit counts above 16 shift the pair as processors do.</summary>
    public static ulong Left<W>(ref ArithmeticFlags flags, ulong value, ulong fill, int count)
        where W : struct, IWidth
    {
        ulong result;
        ulong carry;
        if (W.Bits == 16)
        {
            // value:fill:value, so that counts past 16 wrap around into the destination again.
            ulong triple = (value << 32) | (fill << 16) | value;
            result = (triple >> (32 - count)) & 0xFFFF;
            carry = (triple >> (48 - count)) & 1;
        }
        else
        {
            result = ((value << count) | (fill >> (W.Bits - count))) & W.Mask;
            carry = (value >> (W.Bits - count)) & 1;
        }

        flags.SetResult<W>(result, carry, ((value ^ result) >> (W.Bits - 1)) & 1, 0);
        return result;
    }

    /// <summary>SHRD; <paramref name="count"/> masked and not zero.</summary>
    public static ulong Right<W>(ref ArithmeticFlags flags, ulong value, ulong fill, int count)
        where W : struct, IWidth
    {
        ulong result;
        ulong carry;
        if (W.Bits == 16)
        {
            ulong triple = (value << 32) | (fill << 16) | value;
            result = (triple >> count) & 0xFFFF;
            carry = (triple >> (count - 1)) & 1;
        }
        else
        {
            result = ((value >> count) | (fill << (W.Bits - count))) & W.Mask;
            carry = (value >> (count - 1)) & 1;
        }

        flags.SetResult<W>(result, carry, ((value ^ result) >> (W.Bits - 1)) & 1, 0);
        return result;
    }
}
