using System;
using System.Collections.Generic;
using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// The motherboard: buses, interrupt wires, clock, processor sockets and the devices in their slots. The run loop is the machine's:
/// <see cref="RunDue"/>, <see cref="TakeRequests"/>, <see cref="PlanRun"/>, run the processor, and on halt <see cref="SkipIdle"/>. Machine's thread only.
/// </summary>
public sealed class Board : IBoardControl
{
    private readonly List<IDevice> _devices = [];
    private readonly HashSet<string> _names = [];
    private readonly ProcessorSocket[] _sockets;
    private readonly bool?[] _a20 = new bool?[2];
    private BoardRequests _requests;
    private bool _isManaging;
    private bool _hasPaused;

    /// <summary>An empty board over <paramref name="space"/>.</summary>
    /// <param name="space">The guest-physical address space.</param>
    /// <param name="time">Where guest time comes from.</param>
    /// <param name="epochNanoseconds">UTC in nanoseconds since 1970 at guest time zero.</param>
    /// <param name="timestampHertz">Rate of the time-stamp counter.</param>
    /// <param name="processors">Number of sockets, 1 to 255. They take turns: <see cref="Running"/>.</param>
    /// <param name="random">Where random numbers come from; null: from the seed 0.</param>
    public Board(GuestPhysicalSpace space, TimeSource time, long epochNanoseconds = 0, ulong timestampHertz = 1_000_000_000, int processors = 1, RandomSource? random = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(timestampHertz);
        ArgumentOutOfRangeException.ThrowIfLessThan(processors, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(processors, 255);
        Space = space;
        Memory = new MemoryBus(space);
        Clock = new GuestClock(time, epochNanoseconds) { DeadlineMoved = StopProcessors };
        TimestampHertz = timestampHertz;
        Random = random ?? new RandomSource(0);
        _sockets = new ProcessorSocket[processors];
        for (int i = 0; i < processors; i++)
        {
            _sockets[i] = new ProcessorSocket(this, i);
        }
    }

    /// <summary>The guest-physical address space.</summary>
    public GuestPhysicalSpace Space { get; }

    /// <summary>I/O ports.</summary>
    public PortBus Ports { get; } = new();

    /// <summary>Memory-mapped registers.</summary>
    public MemoryBus Memory { get; }

    /// <summary>Interrupt wires.</summary>
    public InterruptRouter Router { get; } = new();

    /// <summary>Guest time.</summary>
    public GuestClock Clock { get; }

    /// <summary>Random numbers for the guest.</summary>
    public RandomSource Random { get; }

    /// <summary>Rate of the time-stamp counter.</summary>
    public ulong TimestampHertz { get; }

    /// <summary>The sockets; number 0 boots. Each is the <see cref="Cpu.IVcpuBus"/> of its processor.</summary>
    public IReadOnlyList<ProcessorSocket> Sockets => _sockets;

    /// <summary>
    /// Number of the processor that runs, or ran last: who must come out when the board wants the run loop. Set by the run loop before
    /// <see cref="Cpu.IVcpu.Run"/>.
    /// </summary>
    public int Running { get; set; }

    /// <summary>All devices in the order they were added, which is the order of reset, save and restore.</summary>
    public IReadOnlyList<IDevice> Devices => _devices;

    /// <summary>Requests that wait to be taken.</summary>
    public BoardRequests Requests => _requests;

    /// <summary>Is told when the first processor enters system-management mode and when the last has left it: who shows the memory of this mode.</summary>
    public Action<bool>? ManagementChanged { get; set; }

    /// <summary>The byte of <see cref="BoardRequests.Exit"/>.</summary>
    public byte ExitCode { get; private set; }

    internal IInterruptController? Pic { get; private set; }

    /// <summary>Puts a device into a slot. Names are unique; port conflicts throw <see cref="InvalidOperationException"/>.</summary>
    public void Add(IDevice device) => Add(device, null);

    private void Add(IDevice device, ProcessorSocket? processor)
    {
        if (!_names.Add(device.Name))
        {
            throw new InvalidOperationException("two devices are named " + device.Name);
        }

        _devices.Add(device);
        device.Connect(new DeviceSlot(this, device.Name, processor));
    }

    /// <summary>Adds the 8259 pair. Its INTR goes to LINT0 of every local APIC, or straight to processor 0; add local APICs first.</summary>
    public void AddPic(IInterruptController pic)
    {
        Pic = pic;
        Add(pic);
        Router.Attach(pic);
        List<ILocalApic> apics = [];
        foreach (IDevice device in _devices)
        {
            if (device is ILocalApic apic)
            {
                apic.SetExternalController(pic);
                apics.Add(apic);
            }
        }

        pic.SetOutput(apics.Count == 0 ? _sockets[0] : new ApicPin(apics, 0));
    }

    /// <summary>Adds the local APIC of processor <paramref name="socket"/>.</summary>
    public void AddLocalApic(ILocalApic apic, int socket)
    {
        if (Pic is not null)
        {
            throw new InvalidOperationException("local APICs are added before the 8259 pair");
        }

        Add(apic, _sockets.Length > 1 ? _sockets[socket] : null);
        _sockets[socket].SetApic(apic);
    }

    /// <summary>Adds the I/O APIC.</summary>
    public void AddIoApic(IInterruptInputs ioApic)
    {
        Add(ioApic);
        Router.Attach(ioApic);
    }

    /// <summary>Resets all devices and processors, and drops what was requested. Outside <see cref="Cpu.IVcpu.Run"/> only.</summary>
    public void Reset(ResetKind kind)
    {
        _requests = BoardRequests.None;
        foreach (IDevice device in _devices)
        {
            device.Reset(kind);
        }

        foreach (ProcessorSocket socket in _sockets)
        {
            socket.Reset();
        }
    }

    /// <summary>Fires due timers and applies INIT and start-up requests. Outside <see cref="Cpu.IVcpu.Run"/> only.</summary>
    public void RunDue()
    {
        Clock.PlannedUntil = GuestTime.Zero; // whatever is armed now is seen by the plan to come
        Clock.RunDue();
        foreach (ProcessorSocket socket in _sockets)
        {
            socket.ApplyPending();
        }
    }

    /// <summary>
    /// How many instructions to run before <see cref="RunDue"/> is needed again, 1 to <paramref name="most"/>. In real time only the machine's own
    /// wake-up for <see cref="GuestClock.NextDue"/> can tell when that is. A timer armed for earlier stops the processor.
    /// </summary>
    public ulong PlanRun(ulong most)
    {
        GuestTime due = Clock.NextDue;
        Clock.PlannedUntil = due;
        ulong until = due == GuestTime.Never ? most : Clock.Source.InstructionsUntil(due);
        return Math.Clamp(until, 1, Math.Max(1, most));
    }

    /// <summary>
    /// All processors sleep: in deterministic mode moves time to the next timer. False: nothing is armed, only an outside input can wake the machine.
    /// </summary>
    public bool SkipIdle() => Clock.SkipToNextDue();

    /// <summary>Takes what the guest asked for since the last call.</summary>
    public BoardRequests TakeRequests()
    {
        BoardRequests taken = _requests;
        _requests = BoardRequests.None;
        return taken;
    }

    /// <summary>Whether the running processor executed PAUSE since the last call.</summary>
    public bool TakePause()
    {
        bool taken = _hasPaused;
        _hasPaused = false;
        return taken;
    }

    /// <summary>The time-stamp counter: guest time in ticks of <see cref="TimestampHertz"/>.</summary>
    public ulong ReadTimestamp()
    {
        ulong ns = (ulong)Clock.Now.Nanoseconds;
        return TimestampHertz == 1_000_000_000 ? ns : (ulong)((UInt128)ns * TimestampHertz / 1_000_000_000);
    }

    /// <inheritdoc/>
    public void RequestReset() => Request(BoardRequests.Reset);

    /// <inheritdoc/>
    public void RequestPowerOff() => Request(BoardRequests.PowerOff);

    /// <inheritdoc/>
    public void RequestExit(byte code)
    {
        ExitCode = code;
        Request(BoardRequests.Exit);
    }

    /// <inheritdoc/>
    public void RequestSystemManagement() => _sockets[0].Vcpu?.RaiseSmi();

    /// <inheritdoc/>
    public void SetA20(A20Source source, bool enabled)
    {
        if ((uint)source < (uint)_a20.Length)
        {
            _a20[(int)source] = enabled;
            ApplyA20();
        }
    }

    /// <summary>Writes clock, random source, board and every device, between two runs. Processors are the machine's to save.</summary>
    public void Save(IStateWriter to)
    {
        Clock.Save(to);
        Random.Save(to);
        to.Begin("board", 1);
        to.Write("requests", (ulong)_requests);
        to.Write("exit", (ulong)ExitCode);
        foreach (bool? source in _a20)
        {
            to.Write("a20", source is null ? 2UL : source.Value ? 1UL : 0UL);
        }

        foreach (ProcessorSocket socket in _sockets)
        {
            socket.Save(to);
        }

        to.End();
        foreach (IDevice device in _devices)
        {
            device.Save(to);
        }
    }

    /// <summary>Reads back what <see cref="Save"/> wrote, into a board with the same devices whose processors were restored before.</summary>
    public void Restore(IStateReader from)
    {
        Router.Hold();
        Clock.Restore(from);
        Random.Restore(from);
        from.Begin("board", 1);
        BoardRequests requests = (BoardRequests)from.ReadUnsigned("requests", 7);
        byte exit = (byte)from.ReadUnsigned("exit", 255);
        for (int i = 0; i < _a20.Length; i++)
        {
            ulong level = from.ReadUnsigned("a20", 2);
            _a20[i] = level == 2 ? null : level == 1;
        }

        foreach (ProcessorSocket socket in _sockets)
        {
            socket.Restore(from);
        }

        from.End();
        foreach (IDevice device in _devices)
        {
            device.Restore(from);
        }

        // A device that re-drives its outputs cannot ask for anything anew.
        _requests = requests;
        ExitCode = exit;
        ApplyA20();
        Router.Release();
    }

    internal void NotePause()
    {
        _hasPaused = true;
        StopProcessors();
    }

    // INIT or a start-up IPI waits: the run loop applies it between two instructions.
    internal void AskForRunLoop() => StopProcessors();

    // Open while nobody drives the gate (a machine without a keyboard controller), else while any source opens it.
    private void ApplyA20() => Space.SetA20(_a20[0] == true || _a20[1] == true || (_a20[0] is null && _a20[1] is null));

    internal void LookAtManagement()
    {
        bool any = Array.Exists(_sockets, socket => socket.IsManaging);
        if (any != _isManaging)
        {
            _isManaging = any;
            ManagementChanged?.Invoke(any);
        }
    }

    private void Request(BoardRequests request)
    {
        _requests |= request;
        StopProcessors();
    }

    // The one that runs; the others are outside of their run anyway.
    private void StopProcessors() => _sockets[Running].Vcpu?.RequestStop();

    // One output that drives the same pin of all local APICs.
    private sealed class ApicPin(List<ILocalApic> apics, int pin) : IInterruptLine
    {
        public void Set(bool high)
        {
            foreach (ILocalApic apic in apics)
            {
                apic.SetInput(pin, high);
            }
        }
    }
}
