using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Doppel.Cpu;
using Doppel.Host;
using Doppel.Machine.Outside;
using Doppel.Machine.Replay;
using Doppel.Motherboard;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>
/// Drives the processors between the events of the board. In real time a slice is as many instructions as should fit until the next timer,
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
    private const long MarkEveryMs = 100;

    private readonly PcHardware _hardware;
    private readonly IReadOnlyList<IOutsideInput> _inputs;
    private readonly MachineSpec _spec;
    private readonly RunLog _log;
    private readonly InputScript[] _scripts;
    private readonly Action<ReadOnlySpan<byte>>?[] _logged = new Action<ReadOnlySpan<byte>>?[InputPort.Count];
    private readonly IdlePacer _pacer = new();
    private readonly object _gate = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly WakeEvent _wake = new();
    private readonly ScreenPump _screen;
    private bool _isClosed;
    private bool _isHashed;
    private double _instructionsPerNs = FirstGuessPerNs;
    private uint _resets;
    private ReplayInstant _marked;
    private long _nextMark;
    private volatile bool _isPaced;
    private volatile bool _isPaused;
    private bool _isStill;
    private volatile bool _stop;

    public RunLoop(PcHardware hardware, OutsideInputs inputs, MachineSpec spec, RunLog log)
    {
        _hardware = hardware;
        _inputs = inputs.All;
        _spec = spec;
        _log = log;
        _isPaced = spec.PacesIdleTime;
        _screen = new ScreenPump(hardware.Screen);

        if (log.Record is { } record)
        {
            for (int i = 0; i < _logged.Length; i++)
            {
                int port = i;
                _logged[port] = bytes => record.Input(Instant, port, bytes);
            }
        }

        // A log holds what was scripted too, when it came.
        _scripts = log.Replay is not null ? [] : Array.ConvertAll(inputs.Sinks, sink => new InputScript(spec.Script, Array.IndexOf(inputs.Sinks, sink), sink));
    }

    /// <summary>Who sees the screen.</summary>
    public ScreenPump Screen => _screen;

    /// <summary>Where <see cref="Run"/> returns once, or null.</summary>
    public ulong? StopAt { get; set; }

    /// <summary>Host time spent in <see cref="Run"/> since the start or the last timeout.</summary>
    private TimeSpan TimeRun { get; set; }

    private Board Board => _hardware.Board;

    private VirtualProcessors Cpus => _hardware.Cpus;

    private ReplayInstant Instant => new(Cpus.RetiredInstructions, Board.Clock.Now.Nanoseconds, _resets);

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
                Cpus.Kick();
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

    /// <summary>
    /// While true, <see cref="Run"/> keeps the guest and its time still, but does what is posted and can be stopped. Any thread; kept from one run to
    /// the next.
    /// </summary>
    public bool IsPaused
    {
        get => _isPaused;
        set
        {
            _isPaused = value;
            Wake();
        }
    }

    /// <summary>From now on idle time is skipped; any thread.</summary>
    public void StopPacing()
    {
        _isPaced = false;
        Wake();
    }

    /// <summary>The machine was restored: what it was given before is not given again.</summary>
    public void Restored()
    {
        foreach (InputScript script in _scripts)
        {
            script.ContinueFrom(Cpus.RetiredInstructions);
        }
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
        _isStill = false; // time goes on with every run
        while (true)
        {
            TimeRun = before + Stopwatch.GetElapsedTime(began);
            DoPosted();
            _screen.Tick();
            if (_isPaused && !_stop && !cancellation.IsCancellationRequested && (_spec.MaxTime is not { } most || TimeRun < most))
            {
                StandStill();
                continue;
            }

            GoOn();

            Board.RunDue();
            if (IsOpenForInput())
            {
                Deliver();
            }

            if (_log.Failure is { } failure)
            {
                return new MachineExit(MachineExitKind.LogFailed, Report: failure);
            }

            if (_log.Replay?.DueEnd(Instant) is { } recorded)
            {
                return _log.EndAsRecorded(Instant, recorded, hash);
            }

            if (EndFromOutside(hash, cancellation) is { } outside)
            {
                return _log.End(Instant, outside, fromOutside: true, hash);
            }

            BoardRequests requests = Board.TakeRequests();
            if ((requests & BoardRequests.Reset) != 0 && (requests & (BoardRequests.Exit | BoardRequests.PowerOff)) == 0)
            {
                _resets++;
                restart();
                continue;
            }

            MachineExit? end = (requests & BoardRequests.Exit) != 0 ? new MachineExit(MachineExitKind.GuestExit, Board.ExitCode)
                : (requests & BoardRequests.PowerOff) != 0 ? new MachineExit(MachineExitKind.PowerOff)
                : RunSlice();
            if (end is not null)
            {
                return _log.End(Instant, end, fromOutside: false, hash);
            }
        }
    }

    private void DoPosted()
    {
        while (_posted.TryDequeue(out Action? action))
        {
            action();
        }
    }

    private void StandStill()
    {
        if (!_isStill)
        {
            _isStill = true;
            _hardware.Time.Pause();
        }

        _ = _wake.Take(_screen.IsWatched ? ScreenPump.LongestSleepNs : LongestSleepNs);
    }

    private void GoOn()
    {
        if (_isStill)
        {
            _isStill = false;
            _hardware.Time.Resume();
        }
    }

    // Null: run on.
    private MachineExit? RunSlice()
    {
        StopReason reason = _spec.Deterministic ? RunDeterministic() : RunRealTime();
        if (reason == StopReason.Shutdown && (Board.Requests & BoardRequests.Reset) == 0)
        {
            return new MachineExit(MachineExitKind.Crash, Report: "the guest's CPU shut down (triple fault)\n" + Cpus.Describe(all: false));
        }

        return reason == StopReason.Halt && Board.Requests == BoardRequests.None ? SleepUntilNextEvent() : null;
    }

    // Looked at where timers have fired and input is in, so that a replay can end at the very same state.
    private MachineExit? EndFromOutside(Func<string> hash, CancellationToken cancellation)
    {
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

        if (StopAt is { } stopAt && Cpus.RetiredInstructions >= stopAt)
        {
            StopAt = null;
            return new MachineExit(MachineExitKind.InstructionReached);
        }

        if (_spec.HashAt is { } at && !_isHashed && Cpus.RetiredInstructions >= at)
        {
            _isHashed = true;
            return new MachineExit(MachineExitKind.HashReached, Report: hash());
        }

        return null;
    }

    // What came just before a reset would be lost. In deterministic mode timers come first, however often this instant is looked at.
    private bool IsOpenForInput() => Board.Requests == BoardRequests.None && (!_spec.Deterministic || Board.Clock.NextDue > Board.Clock.Now);

    private void Deliver()
    {
        if (_log.Replay is { } replay)
        {
            replay.Deliver(Instant);
            return;
        }

        for (int port = 0; port < _inputs.Count; port++)
        {
            _inputs[port].Deliver(_logged[port]);
        }

        ulong retired = Cpus.RetiredInstructions;
        for (int port = 0; port < _scripts.Length; port++)
        {
            if (_scripts[port].IsPending(retired))
            {
                _scripts[port].Offer(retired, Cpus.AreHalted(), _logged[port]);
            }
        }

        if (_log.Record is { } record)
        {
            Mark(record);
        }
    }

    // Without a mark now and then the log of a recorder that is killed would end with the last key, before what the guest answered.
    private void Mark(ReplayLogWriter record)
    {
        if (Environment.TickCount64 >= _nextMark && Instant is var now && now != _marked)
        {
            _nextMark = Environment.TickCount64 + MarkEveryMs;
            _marked = now;
            record.Mark(now);
        }
    }

    private StopReason RunDeterministic()
    {
        ulong retired = Cpus.RetiredInstructions;
        ulong most = LongestDeterministicSlice;
        foreach (IOutsideInput input in _inputs)
        {
            most = input.HasWaiting ? DeterministicSliceWithInput : most;
        }

        foreach (InputScript script in _scripts)
        {
            most = Math.Min(most, script.InstructionsUntilNext(retired));
        }

        if (_spec.HashAt is { } at && !_isHashed)
        {
            most = Math.Min(most, at - retired);
        }

        if (_log.Replay is { } replay)
        {
            // Where several processors share the time, the count alone tells how far it is.
            most = Math.Min(most, Math.Min(replay.InstructionsUntilNext(retired), Board.Clock.Source.InstructionsUntil(replay.NextTime)));
        }

        return Cpus.Run(UpToStop(most));
    }

    private ulong UpToStop(ulong slice) => StopAt is { } at ? Math.Min(slice, at - Cpus.RetiredInstructions) : slice;

    // The rate of the last slices tells how many instructions fit until the next timer.
    private StopReason RunRealTime()
    {
        long room = Math.Clamp(Board.Clock.NextDue - Board.Clock.Now, 0, LongestSliceNs);
        ulong slice = Math.Max(ShortestSlice, (ulong)(room * _instructionsPerNs));
        ulong retired = Cpus.RetiredInstructions;
        long began = Stopwatch.GetTimestamp();
        StopReason reason = Cpus.Run(UpToStop(slice));
        ulong ran = Cpus.RetiredInstructions - retired;
        double ns = Stopwatch.GetElapsedTime(began).Ticks * 100.0;
        if (ran >= ShortestSlice && ns > 0)
        {
            _instructionsPerNs = Math.Clamp((_instructionsPerNs * 0.75) + (ran / ns * 0.25), 0.001, 20);
        }

        return reason;
    }

    // Halted: nothing on this thread can wake a processor now, only a timer or an input.
    private MachineExit? SleepUntilNextEvent()
    {
        foreach (IOutsideInput input in _inputs)
        {
            if (input.CanDeliver)
            {
                return null;
            }
        }

        return _spec.Deterministic ? SleepDeterministic() : SleepRealTime();
    }

    private MachineExit? SleepDeterministic()
    {
        ulong retired = Cpus.RetiredInstructions;
        GuestTime now = Board.Clock.Now;
        GuestTime due = Board.Clock.NextDue;
        if (due <= now || Array.Exists(_scripts, script => script.CanGive(retired)))
        {
            return null;
        }

        if (!Cpus.AreWakeable())
        {
            return new MachineExit(MachineExitKind.Stopped, Report: $"the guest halted with interrupts off after {retired} instructions");
        }

        if (_log.Replay is { } replay)
        {
            if (replay.IsDue(Instant))
            {
                return null;
            }

            due = replay.NextTime < due ? replay.NextTime : due;
            if (due <= now || due == GuestTime.Never)
            {
                replay.Stuck(Instant);
            }

            Board.Clock.Source.SkipTo(due);
        }
        else if (_isPaced)
        {
            SleepPaced(now, due);
        }
        else if (!Board.SkipIdle() && !Array.Exists(_scripts, script => script.Hasten(retired)))
        {
            _ = _wake.Take(LongestSleepNs);
        }

        return null;
    }

    // In pieces, so that a stop or a time limit is seen. What came in between came at the instant at which the sleep ended.
    private void SleepPaced(GuestTime now, GuestTime due)
    {
        long gap = Math.Min(due - now, LongestSleepNs);
        long wait = _pacer.Wait(gap);
        long began = HostClock.MonotonicNanoseconds;
        bool isCutShort = wait > 0 && _wake.Take(wait);
        Board.Clock.Source.SkipTo(now + _pacer.Pass(gap, wait > 0 ? HostClock.MonotonicNanoseconds - began : 0, isCutShort));
    }

    private MachineExit? SleepRealTime()
    {
        GuestTime due = Board.Clock.NextDue;
        long ns = due == GuestTime.Never ? long.MaxValue : due - Board.Clock.Now;
        if (ns >= ShortestSleepNs)
        {
            _ = _wake.Take(Math.Min(ns, _screen.IsWatched ? ScreenPump.LongestSleepNs : LongestSleepNs));
        }
        else if (ns > 0)
        {
            Thread.SpinWait(SpinsPerLook);
        }

        return null;
    }
}
