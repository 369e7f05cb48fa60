using System;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// Where one virtual CPU sits: the bus it is given, its local APIC if it has one, and the pins that the board drives. INIT and start-up wait
/// until the run loop is outside <see cref="IVcpu.Run"/>. Machine's thread only.
/// </summary>
public sealed class ProcessorSocket : IVcpuBus, IProcessorPins, IInterruptLine
{
    private const ulong CacheBitsOfCr0 = 0x6000_0000; // CD, NW

    private readonly Board _board;
    private IVcpu? _vcpu;
    private ProcessorWindow? _window;
    private ILocalApic? _apic;
    private bool _intr;
    private bool _initPending;
    private byte? _startupPending;
    private byte _taskPriority;

    internal ProcessorSocket(Board board, int index)
    {
        _board = board;
        Index = index;
    }

    /// <summary>Number of the processor; 0 boots.</summary>
    public int Index { get; }

    /// <summary>The processor in this socket.</summary>
    public IVcpu? Vcpu => _vcpu;

    /// <summary>Whether INTR is high: a halted processor with interrupts enabled has something to wake for.</summary>
    public bool InterruptRequested => _intr;

    /// <summary>Whether the processor is in system-management mode, as it says itself.</summary>
    internal bool IsManaging { get; private set; }

    /// <inheritdoc/>
    public ulong TimestampHertz => _board.TimestampHertz;

    /// <inheritdoc/>
    public byte TaskPriority
    {
        get => _apic?.TaskPriority ?? _taskPriority;
        set
        {
            _taskPriority = (byte)(value & 0xF);
            if (_apic is not null)
            {
                _apic.TaskPriority = _taskPriority;
            }
        }
    }

    /// <summary>Puts the processor in; it was created over this socket as its bus.</summary>
    public void Insert(IVcpu vcpu)
    {
        _vcpu = vcpu;
        vcpu.SetInterruptRequest(_intr);
    }

    // A device sees one instant while it serves an access: see TimeSource.Hold.
    private TimeSource Time => _board.Clock.Source;

    /// <inheritdoc/>
    public ulong ReadPort(ushort port, AccessSize size)
    {
        Time.Hold();
        ulong value = _board.Ports.Read(port, size);
        Time.Release();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, AccessSize size, ulong value)
    {
        Time.Hold();
        _board.Ports.Write(port, size, value);
        Time.Release();
    }

    /// <inheritdoc/>
    public int ReadPortMany(ushort port, AccessSize size, Span<byte> to)
    {
        Time.Hold();
        int count = _board.Ports.ReadMany(port, size, to);
        Time.Release();
        return count;
    }

    /// <inheritdoc/>
    public int WritePortMany(ushort port, AccessSize size, ReadOnlySpan<byte> from)
    {
        Time.Hold();
        int count = _board.Ports.WriteMany(port, size, from);
        Time.Release();
        return count;
    }

    /// <inheritdoc/>
    public ulong ReadMmio(Gpa at, AccessSize size)
    {
        Time.Hold();
        ulong value = _window is { } own && own.Contains(at, size) ? own.Read(at, size) : _board.Memory.Read(at, size);
        Time.Release();
        return value;
    }

    /// <inheritdoc/>
    public void WriteMmio(Gpa at, AccessSize size, ulong value)
    {
        Time.Hold();
        if (_window is { } own && own.Contains(at, size))
        {
            own.Write(at, size, value);
        }
        else
        {
            _board.Memory.Write(at, size, value);
        }

        Time.Release();
    }

