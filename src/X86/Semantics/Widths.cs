using System.Runtime.CompilerServices;

namespace Doppel.X86.Semantics;

/// <summary>
/// An operand width as a type, so that the JIT makes one specialised copy of each operation a width. Values are held zero-extended in a ulong.
/// </summary>
public interface IWidth
{
    /// <summary>Width in bits: 8, 16, 32 or 64.</summary>
    static abstract int Bits { get; }

    /// <summary>All ones in this width.</summary>
    static abstract ulong Mask { get; }
}

/// <summary>8 bits.</summary>
public readonly struct W8 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 8;

    /// <inheritdoc/>
    public static ulong Mask => 0xFF;
}

/// <summary>16 bits.</summary>
public readonly struct W16 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 16;

    /// <inheritdoc/>
    public static ulong Mask => 0xFFFF;
}

/// <summary>32 bits.</summary>
public readonly struct W32 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 32;

    /// <inheritdoc/>
    public static ulong Mask => 0xFFFF_FFFF;
}

/// <summary>64 bits.</summary>
public readonly struct W64 : IWidth
{
    /// <inheritdoc/>
    public static int Bits => 64;

    /// <inheritdoc/>
    public static ulong Mask => ulong.MaxValue;
}

/// <summary>Arithmetic that depends on a width only.</summary>
public static class Width
{
    /// <summary>Extends the sign bit of a value of width <typeparamref name="W"/> to 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignExtend<W>(ulong value)
        where W : struct, IWidth => (ulong)((long)(value << (64 - W.Bits)) >> (64 - W.Bits));

    /// <summary>The sign bit of width <typeparamref name="W"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SignBit<W>()
        where W : struct, IWidth => 1UL << (W.Bits - 1);
}
