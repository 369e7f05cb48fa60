using System.Runtime.CompilerServices;

namespace Doppel.X86.Semantics;

/// <summary>A one-operand instruction that changes its operand.</summary>
public interface IUnaryOperation
{
    /// <summary>Result in width <typeparamref name="W"/>, and the flags that follow.</summary>
    static abstract ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth;
}

/// <summary>INC: CF stays.</summary>
public readonly struct IncOperation : IUnaryOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth
    {
        ulong result = (value + 1) & W.Mask;
        flags.SetResult<W>(result, flags.CarryBit, result == Width.SignBit<W>() ? 1UL : 0, (result & 0xF) == 0 ? 1UL : 0);
        return result;
    }
}

/// <summary>DEC: CF stays.</summary>
public readonly struct DecOperation : IUnaryOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth
    {
        ulong result = (value - 1) & W.Mask;
        flags.SetResult<W>(result, flags.CarryBit, value == Width.SignBit<W>() ? 1UL : 0, (value & 0xF) == 0 ? 1UL : 0);
        return result;
    }
}

/// <summary>NEG.</summary>
public readonly struct NegOperation : IUnaryOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth => SubOperation.Apply<W>(ref flags, 0, value);
}

/// <summary>NOT: no flags.</summary>
public readonly struct NotOperation : IUnaryOperation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth => ~value & W.Mask;
}

/// <summary>BSWAP; 16-bit operands give zero as processors do (the manual leaves it undefined).</summary>
public readonly struct BswapOperation : IUnaryOperation
{
    /// <inheritdoc/>
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong value)
        where W : struct, IWidth => W.Bits switch
        {
            64 => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value),
            32 => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((uint)value),
            _ => 0,
        };
}
