using System.Runtime.CompilerServices;

namespace Doppel.X86.Semantics;

/// <summary>A two-operand arithmetic instruction as a type (Intel SDM vol. 2, the page of each name).</summary>
public interface IBinaryOperation
{
    /// <summary>Whether the result goes to the destination (CMP and TEST only set flags).</summary>
    static abstract bool Writes { get; }

    /// <summary>Result in width <typeparamref name="W"/>, and the flags that follow. Operands are zero-extended.</summary>
    static abstract ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth;
}

/// <summary>ADD.</summary>
public readonly struct AddOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = (left + right) & W.Mask;
        flags.SetArithmetic<W>(left, right, result, result < left ? 1UL : 0);
        return result;
    }
}

/// <summary>ADC.</summary>
public readonly struct AdcOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong carry = flags.CarryBit;
        ulong result = (left + right + carry) & W.Mask;
        flags.SetArithmetic<W>(left, right, result, result < left || (carry != 0 && result == left) ? 1UL : 0);
        return result;
    }
}

/// <summary>SUB.</summary>
public readonly struct SubOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = (left - right) & W.Mask;
        flags.SetArithmetic<W>(left, right, result, left < right ? 1UL : 0);
        return result;
    }
}

/// <summary>SBB.</summary>
public readonly struct SbbOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong borrow = flags.CarryBit;
        ulong result = (left - right - borrow) & W.Mask;
        flags.SetArithmetic<W>(left, right, result, left < right || (borrow != 0 && left == right) ? 1UL : 0);
        return result;
    }
}

/// <summary>CMP.</summary>
public readonly struct CmpOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth => SubOperation.Apply<W>(ref flags, left, right);
}

/// <summary>AND.</summary>
public readonly struct AndOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = left & right;
        flags.SetLogic<W>(result);
        return result;
    }
}

/// <summary>OR.</summary>
public readonly struct OrOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = left | right;
        flags.SetLogic<W>(result);
        return result;
    }
}

/// <summary>XOR.</summary>
public readonly struct XorOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = left ^ right;
        flags.SetLogic<W>(result);
        return result;
    }
}

/// <summary>TEST.</summary>
public readonly struct TestOperation : IBinaryOperation
{
    /// <inheritdoc/>
    public static bool Writes => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong left, ulong right)
        where W : struct, IWidth => AndOperation.Apply<W>(ref flags, left, right);
}
