using System.Numerics;
using System.Runtime.CompilerServices;
using Doppel.X86.Registers;

namespace Doppel.X86.Semantics;

/// <summary>
/// The six arithmetic flags, kept unfinished: an operation stores what it has in hand (result, carry chain) and a flag is worked out when
/// somebody asks. Most flags are overwritten before anybody does.
/// </summary>
/// <remarks>
/// For r = a + b and r = a - b alike, a ^ b ^ r holds at bit n the carry (borrow) into bit n. So AF is its bit 4, and OF is the carry into
/// the sign bit xor the carry out of it. <see cref="_carryIn"/> is kept sign-extended, which puts the sign bit's carry into bit 63.
/// </remarks>
public struct ArithmeticFlags
{
    private ulong _zero;
    private ulong _signParity;
    private ulong _carryIn;
    private ulong _carry;

    /// <summary>ZF.</summary>
    public readonly bool Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _zero == 0;
    }

    /// <summary>SF.</summary>
    public readonly bool Sign
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (long)_signParity < 0;
    }

    /// <summary>PF: even number of ones in the low byte of the result.</summary>
    public readonly bool Parity => (BitOperations.PopCount((byte)_signParity) & 1) == 0;

    /// <summary>CF.</summary>
    public readonly bool Carry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _carry != 0;
    }

    /// <summary>CF as 0 or 1.</summary>
    public readonly ulong CarryBit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _carry;
    }

    /// <summary>AF.</summary>
    public readonly bool Adjust => (_carryIn & 0x10) != 0;

    /// <summary>OF.</summary>
    public readonly bool Overflow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ((_carryIn >> 63) ^ _carry) != 0;
    }

    /// <summary>After an addition or subtraction of width <typeparamref name="W"/>; <paramref name="carry"/> is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetArithmetic<W>(ulong left, ulong right, ulong result, ulong carry)
        where W : struct, IWidth
    {
        _zero = result;
        _signParity = Width.SignExtend<W>(result);
        _carryIn = Width.SignExtend<W>(left ^ right ^ result);
        _carry = carry;
    }

    /// <summary>After AND, OR, XOR, TEST: CF, OF and AF are clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetLogic<W>(ulong result)
        where W : struct, IWidth
    {
        _zero = result;
        _signParity = Width.SignExtend<W>(result);
        _carryIn = 0;
        _carry = 0;
    }

    /// <summary>Sets ZF, SF and PF from <paramref name="result"/>, and the other three as told (0 or 1 each).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetResult<W>(ulong result, ulong carry, ulong overflow, ulong adjust)
        where W : struct, IWidth
    {
        _zero = result;
        _signParity = Width.SignExtend<W>(result);
        _carryIn = ((carry ^ overflow) << 63) | (adjust << 4);
        _carry = carry;
    }

    /// <summary>Replaces CF and OF (0 or 1 each), keeps the rest: rotates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetCarryOverflow(ulong carry, ulong overflow)
    {
        _carryIn = (_carryIn & 0x10) | ((carry ^ overflow) << 63);
        _carry = carry;
    }

    /// <summary>Replaces CF (0 or 1), keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetCarry(ulong carry) => SetCarryOverflow(carry, Overflow ? 1UL : 0);

    /// <summary>Replaces ZF, keeps the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetZero(bool zero) => _zero = zero ? 0UL : 1;

    /// <summary>The flags at their places in RFLAGS; all other bits zero.</summary>
    public readonly ulong Pack() =>
        (Carry ? (ulong)RFlags.CF : 0)
        | (Parity ? (ulong)RFlags.PF : 0)
        | (Adjust ? (ulong)RFlags.AF : 0)
        | (Zero ? (ulong)RFlags.ZF : 0)
        | (Sign ? (ulong)RFlags.SF : 0)
        | (Overflow ? (ulong)RFlags.OF : 0);

    /// <summary>Takes the six flags from an RFLAGS value.</summary>
    public void Unpack(ulong rflags)
    {
        _zero = (rflags & (ulong)RFlags.ZF) != 0 ? 0UL : 1;
        _signParity = ((rflags & (ulong)RFlags.SF) != 0 ? 1UL << 63 : 0) | ((rflags & (ulong)RFlags.PF) != 0 ? 0UL : 1);
        _carry = rflags & (ulong)RFlags.CF;
        ulong overflow = (rflags >> 11) & 1;
        _carryIn = ((_carry ^ overflow) << 63) | (rflags & (ulong)RFlags.AF);
    }
}
