namespace Doppel.X86.Exceptions;

/// <summary>Architectural exception vectors (Intel SDM vol. 3A 6.15).</summary>
public enum Vector : byte
{
    /// <summary>#DE divide error.</summary>
    DE = 0,

    /// <summary>#DB debug.</summary>
    DB = 1,

    /// <summary>Non-maskable interrupt.</summary>
    NMI = 2,

    /// <summary>#BP breakpoint.</summary>
    BP = 3,

    /// <summary>#OF overflow.</summary>
    OF = 4,

    /// <summary>#BR bound range.</summary>
    BR = 5,

    /// <summary>#UD invalid opcode.</summary>
    UD = 6,

    /// <summary>#NM device not available.</summary>
    NM = 7,

    /// <summary>#DF double fault.</summary>
    DF = 8,

    /// <summary>#TS invalid TSS.</summary>
    TS = 10,

    /// <summary>#NP segment not present.</summary>
    NP = 11,

    /// <summary>#SS stack fault.</summary>
    SS = 12,

    /// <summary>#GP general protection.</summary>
    GP = 13,

    /// <summary>#PF page fault.</summary>
    PF = 14,

    /// <summary>#MF x87 error.</summary>
    MF = 16,

    /// <summary>#AC alignment check.</summary>
    AC = 17,

    /// <summary>#MC machine check.</summary>
    MC = 18,

    /// <summary>#XM SIMD floating-point error.</summary>
    XM = 19,
}

/// <summary>Facts about vectors.</summary>
public static class Vectors
{
    /// <summary>Whether an exception with this vector pushes an error code.</summary>
    public static bool HasErrorCode(this Vector vector) =>
        vector is Vector.DF or Vector.TS or Vector.NP or Vector.SS or Vector.GP or Vector.PF or Vector.AC;
}
