using System;

namespace Doppel.X86.Cpuid;

/// <summary>Features a CPU model announces; what is absent raises #UD (or does not exist). Names as in CPUID.</summary>
[Flags]
public enum CpuFeatures : ulong
{
    /// <summary>A 486 without FPU.</summary>
    None = 0,

    /// <summary>x87 unit.</summary>
    Fpu = 1UL << 0,

    /// <summary>Virtual-8086 extensions.</summary>
    Vme = 1UL << 1,

    /// <summary>Debugging extensions.</summary>
    De = 1UL << 2,

    /// <summary>4 MiB pages.</summary>
    Pse = 1UL << 3,

    /// <summary>RDTSC.</summary>
    Tsc = 1UL << 4,

    /// <summary>RDMSR, WRMSR.</summary>
    Msr = 1UL << 5,

    /// <summary>Physical address extension.</summary>
    Pae = 1UL << 6,

    /// <summary>Machine check.</summary>
    Mce = 1UL << 7,

    /// <summary>CMPXCHG8B.</summary>
    Cx8 = 1UL << 8,

    /// <summary>Local APIC.</summary>
    Apic = 1UL << 9,

    /// <summary>SYSENTER, SYSEXIT.</summary>
    Sep = 1UL << 10,

    /// <summary>Memory type range registers.</summary>
    Mtrr = 1UL << 11,

    /// <summary>Global pages.</summary>
    Pge = 1UL << 12,

    /// <summary>Machine check architecture.</summary>
    Mca = 1UL << 13,

    /// <summary>CMOVcc, FCMOVcc, FCOMI.</summary>
    Cmov = 1UL << 14,

    /// <summary>Page attribute table.</summary>
    Pat = 1UL << 15,

    /// <summary>36-bit page size extension.</summary>
    Pse36 = 1UL << 16,

    /// <summary>CLFLUSH.</summary>
    Clfsh = 1UL << 17,

    /// <summary>MMX.</summary>
    Mmx = 1UL << 18,

    /// <summary>FXSAVE, FXRSTOR.</summary>
    Fxsr = 1UL << 19,

    /// <summary>SSE.</summary>
    Sse = 1UL << 20,

    /// <summary>SSE2.</summary>
    Sse2 = 1UL << 21,

    /// <summary>SSE3.</summary>
    Sse3 = 1UL << 22,

    /// <summary>PCLMULQDQ.</summary>
    Pclmul = 1UL << 23,

    /// <summary>SSSE3.</summary>
    Ssse3 = 1UL << 24,

    /// <summary>CMPXCHG16B.</summary>
    Cx16 = 1UL << 25,

    /// <summary>SSE4.1.</summary>
    Sse41 = 1UL << 26,

    /// <summary>SSE4.2.</summary>
    Sse42 = 1UL << 27,

    /// <summary>MOVBE.</summary>
    Movbe = 1UL << 28,

    /// <summary>POPCNT.</summary>
    Popcnt = 1UL << 29,

    /// <summary>AES-NI.</summary>
    Aes = 1UL << 30,

    /// <summary>XSAVE family.</summary>
    Xsave = 1UL << 31,

    /// <summary>XSAVEOPT.</summary>
    Xsaveopt = 1UL << 32,

    /// <summary>RDRAND.</summary>
    Rdrand = 1UL << 33,

    /// <summary>FSGSBASE instructions.</summary>
    FsGsBase = 1UL << 34,

    /// <summary>BMI1.</summary>
    Bmi1 = 1UL << 35,

    /// <summary>BMI2.</summary>
    Bmi2 = 1UL << 36,

    /// <summary>Supervisor-mode execution prevention.</summary>
    Smep = 1UL << 37,

    /// <summary>Supervisor-mode access prevention.</summary>
    Smap = 1UL << 38,

    /// <summary>ADCX, ADOX.</summary>
    Adx = 1UL << 39,

    /// <summary>RDSEED.</summary>
    Rdseed = 1UL << 40,

    /// <summary>LAHF and SAHF in 64-bit mode.</summary>
    LahfLm = 1UL << 41,

    /// <summary>LZCNT (ABM).</summary>
    Lzcnt = 1UL << 42,

    /// <summary>PREFETCHW.</summary>
    PrefetchW = 1UL << 43,

    /// <summary>SYSCALL, SYSRET.</summary>
    Syscall = 1UL << 44,

    /// <summary>No-execute pages.</summary>
    Nx = 1UL << 45,

    /// <summary>1 GiB pages.</summary>
    Page1Gb = 1UL << 46,

    /// <summary>RDTSCP.</summary>
    Rdtscp = 1UL << 47,

    /// <summary>Long mode.</summary>
    Lm = 1UL << 48,

    /// <summary>x2APIC mode of the local APIC.</summary>
    X2apic = 1UL << 49,

    /// <summary>The CPUID instruction itself (late 486 on).</summary>
    Cpuid = 1UL << 50,

    /// <summary>TSC runs at a constant rate in all states.</summary>
    InvariantTsc = 1UL << 51,

    /// <summary>User-mode instruction prevention.</summary>
    Umip = 1UL << 52,

    /// <summary>MONITOR, MWAIT.</summary>
    Monitor = 1UL << 53,

    /// <summary>IA32_TSC_ADJUST.</summary>
    TscAdjust = 1UL << 54,

    /// <summary>Runs under a hypervisor (CPUID 1 ECX bit 31).</summary>
    Hypervisor = 1UL << 55,

    /// <summary>EFER.AIBRSE: indirect branches need no retpolines.</summary>
    AutoIbrs = 1UL << 56,

    /// <summary>Loads never pass older stores to the same place (CPUID 8000_0008h EBX bit 26).</summary>
    SsbNo = 1UL << 57,
}

/// <summary>The four registers that CPUID returns.</summary>
/// <param name="Eax">EAX.</param>
/// <param name="Ebx">EBX.</param>
/// <param name="Ecx">ECX.</param>
/// <param name="Edx">EDX.</param>
public readonly record struct CpuidResult(uint Eax, uint Ebx, uint Ecx, uint Edx);

/// <summary>A CPU by name: identity and features. Immutable.</summary>
/// <param name="Name">Name as typed after <c>--cpu</c>.</param>
/// <param name="Vendor">The twelve letters of CPUID leaf 0.</param>
/// <param name="Brand">Up to 47 letters of brand string.</param>
/// <param name="Family">Display family.</param>
/// <param name="Model">Display model.</param>
/// <param name="Stepping">Stepping.</param>
/// <param name="PhysicalAddressBits">MAXPHYADDR, 32 to 52.</param>
/// <param name="Features">What it announces.</param>
public sealed record CpuModel(string Name, string Vendor, string Brand, uint Family, uint Model, uint Stepping, int PhysicalAddressBits, CpuFeatures Features)
{
    /// <summary>Whether AMD is the maker: what the makers' manuals or processors do differently then follows AMD's, else Intel's.</summary>
    public bool IsAmd => Vendor == "AuthenticAMD";

    /// <summary>How many of them the machine has, 1 to 255. AMD's are cores of one package, Intel's (which are older) a package each.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>Whether all of <paramref name="features"/> are announced.</summary>
    public bool Has(CpuFeatures features) => (Features & features) == features;
}
