using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;
using Doppel.Cpu;
using Doppel.Host;
using Doppel.Motherboard;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>
/// Drives the processor between the events of the board. In real time a slice is as many instructions as should fit until the next timer,
/// and a halted machine sleeps on the host. In deterministic mode slices end exactly at the next timer and idle time is skipped, so that neither
/// slices nor the host's speed show in the guest.
/// </summary>
internal sealed class RunLoop : IDisposable
{
    private const long LongestSliceNs = 1_000_000;
    private const ulong ShortestSlice = 500;

    // A repeated string operation on device registers takes a microsecond a turn and is left only when its slice ends: half a second at most.
    private const ulong LongestDeterministicSlice = 500_000;
    private const ulong DeterministicSliceWithInput = 100_000;
    private const long LongestSleepNs = 100_000_000;

    // The host wakes a sleeper some 50 microseconds late; waiting for less than that is spun away.
    private const long ShortestSleepNs = 20_000;
    private const int SpinsPerLook = 50;
    private const double FirstGuessPerNs = 0.02;

    private readonly PcHardware _hardware;
    private readonly SerialInput[] _inputs;
    private readonly MachineSpec _spec;
    private readonly object _gate = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly WakeEvent _wake = new();
    private bool _isClosed;
    private bool _isHashed;
    private double _instructionsPerNs = FirstGuessPerNs;
    private volatile bool _stop;

    public RunLoop(PcHardware hardware, SerialInput[] inputs, MachineSpec spec)
    {
        _hardware = hardware;
        _inputs = inputs;
        _spec = spec;
    }

    /// <summary>Where <see cref="Run"/> returns once, or null.</summary>
    public ulong? StopAt { get; set; }

    /// <summary>Host time spent in <see cref="Run"/> since the start or the last timeout.</summary>
    private TimeSpan TimeRun { get; set; }

    private Board Board => _hardware.Board;

    private IVcpu Vcpu => _hardware.Vcpu;

    /// <summary>Makes <see cref="Run"/> return; any thread.</summary>
    public void RequestStop()
    {
        _stop = true;
        Wake();
    }

    /// <summary>Makes a sleeping or running machine look at its inputs; any thread.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                Vcpu.Kick();
                _wake.Set();
            }
        }
    }

    /// <summary>Has <paramref name="action"/> done between two instructions, on the machine's thread; any thread.</summary>
    public void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>From now on <see cref="Wake"/> leaves the processor alone, which may go away.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _wake.Dispose();
        }
    }

    /// <summary>Runs until something ends it; <paramref name="restart"/> is called when the guest pulls the reset line.</summary>
    public MachineExit Run(Action restart, Func<string> hash, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan before = TimeRun;
        while (true)
        {
            TimeRun = before + Stopwatch.GetElapsedTime(began);
            if (_stop || cancellation.IsCancellationRequested)
            {
                _stop = false;
                return new MachineExit(MachineExitKind.Stopped);
            }

            if (_spec.MaxTime is { } most && TimeRun >= most)
            {
                TimeRun = TimeSpan.Zero;
                return new MachineExit(MachineExitKind.Timeout, Report: $"no end after {most.TotalSeconds:0.###} s");
            }

            while (_posted.TryDequeue(out Action? action))
            {
                action();
            }

            if (StopAt is { } stopAt && Vcpu.RetiredInstructions >= stopAt)
            {
                StopAt = null;
                return new MachineExit(MachineExitKind.InstructionReached);
            }

            if (_spec.HashAt is { } at && !_isHashed && Vcpu.RetiredInstructions >= at)
            {
                _isHashed = true;
                return new MachineExit(MachineExitKind.HashReached, Report: hash());
            }

            Board.RunDue();
            foreach (SerialInput input in _inputs)
            {
                input.Deliver();
            }

            BoardRequests requests = Board.TakeRequests();
            if ((requests & BoardRequests.Exit) != 0)
            {
                return new MachineExit(MachineExitKind.GuestExit, Board.ExitCode);
            }

            if ((requests & BoardRequests.PowerOff) != 0)
            {
                return new MachineExit(MachineExitKind.PowerOff);
            }

            if ((requests & BoardRequests.Reset) != 0)
            {
                restart();
                continue;
            }

            StopReason reason = _spec.Deterministic ? RunDeterministic() : RunRealTime();
            if (reason == StopReason.Shutdown && (Board.Requests & BoardRequests.Reset) == 0)
            {
                return new MachineExit(MachineExitKind.Crash, Report: "the guest's CPU shut down (triple fault)\n" + Vcpu.Describe());
            }

            if (reason == StopReason.Halt && Board.Requests == BoardRequests.None && SleepUntilNextEvent() is { } end)
            {
                return end;
            }
        }
    }

    private StopReason RunDeterministic()
    {
        ulong most = LongestDeterministicSlice;
        foreach (SerialInput input in _inputs)
        {
            most = input.HasWaiting ? DeterministicSliceWithInput : most;
        }

        if (_spec.HashAt is { } at && !_isHashed)
        {
            most = Math.Min(most, at - Vcpu.RetiredInstructions);
        }

        return Vcpu.Run(new RunLimits(Board.PlanRun(UpToStop(most))));
    }

    private ulong UpToStop(ulong slice) => StopAt is { } at ? Math.Min(slice, at - Vcpu.RetiredInstructions) : slice;

    // The rate of the last slices tells how many instructions fit until the next timer.
    private StopReason RunRealTime()
    {
        long room = Math.Clamp(Board.Clock.NextDue - Board.Clock.Now, 0, LongestSliceNs);
        ulong slice = Math.Max(ShortestSlice, (ulong)(room * _instructionsPerNs));
        ulong retired = Vcpu.RetiredInstructions;
        long began = Stopwatch.GetTimestamp();
        StopReason reason = Vcpu.Run(new RunLimits(Board.PlanRun(UpToStop(slice))));
        ulong ran = Vcpu.RetiredInstructions - retired;
        double ns = Stopwatch.GetElapsedTime(began).Ticks * 100.0;
        if (ran >= ShortestSlice && ns > 0)
        {
            _instructionsPerNs = Math.Clamp((_instructionsPerNs * 0.75) + (ran / ns * 0.25), 0.001, 20);
        }

        return reason;
    }

    // Halted: nothing on this thread can wake the processor now, only a timer or an input.
    private MachineExit? SleepUntilNextEvent()
    {
        foreach (SerialInput input in _inputs)
        {
            if (input.CanDeliver)
            {
                return null;
            }
        }

        if (_spec.Deterministic)
        {
            if (!IsWakeable())
            {
                return new MachineExit(MachineExitKind.Stopped, Report: $"the guest halted with interrupts off after {Vcpu.RetiredInstructions} instructions");
            }

            if (Board.SkipIdle())
            {
                return null;
            }

            _ = _wake.Take(LongestSleepNs);
            return null;
        }

        GuestTime due = Board.Clock.NextDue;
        long ns = due == GuestTime.Never ? long.MaxValue : due - Board.Clock.Now;
        if (ns >= ShortestSleepNs)
        {
            _ = _wake.Take(Math.Min(ns, LongestSleepNs));
        }
        else if (ns > 0)
        {
            Thread.SpinWait(SpinsPerLook);
        }

        return null;
    }

    private bool IsWakeable()
    {
        VcpuState state = new();
        Vcpu.Load(state);
        return (state.R.Rflags & (ulong)X86.Registers.RFlags.IF) != 0 || state.R.NmiPending != 0;
    }
}
