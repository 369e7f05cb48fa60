using System;

namespace Doppel.X86.Registers;

/// <summary>Bits of RFLAGS (Intel SDM vol. 1 3.4.3).</summary>
[Flags]
public enum RFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Carry.</summary>
    CF = 1 << 0,

    /// <summary>Always one.</summary>
    Fixed1 = 1 << 1,

    /// <summary>Parity.</summary>
    PF = 1 << 2,

    /// <summary>Auxiliary carry.</summary>
    AF = 1 << 4,

    /// <summary>Zero.</summary>
    ZF = 1 << 6,

    /// <summary>Sign.</summary>
    SF = 1 << 7,

    /// <summary>Trap (single-step).</summary>
    TF = 1 << 8,

    /// <summary>Interrupts enabled.</summary>
    IF = 1 << 9,

    /// <summary>Direction.</summary>
    DF = 1 << 10,

    /// <summary>Overflow.</summary>
    OF = 1 << 11,

    /// <summary>I/O privilege level, bits 13:12.</summary>
    IOPL = 3 << 12,

    /// <summary>Nested task.</summary>
    NT = 1 << 14,

    /// <summary>Resume.</summary>
    RF = 1 << 16,

    /// <summary>Virtual-8086 mode.</summary>
    VM = 1 << 17,

    /// <summary>Alignment check, and access control under SMAP.</summary>
    AC = 1 << 18,

    /// <summary>Virtual interrupt flag.</summary>
    VIF = 1 << 19,

    /// <summary>Virtual interrupt pending.</summary>
    VIP = 1 << 20,

    /// <summary>CPUID available.</summary>
    ID = 1 << 21,

    /// <summary>The six arithmetic flags.</summary>
    Arithmetic = CF | PF | AF | ZF | SF | OF,
}