    /// <inheritdoc/>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        Time.Hold();
        value = 0;
        bool isKnown = _apic is not null && _apic.TryReadMsr(msr, out value);
        Time.Release();
        return isKnown;
    }

    /// <inheritdoc/>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        Time.Hold();
        bool isKnown = _apic is not null && _apic.TryWriteMsr(msr, value);
        Time.Release();
        return isKnown;
    }

    /// <inheritdoc/>
    public bool TryAcknowledgeInterrupt(out byte vector)
    {
        if (_apic is not null)
        {
            return _apic.TryAcknowledge(out vector);
        }

        vector = 0;
        return Index == 0 && _board.Pic is not null && _board.Pic.TryAcknowledge(out vector);
    }

    /// <inheritdoc/>
    public void SetSystemManagement(bool active)
    {
        if (active != IsManaging)
        {
            IsManaging = active;
            _board.LookAtManagement();
        }
    }

    /// <inheritdoc/>
    public ulong ReadTimestamp() => _board.ReadTimestamp();

    /// <inheritdoc/>
    public ulong DrawRandom() => _board.Random.Next();

    /// <inheritdoc/>
    public void Pause() => _board.NotePause();

    /// <summary>Drives INTR. Called by the interrupt controller in front of the processor.</summary>
    public void Set(bool high)
    {
        _intr = high;
        _vcpu?.SetInterruptRequest(high);
    }

    /// <inheritdoc/>
    public void RaiseNmi() => _vcpu?.RaiseNmi();

    /// <inheritdoc/>
    public void Init()
    {
        _initPending = true;
        _startupPending = null;
        _board.AskForRunLoop();
    }

    /// <inheritdoc/>
    public void Startup(byte vector)
    {
        _startupPending = vector;
        _board.AskForRunLoop();
    }

    // The only registers that are this processor's own.
    internal ProcessorWindow Show(ProcessorWindow window) => _window = window;

    internal void SetApic(ILocalApic apic)
    {
        _apic = apic;
        apic.SetProcessor(this);
        apic.SetOutput(this);
    }

    internal void Reset()
    {
        _initPending = false;
        _startupPending = null;
        _taskPriority = 0;
        _vcpu?.Reset();
        _vcpu?.SetInterruptRequest(_intr);
        if (Index != 0)
        {
            Wait();
        }
    }

    // INIT and start-up, between two runs.
    internal void ApplyPending()
    {
        if (_vcpu is null)
        {
            return;
        }

        if (_initPending)
        {
            _initPending = false;
            ResetKeepingWhatInitKeeps(_vcpu);
            _apic?.Init();
            _vcpu.SetInterruptRequest(_intr);
            if (Index != 0)
            {
                Wait();
            }
        }

        if (_startupPending is byte vector)
        {
            _startupPending = null;
            Start(vector);
        }
    }

    internal void Save(IStateWriter to)
    {
        to.Begin("processor" + Index, 1);
        to.Write("init", _initPending);
        to.Write("startup", _startupPending is null ? 0UL : 0x100UL | _startupPending.Value);
        to.Write("task-priority", (ulong)_taskPriority);
        to.End();
    }

    internal void Restore(IStateReader from)
    {
        from.Begin("processor" + Index, 1);
        _initPending = from.ReadBool("init");
        ulong startup = from.ReadUnsigned("startup", 0x1FF);
        _startupPending = startup < 0x100 ? null : (byte)startup;
        _taskPriority = (byte)from.ReadUnsigned("task-priority", 15);
        from.End();
    }

    // INIT leaves time-stamp counter, memory types, x87 and SSE, and most MSRs as they are (Intel SDM vol. 3A table 10-1).
    private static void ResetKeepingWhatInitKeeps(IVcpu vcpu)
    {
        VcpuState before = new();
        VcpuState after = new();
        vcpu.Load(before);
        vcpu.Reset();
        vcpu.Load(after);
        ref VcpuRecord from = ref before.R;
        ref VcpuRecord to = ref after.R;
        (to.Fx, to.Xcr0) = (from.Fx, from.Xcr0);
        (to.TscOffset, to.TscAdjust, to.TscAux) = (from.TscOffset, from.TscAdjust, from.TscAux);
        (to.Mtrr, to.MtrrDefType, to.Pat, to.MiscEnable) = (from.Mtrr, from.MtrrDefType, from.Pat, from.MiscEnable);
        (to.Star, to.LStar, to.CStar, to.SfMask, to.KernelGsBase) = (from.Star, from.LStar, from.CStar, from.SfMask, from.KernelGsBase);
        (to.SysenterCs, to.SysenterEsp, to.SysenterEip) = (from.SysenterCs, from.SysenterEsp, from.SysenterEip);
        to.Cr0 |= from.Cr0 & CacheBitsOfCr0;
        vcpu.Store(after);
    }

    private void Wait() => Change(static (ref VcpuRecord r) => r.Activity = VcpuActivity.WaitForSipi);

    private void Start(byte vector) => Change((ref VcpuRecord r) =>
    {
        if (r.Activity == VcpuActivity.WaitForSipi)
        {
            r.Activity = VcpuActivity.Running;
            r.Rip = 0;
            r.Segment[1].Selector = (ushort)(vector << 8);
            r.Segment[1].Base = (ulong)vector << 12;
        }
    });

    private void Change(RecordChange change)
    {
        VcpuState state = new();
        _vcpu!.Load(state);
        change(ref state.R);
        _vcpu.Store(state);
    }

    private delegate void RecordChange(ref VcpuRecord record);
}
