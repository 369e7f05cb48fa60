using System.Numerics;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>What BT and its kin do to the tested bit.</summary>
internal interface IBitChange
{
    static abstract bool Writes { get; }

    static abstract ulong Apply(ulong value, ulong mask);
}

/// <summary>BT.</summary>
internal readonly struct Keep : IBitChange
{
    public static bool Writes => false;

    public static ulong Apply(ulong value, ulong mask) => value;
}

/// <summary>BTS.</summary>
internal readonly struct SetBit : IBitChange
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value | mask;
}

/// <summary>BTR.</summary>
internal readonly struct ResetBit : IBitChange
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value & ~mask;
}

/// <summary>BTC.</summary>
internal readonly struct FlipBit : IBitChange
{
    public static bool Writes => true;

    public static ulong Apply(ulong value, ulong mask) => value ^ mask;
}

/// <summary>A bit scan: result from the source; <c>old</c> is what the destination held.</summary>
internal interface IScan
{
    static abstract ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth;
}

/// <summary>BSF: a zero source leaves the destination (documented by AMD, true of Intel processors).</summary>
internal readonly struct Forward : IScan
{
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth
    {
        flags.SetZero(source == 0);
        return source == 0 ? old : (ulong)BitOperations.TrailingZeroCount(source);
    }
}

/// <summary>BSR.</summary>
internal readonly struct Reverse : IScan
{
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth
    {
        flags.SetZero(source == 0);
        return source == 0 ? old : (ulong)BitOperations.Log2(source);
    }
}

/// <summary>TZCNT.</summary>
internal readonly struct TrailingZeros : IScan
{
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth
    {
        ulong count = source == 0 ? (ulong)W.Bits : (ulong)BitOperations.TrailingZeroCount(source);
        flags.SetZero(count == 0);
        flags.SetCarry(source == 0 ? 1UL : 0);
        return count;
    }
}

/// <summary>LZCNT.</summary>
internal readonly struct LeadingZeros : IScan
{
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth
    {
        ulong count = (ulong)(BitOperations.LeadingZeroCount(source) - (64 - W.Bits));
        flags.SetZero(count == 0);
        flags.SetCarry(source == 0 ? 1UL : 0);
        return count;
    }
}

/// <summary>POPCNT: all flags but ZF are cleared.</summary>
internal readonly struct Population : IScan
{
    public static ulong Apply<W>(ref ArithmeticFlags flags, ulong source, ulong old)
        where W : struct, IWidth
    {
        flags.Unpack(source == 0 ? (ulong)X86.Registers.RFlags.ZF : 0);
        return (ulong)BitOperations.PopCount(source);
    }
}
