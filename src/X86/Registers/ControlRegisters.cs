namespace Doppel.X86.Registers;

/// <summary>Bits of CR0 (Intel SDM vol. 3A 2.5).</summary>
public static class Cr0
{
    /// <summary>Protection enable.</summary>
    public const ulong PE = 1UL << 0;

    /// <summary>Monitor coprocessor.</summary>
    public const ulong MP = 1UL << 1;

    /// <summary>Emulation.</summary>
    public const ulong EM = 1UL << 2;

    /// <summary>Task switched.</summary>
    public const ulong TS = 1UL << 3;

    /// <summary>Extension type; always one.</summary>
    public const ulong ET = 1UL << 4;

    /// <summary>Numeric error.</summary>
    public const ulong NE = 1UL << 5;

    /// <summary>Write protect.</summary>
    public const ulong WP = 1UL << 16;

    /// <summary>Alignment mask.</summary>
    public const ulong AM = 1UL << 18;

    /// <summary>Not write-through.</summary>
    public const ulong NW = 1UL << 29;

    /// <summary>Cache disable.</summary>
    public const ulong CD = 1UL << 30;

    /// <summary>Paging.</summary>
    public const ulong PG = 1UL << 31;
}

/// <summary>Bits of CR4 (Intel SDM vol. 3A 2.5).</summary>
public static class Cr4
{
    /// <summary>Virtual-8086 mode extensions.</summary>
    public const ulong VME = 1UL << 0;

    /// <summary>Protected-mode virtual interrupts.</summary>
    public const ulong PVI = 1UL << 1;

    /// <summary>Time-stamp disable.</summary>
    public const ulong TSD = 1UL << 2;

    /// <summary>Debugging extensions.</summary>
    public const ulong DE = 1UL << 3;

    /// <summary>Page size extensions.</summary>
    public const ulong PSE = 1UL << 4;

    /// <summary>Physical address extension.</summary>
    public const ulong PAE = 1UL << 5;

    /// <summary>Machine check enable.</summary>
    public const ulong MCE = 1UL << 6;

    /// <summary>Page global enable.</summary>
    public const ulong PGE = 1UL << 7;

    /// <summary>Performance counter enable.</summary>
    public const ulong PCE = 1UL << 8;

    /// <summary>FXSAVE and SSE support by the OS.</summary>
    public const ulong OSFXSR = 1UL << 9;

    /// <summary>Unmasked SSE exceptions support by the OS.</summary>
    public const ulong OSXMMEXCPT = 1UL << 10;

    /// <summary>User-mode instruction prevention.</summary>
    public const ulong UMIP = 1UL << 11;

    /// <summary>FSGSBASE instructions.</summary>
    public const ulong FSGSBASE = 1UL << 16;

    /// <summary>Process-context identifiers.</summary>
    public const ulong PCIDE = 1UL << 17;

    /// <summary>XSAVE support by the OS.</summary>
    public const ulong OSXSAVE = 1UL << 18;

    /// <summary>Supervisor-mode execution prevention.</summary>
    public const ulong SMEP = 1UL << 20;

    /// <summary>Supervisor-mode access prevention.</summary>
    public const ulong SMAP = 1UL << 21;
}

/// <summary>Bits of IA32_EFER.</summary>
public static class Efer
{
    /// <summary>SYSCALL enable.</summary>
    public const ulong SCE = 1UL << 0;

    /// <summary>Long mode enable.</summary>
    public const ulong LME = 1UL << 8;

    /// <summary>Long mode active.</summary>
    public const ulong LMA = 1UL << 10;

    /// <summary>No-execute enable.</summary>
    public const ulong NXE = 1UL << 11;

    /// <summary>Automatic IBRS enable (AMD64 manual vol. 2 3.1.7).</summary>
    public const ulong AIBRSE = 1UL << 21;
}
