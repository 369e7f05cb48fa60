namespace Doppel.X86.Registers;

/// <summary>Numbers of model-specific registers (Intel SDM vol. 4; AMD64 manual vol. 2 appendix A).</summary>
public static class Msr
{
    /// <summary>Machine check address of the first Pentium.</summary>
    public const uint P5McAddress = 0x0;

    /// <summary>Machine check type of the first Pentium.</summary>
    public const uint P5McType = 0x1;

    /// <summary>Time-stamp counter.</summary>
    public const uint TimestampCounter = 0x10;

    /// <summary>Platform id.</summary>
    public const uint PlatformId = 0x17;

    /// <summary>Local APIC base.</summary>
    public const uint ApicBase = 0x1B;

    /// <summary>Power-on configuration of family 6 and 15.</summary>
    public const uint PowerOnConfiguration = 0x2A;

    /// <summary>Time-stamp adjustment.</summary>
    public const uint TscAdjust = 0x3B;

    /// <summary>Microcode update trigger.</summary>
    public const uint MicrocodeUpdate = 0x79;

    /// <summary>Microcode revision; AMD: patch level.</summary>
    public const uint MicrocodeRevision = 0x8B;

    /// <summary>Capabilities of the MTRRs.</summary>
    public const uint MtrrCapability = 0xFE;

    /// <summary>SYSENTER code segment.</summary>
    public const uint SysenterCs = 0x174;

    /// <summary>SYSENTER stack pointer.</summary>
    public const uint SysenterEsp = 0x175;

    /// <summary>SYSENTER instruction pointer.</summary>
    public const uint SysenterEip = 0x176;

    /// <summary>Machine check capabilities.</summary>
    public const uint McgCapability = 0x179;

    /// <summary>Machine check status.</summary>
    public const uint McgStatus = 0x17A;

    /// <summary>Miscellaneous enables.</summary>
    public const uint MiscEnable = 0x1A0;

    /// <summary>Debug control.</summary>
    public const uint DebugControl = 0x1D9;

    /// <summary>Base of the first variable MTRR; its mask follows.</summary>
    public const uint MtrrBase0 = 0x200;

    /// <summary>First fixed MTRR: 64 KiB ranges.</summary>
    public const uint MtrrFix64K = 0x250;

    /// <summary>First of two fixed MTRRs of 16 KiB ranges.</summary>
    public const uint MtrrFix16K = 0x258;

    /// <summary>First of eight fixed MTRRs of 4 KiB ranges.</summary>
    public const uint MtrrFix4K = 0x268;

    /// <summary>Page attribute table.</summary>
    public const uint Pat = 0x277;

    /// <summary>Default memory type.</summary>
    public const uint MtrrDefaultType = 0x2FF;

    /// <summary>First x2APIC register.</summary>
    public const uint X2apicFirst = 0x800;

    /// <summary>Last x2APIC register.</summary>
    public const uint X2apicLast = 0x8FF;

    /// <summary>Extended feature enables.</summary>
    public const uint Efer = 0xC000_0080;

    /// <summary>SYSCALL selectors.</summary>
    public const uint Star = 0xC000_0081;

    /// <summary>SYSCALL target of 64-bit code.</summary>
    public const uint LStar = 0xC000_0082;

    /// <summary>SYSCALL target of compatibility code.</summary>
    public const uint CStar = 0xC000_0083;

    /// <summary>Flags that SYSCALL clears.</summary>
    public const uint SfMask = 0xC000_0084;

    /// <summary>FS base.</summary>
    public const uint FsBase = 0xC000_0100;

    /// <summary>GS base.</summary>
    public const uint GsBase = 0xC000_0101;

    /// <summary>The base that SWAPGS exchanges with GS.</summary>
    public const uint KernelGsBase = 0xC000_0102;

    /// <summary>What RDTSCP returns in ECX.</summary>
    public const uint TscAux = 0xC000_0103;

    /// <summary>AMD: system configuration.</summary>
    public const uint SystemConfiguration = 0xC001_0010;

    /// <summary>AMD: hardware configuration.</summary>
    public const uint HardwareConfiguration = 0xC001_0015;

    /// <summary>AMD: top of memory.</summary>
    public const uint TopMemory = 0xC001_001A;

    /// <summary>AMD: top of memory above 4 GiB.</summary>
    public const uint TopMemoryHigh = 0xC001_001D;

    /// <summary>AMD: northbridge configuration.</summary>
    public const uint NorthbridgeConfiguration = 0xC001_001F;

    /// <summary>AMD: power state limits and status.</summary>
    public const uint PowerStateLimit = 0xC001_0061;

    /// <summary>AMD: SVM control.</summary>
    public const uint VmControl = 0xC001_0114;

    /// <summary>AMD: load-store configuration.</summary>
    public const uint LoadStoreConfiguration = 0xC001_1020;

    /// <summary>AMD: decode configuration, with the bit that makes LFENCE serialise.</summary>
    public const uint DecodeConfiguration = 0xC001_1029;
}
