namespace Doppel.Primitives;

/// <summary>Width of one access to a port or to memory-mapped registers, in bytes.</summary>
public enum AccessSize : byte
{
    /// <summary>8 bits.</summary>
    Byte = 1,

    /// <summary>16 bits.</summary>
    Word = 2,

    /// <summary>32 bits.</summary>
    Dword = 4,

    /// <summary>64 bits.</summary>
    Qword = 8,
}

/// <summary>Facts about <see cref="AccessSize"/>.</summary>
public static class AccessSizes
{
    /// <summary>The value an access of this width reads where nothing answers: all ones.</summary>
    public static ulong AllOnes(this AccessSize size) => size == AccessSize.Qword ? ulong.MaxValue : (1UL << ((int)size * 8)) - 1;
}
