using System;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Cpu;

/// <summary>How well an engine works on this host, as measured by <see cref="ICpuEngine.Probe"/>.</summary>
public enum EngineFitness
{
    /// <summary>Works fully.</summary>
    Usable = 0,

    /// <summary>Works with a named limit.</summary>
    Degraded = 1,

    /// <summary>Does not work here.</summary>
    Unusable = 2,
}

/// <summary>Outcome of probing an engine.</summary>
/// <param name="Fitness">How well it works.</param>
/// <param name="Why">One sentence for people; empty when usable.</param>
public readonly record struct EngineProbe(EngineFitness Fitness, string Why);

/// <summary>What an engine instance can do.</summary>
[Flags]
public enum EngineCaps
{
    /// <summary>Nothing optional.</summary>
    None = 0,

    /// <summary>Counts retired instructions exactly and stops at a given count.</summary>
    Deterministic = 1,

    /// <summary>Tracks dirty pages.</summary>
    DirtyLog = 2,

    /// <summary>Runs one instruction at a time on request.</summary>
    SingleStep = 4,
}

/// <summary>An engine: a way to run guest instructions (interpreter, translator, KVM).</summary>
public interface ICpuEngine
{
    /// <summary>Name as typed after <c>--engine</c>.</summary>
    string Name { get; }

    /// <summary>Tries the engine on this host; cheap enough for every start.</summary>
    EngineProbe Probe();

    /// <summary>Makes an instance for one machine over its address space.</summary>
    IEngineInstance Create(GuestPhysicalSpace space);
}

/// <summary>An engine at work for one machine.</summary>
public interface IEngineInstance : IDisposable
{
    /// <summary>What this instance can do.</summary>
    EngineCaps Caps { get; }

    /// <summary>Makes vCPU <paramref name="index"/>; call on the thread that will run it.</summary>
    IVcpu CreateVcpu(int index, CpuModel model, IVcpuBus bus);
}

/// <summary>Why <see cref="IVcpu.Run"/> came back.</summary>
public enum StopReason
{
    /// <summary>The instruction budget is spent.</summary>
    Budget = 0,

    /// <summary>HLT (or MWAIT): waits for an interrupt.</summary>
    Halt = 1,

    /// <summary><see cref="IVcpu.Kick"/> or <see cref="IVcpu.RequestStop"/>.</summary>
    Kick = 2,

    /// <summary>Triple fault: the CPU signals shutdown.</summary>
    Shutdown = 3,
}

/// <summary>Bounds of one <see cref="IVcpu.Run"/>.</summary>
/// <param name="MaxInstructions">Retired instructions after which Run returns exactly; see docs/design/counting.md for what counts.</param>
public readonly record struct RunLimits(ulong MaxInstructions);

/// <summary>One virtual CPU. All members are for the thread that runs it, save <see cref="Kick"/>.</summary>
public interface IVcpu : IDisposable
{
    /// <summary>Runs guest instructions until a <see cref="StopReason"/> applies. Never throws for anything a guest does.</summary>
    StopReason Run(in RunLimits limits);

    /// <summary>Instructions retired since power-on; exact also inside bus callbacks.</summary>
    ulong RetiredInstructions { get; }

    /// <summary>Makes <see cref="Run"/> return soon. Any thread, idempotent, race-free.</summary>
    void Kick();

    /// <summary>Makes <see cref="Run"/> return with <see cref="StopReason.Kick"/> right after the current instruction. Run's own thread (bus callbacks).</summary>
    void RequestStop();

    /// <summary>Drives the INTR pin.</summary>
    void SetInterruptRequest(bool asserted);

    /// <summary>Latches a non-maskable interrupt.</summary>
    void RaiseNmi();

    /// <summary>Latches a system-management interrupt: taken between two instructions, ahead of all other interrupts.</summary>
    void RaiseSmi();

    /// <summary>INIT or power-on reset: registers take their reset values (Intel SDM vol. 3A table 10-1).</summary>
    void Reset();

    /// <summary>
    /// Whether it would run nothing now: halted with nothing to wake for, or waiting for its start-up IPI. False in shutdown, which <see cref="Run"/> has to
    /// report. Engines should answer without copying the whole state.
    /// </summary>
    bool IsWaiting
    {
        get
        {
            VcpuState state = new();
            Load(state);
            return state.R.IsWaiting;
        }
    }

    /// <summary>Copies the canonical state out.</summary>
    void Load(VcpuState to);

    /// <summary>Takes over a canonical state; what depends on it (TLB, decoded code) is dropped.</summary>
    void Store(VcpuState from);

    /// <summary>Walks the guest's page tables without touching accessed or dirty bits. False: not mapped.</summary>
    bool Translate(Gva at, out Gpa where);

    /// <summary>Recent exceptions and the state in words, for crash reports.</summary>
    string Describe();
}

/// <summary>All a CPU may ask of the board. Calls are synchronous and never throw for guest-chosen arguments.</summary>
public interface IVcpuBus
{
    /// <summary>Reads a port; unclaimed ports read all ones.</summary>
    ulong ReadPort(ushort port, AccessSize size);

    /// <summary>Writes a port; unclaimed ports swallow it.</summary>
    void WritePort(ushort port, AccessSize size, ulong value);

    /// <summary>
    /// Reads a port many times in a row: whole elements of <paramref name="size"/>, only such as do nothing but hand over data. Returns their number; 0 sends
    /// the CPU to <see cref="ReadPort"/>, which alone is called at the element's own count.
    /// </summary>
    int ReadPortMany(ushort port, AccessSize size, Span<byte> to) => 0;

    /// <summary>Writes a port many times in a row: as <see cref="ReadPortMany"/>, for <see cref="WritePort"/>.</summary>
    int WritePortMany(ushort port, AccessSize size, ReadOnlySpan<byte> from) => 0;

    /// <summary>Reads memory that is not RAM or ROM; holes read all ones.</summary>
    ulong ReadMmio(Gpa at, AccessSize size);

    /// <summary>Writes memory that is not RAM; holes and ROM swallow it.</summary>
    void WriteMmio(Gpa at, AccessSize size, ulong value);

    /// <summary>Reads a model-specific register that the board owns (APIC base, x2APIC). False: the CPU raises #GP unless it knows it itself.</summary>
    bool TryReadMsr(uint msr, out ulong value);

    /// <summary>Writes a model-specific register that the board owns. False: as for reads.</summary>
    bool TryWriteMsr(uint msr, ulong value);

    /// <summary>Interrupt acknowledge cycle; false when the request went away.</summary>
    bool TryAcknowledgeInterrupt(out byte vector);

    /// <summary>The local APIC's task priority register, bits 7:4 as CR8 shows them (0 to 15).</summary>
    byte TaskPriority { get; set; }

    /// <summary>The time-stamp counter before the guest's own offset, in ticks of <see cref="TimestampHertz"/>.</summary>
    ulong ReadTimestamp();

    /// <summary>
    /// SMIACT#: the processor entered system-management mode, or left it. The board shows the memory of this mode before the call returns. Also called
    /// when a whole state is stored.
    /// </summary>
    void SetSystemManagement(bool active)
    {
    }

    /// <summary>The next 64 bits for RDRAND and RDSEED, from the machine's seeded source.</summary>
    ulong DrawRandom();

    /// <summary>Rate of <see cref="ReadTimestamp"/>.</summary>
    ulong TimestampHertz { get; }

    /// <summary>
    /// PAUSE: this processor waits for another one, which should have its turn. Engines must call this where
    /// <see cref="CpuModel.Processors"/> is above 1, and need not otherwise.
    /// </summary>
    void Pause()
    {
    }
}
