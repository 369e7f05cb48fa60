using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.Memory;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Why the run loop leaves the straight path after an operation.</summary>
[System.Flags]
internal enum StopFlags : uint
{
    None = 0,

    /// <summary>The operation raised an exception and changed nothing: RIP stays, the exception is delivered.</summary>
    Fault = 1,

    /// <summary>The operation is complete; leave the block behind it (code changed, interrupt became possible, stop asked for).</summary>
    After = 2,

    /// <summary>A repeated string operation did part of its work: RIP stays, nothing is delivered by it.</summary>
    Repeat = 4,
}

/// <summary>Reasons to look up between blocks.</summary>
[System.Flags]
internal enum Attention
{
    None = 0,

    /// <summary>Another thread asked the vCPU to come out.</summary>
    Kick = 1,

    /// <summary>INTR is asserted.</summary>
    Interrupt = 2,

    /// <summary>An NMI waits.</summary>
    Nmi = 4,

    /// <summary>TF, breakpoints or a pending debug trap: one instruction at a time.</summary>
    Debug = 8,

    /// <summary>The previous instruction holds interrupts off for one instruction.</summary>
    Shadow = 16,

    /// <summary>HLT or shutdown: no instruction runs.</summary>
    Inactive = 32,

    /// <summary>The board asked for the run loop (reset, earlier timer).</summary>
    Stop = 64,

    /// <summary>A system-management interrupt waits.</summary>
    Management = 128,
}

/// <summary>
/// The state of one interpreted vCPU in the shape that is quick to run: registers and unfinished flags apart, everything else in the canonical record.
/// Handlers and system code are static methods over this class. One thread, the vCPU's.
/// </summary>
internal sealed class InterpreterCore
{
    /// <summary>General-purpose registers.</summary>
    internal RegisterFile Regs;

    /// <summary>Arithmetic flags, unfinished.</summary>
    internal ArithmeticFlags Flags;

    /// <summary>RFLAGS without the arithmetic flags; bit 1 set.</summary>
    internal ulong SystemFlags = 2;

    /// <summary>Instruction pointer; while a block runs, where execution goes on behind it.</summary>
    internal ulong Rip;

    /// <summary>Set by an operation to leave the block.</summary>
    internal StopFlags Stop;

    /// <summary>Reasons to look up between blocks; set by other threads through Interlocked.</summary>
    internal int AttentionBits;

    /// <summary>Exception raised by the current operation (with <see cref="StopFlags.Fault"/>).</summary>
    internal Vector PendingVector;

    /// <summary>Its error code.</summary>
    internal uint PendingErrorCode;

    /// <summary>Instructions retired before the current block began.</summary>
    internal ulong RetiredBefore;

    /// <summary>Count of retired instructions at which the run must stop: bounds repeated string operations.</summary>
    internal ulong RetireLimit;

    /// <summary>Position in the block of the operation that runs a bus access, for exact counts inside callbacks.</summary>
    internal int CurrentPosition;

    /// <summary>Set by INT n and its kin: the single-step trap of the interrupted instruction is not taken behind them.</summary>
    internal bool SuppressSingleStep;

    /// <summary>A data breakpoint is enabled: every access takes the slow path and is compared.</summary>
    internal bool WatchesData;

    /// <summary>Everything that is not kept in a quicker form above. Segment registers are changed through <see cref="SegmentRegisters"/> only.</summary>
    internal VcpuRecord S;

    /// <summary>Bases and reach of the segments, derived from <see cref="S"/>.</summary>
    internal SegmentReaches Reach;

    /// <summary>Current privilege level.</summary>
    internal byte Cpl;

    /// <summary>Derived mode: see <see cref="CpuMode"/>.</summary>
    internal CpuMode Mode;

    internal InterpreterCore(GuestPhysicalSpace space, CpuModel model, IVcpuBus bus, int index = 0)
    {
        Index = index;
        Space = space;
        Model = model;
        IsAmd = model.IsAmd;
        Bus = bus;
        Memory = new LinearMemory(this);
        Fx = new FxArea();
    }

    /// <summary>Number of the processor, which is its initial APIC id.</summary>
    internal int Index { get; }

    /// <summary>Guest-physical space.</summary>
    internal GuestPhysicalSpace Space { get; }

    /// <summary>What the CPU announces.</summary>
    internal CpuModel Model { get; }

    /// <summary><see cref="CpuModel.IsAmd"/>.</summary>
    internal bool IsAmd { get; }

    /// <summary>The board.</summary>
    internal IVcpuBus Bus { get; }

    /// <summary>Linear memory: translation and access.</summary>
    internal LinearMemory Memory { get; }

    /// <summary>x87, MMX and SSE registers in native memory.</summary>
    internal FxArea Fx { get; }

    /// <summary>Ring of recent exceptions, for crash reports.</summary>
    internal ExceptionHistory History { get; } = new();

    /// <summary>Whole RFLAGS.</summary>
    internal ulong Rflags
    {
        get => SystemFlags | Flags.Pack();
        set
        {
            Flags.Unpack(value);
            SystemFlags = (value & ~(ulong)RFlags.Arithmetic) | (ulong)RFlags.Fixed1;
        }
    }

    /// <summary>IOPL, 0 to 3.</summary>
    internal int Iopl => (int)(SystemFlags >> 12) & 3;

    /// <summary>CR0.PE and not virtual-8086 mode.</summary>
    internal bool IsProtected
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (S.Cr0 & Cr0.PE) != 0 && (SystemFlags & (ulong)RFlags.VM) == 0;
    }

    /// <summary>Virtual-8086 mode.</summary>
    internal bool IsVirtual8086 => (SystemFlags & (ulong)RFlags.VM) != 0;

    /// <summary>EFER.LMA: 64-bit or compatibility mode.</summary>
    internal bool IsLongMode => (S.Efer & Efer.LMA) != 0;

    /// <summary>64-bit mode.</summary>
    internal bool Is64Bit => (Mode & CpuMode.Code64) != 0;

    /// <summary>A general-purpose register by number (0 RAX to 15 R15).</summary>
    internal ref ulong Gpr(int number) => ref RegisterAccess.At(ref Regs, (byte)((number & 15) * 8));

    /// <summary>Raises an exception out of the current operation, which must have changed nothing yet and must return at once.</summary>
    internal void Raise(Vector vector, uint errorCode = 0)
    {
        PendingVector = vector;
        PendingErrorCode = errorCode;
        Stop |= StopFlags.Fault;
    }

    /// <summary>Raises #PF with CR2 = <paramref name="linear"/>.</summary>
    internal void RaisePageFault(ulong linear, uint errorCode)
    {
        S.Cr2 = linear;
        Raise(Vector.PF, errorCode);
    }

    /// <summary>Ends the block behind the current operation, so that the run loop looks up.</summary>
    internal void LeaveBlock() => Stop |= StopFlags.After;

    /// <summary>Adds a reason to look up between blocks (own thread).</summary>
    internal void Attend(Attention reason) => System.Threading.Interlocked.Or(ref AttentionBits, (int)reason);

    /// <summary>Removes a reason to look up.</summary>
    internal void Unattend(Attention reason) => System.Threading.Interlocked.And(ref AttentionBits, ~(int)reason);
}
