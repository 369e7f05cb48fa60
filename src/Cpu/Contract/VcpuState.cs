using System.Runtime.CompilerServices;

namespace Doppel.Cpu;

/// <summary>A segment register with its hidden part (Intel SDM vol. 3A 3.4.3).</summary>
public struct SegmentState
{
    /// <summary>Linear base address.</summary>
    public ulong Base;

    /// <summary>Last valid offset in bytes, granularity applied.</summary>
    public uint Limit;

    /// <summary>Visible selector.</summary>
    public ushort Selector;

    /// <summary>
    /// Access rights as in descriptor bits 55:40: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15.
    /// Zero P means unusable (null selector).
    /// </summary>
    public ushort Attributes;
}

/// <summary>GDTR or IDTR.</summary>
public struct DescriptorTableState
{
    /// <summary>Linear base address.</summary>
    public ulong Base;

    /// <summary>Last valid offset.</summary>
    public ushort Limit;
}

/// <summary>What the CPU is doing between instructions.</summary>
public enum VcpuActivity : uint
{
    /// <summary>Executes instructions.</summary>
    Running = 0,

    /// <summary>HLT: waits for an interrupt.</summary>
    Halted = 1,

    /// <summary>Triple fault: waits for reset.</summary>
    Shutdown = 2,

    /// <summary>Application processor before its start-up IPI.</summary>
    WaitForSipi = 3,
}

/// <summary>Sixteen general-purpose registers, by encoding number (0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, 5 RBP, 6 RSI, 7 RDI, 8-15 R8-R15).</summary>
[InlineArray(16)]
public struct Gprs
{
    private ulong _first;
}

/// <summary>Six data and code segments by encoding number (0 ES, 1 CS, 2 SS, 3 DS, 4 FS, 5 GS), then 6 LDTR, 7 TR.</summary>
[InlineArray(8)]
public struct Segments
{
    private SegmentState _first;
}

/// <summary>The 512-byte FXSAVE image in 64-bit layout (Intel SDM vol. 1 10.5.1), as 64 qwords.</summary>
[InlineArray(64)]
public struct FxImage
{
    private ulong _first;
}

/// <summary>Debug registers DR0 to DR7; 4 and 5 are unused.</summary>
[InlineArray(8)]
public struct DebugRegisters
{
    private ulong _first;
}

/// <summary>Variable-range MTRRs as base/mask pairs, then the eleven fixed-range ones.</summary>
[InlineArray(27)]
public struct Mtrrs
{
    private ulong _first;
}

/// <summary>
/// The one canonical architectural state of a virtual CPU: every engine loads and stores exactly this, and snapshot, state hash and
/// migration read nothing else. Blittable field by field; <see cref="CurrentVersion"/> changes with the layout.
/// </summary>
public sealed class VcpuState
{
    /// <summary>Layout version that this build writes.</summary>
    public const int CurrentVersion = 2;

    /// <summary>The record itself.</summary>
    public VcpuRecord R;
}

/// <summary>The blittable record inside <see cref="VcpuState"/>.</summary>
public struct VcpuRecord
{
    private const ulong InterruptFlag = 1 << 9;

    /// <summary>General-purpose registers.</summary>
    public Gprs Gpr;

    /// <summary>Instruction pointer (EIP/IP zero-extended).</summary>
    public ulong Rip;

    /// <summary>RFLAGS, all bits materialised; bit 1 is always set.</summary>
    public ulong Rflags;

    /// <summary>Segment registers.</summary>
    public Segments Segment;

    /// <summary>Global descriptor table register.</summary>
    public DescriptorTableState Gdtr;

    /// <summary>Interrupt descriptor table register.</summary>
    public DescriptorTableState Idtr;

    /// <summary>CR0.</summary>
    public ulong Cr0;

    /// <summary>CR2: linear address of the last page fault.</summary>
    public ulong Cr2;

    /// <summary>CR3: root of the page tables.</summary>
    public ulong Cr3;

    /// <summary>CR4.</summary>
    public ulong Cr4;

    /// <summary>XCR0: state components enabled for XSAVE.</summary>
    public ulong Xcr0;

    /// <summary>DR0-DR3, DR6, DR7.</summary>
    public DebugRegisters Dr;

    /// <summary>IA32_EFER.</summary>
    public ulong Efer;

    /// <summary>IA32_STAR.</summary>
    public ulong Star;

    /// <summary>IA32_LSTAR.</summary>
    public ulong LStar;

    /// <summary>IA32_CSTAR.</summary>
    public ulong CStar;

    /// <summary>IA32_FMASK.</summary>
    public ulong SfMask;

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    public ulong KernelGsBase;

    /// <summary>IA32_SYSENTER_CS.</summary>
    public ulong SysenterCs;

    /// <summary>IA32_SYSENTER_ESP.</summary>
    public ulong SysenterEsp;

    /// <summary>IA32_SYSENTER_EIP.</summary>
    public ulong SysenterEip;

    /// <summary>Added to the board's time-stamp: moved by writes to IA32_TIME_STAMP_COUNTER and IA32_TSC_ADJUST.</summary>
    public ulong TscOffset;

    /// <summary>IA32_TSC_ADJUST as the guest reads it.</summary>
    public ulong TscAdjust;

    /// <summary>IA32_TSC_AUX.</summary>
    public ulong TscAux;

    /// <summary>IA32_PAT.</summary>
    public ulong Pat;

    /// <summary>IA32_MTRR_DEF_TYPE.</summary>
    public ulong MtrrDefType;

    /// <summary>The other MTRRs.</summary>
    public Mtrrs Mtrr;

    /// <summary>IA32_MISC_ENABLE.</summary>
    public ulong MiscEnable;

    /// <summary>x87, MMX and SSE state.</summary>
    public FxImage Fx;

    /// <summary>What the CPU does between instructions.</summary>
    public VcpuActivity Activity;

    /// <summary>1: interrupts are held off for one instruction after STI; 2: after MOV SS or POP SS (debug traps too).</summary>
    public uint InterruptShadow;

    /// <summary>1 while an NMI handler runs (until IRET).</summary>
    public uint NmiBlocked;

    /// <summary>1 when an NMI waits.</summary>
    public uint NmiPending;

    /// <summary>System-management mode: 0 outside; 1 inside; 2 inside, and NMIs were blocked when it was entered.</summary>
    public uint SystemManagement;

    /// <summary>1 when a system-management interrupt waits.</summary>
    public uint SmiPending;

    /// <summary>SMBASE: where system-management mode finds its code and saves the state. Below 4 GiB.</summary>
    public ulong SmBase;

    /// <summary>DR6 bits of a debug trap that waits to be delivered.</summary>
    public ulong PendingDebug;

    /// <summary>Level of the INTR pin.</summary>
    public uint InterruptRequest;

    /// <summary>Instructions retired since power-on.</summary>
    public ulong Retired;

    /// <summary>Whether nothing runs until an interrupt or a start-up IPI comes: see <see cref="IVcpu.IsWaiting"/>.</summary>
    public readonly bool IsWaiting => IsWaitingWith(Rflags);

    /// <summary>The same for an engine that keeps RFLAGS elsewhere while it runs.</summary>
    public readonly bool IsWaitingWith(ulong rflags) => Activity switch
    {
        VcpuActivity.WaitForSipi => true,
        VcpuActivity.Halted => PendingDebug == 0 && (NmiPending == 0 || NmiBlocked != 0) && (InterruptRequest == 0 || (rflags & InterruptFlag) == 0),
        _ => false,
    };
}
