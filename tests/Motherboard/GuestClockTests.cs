using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.Devices;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class GuestClockTests
{
    private ulong _retired;
    private long _host;

    [Fact]
    public void Deterministic_time_is_instructions_and_slept_time()
    {
        InstructionTime time = new(() => _retired, 3);
        _retired = 10;
        Assert.Equal(30, time.Now.Nanoseconds);
        Assert.Equal(4ul, time.InstructionsUntil(new GuestTime(40)));
        Assert.Equal(0ul, time.InstructionsUntil(new GuestTime(30)));
        time.SkipTo(new GuestTime(100));
        time.SkipTo(new GuestTime(50));
        time.SkipTo(GuestTime.Never);
        Assert.Equal(100, time.Now.Nanoseconds);
        time.ContinueFrom(new GuestTime(7));
        _retired++;
        Assert.Equal(10, time.Now.Nanoseconds);
    }

    [Fact]
    public void Held_time_is_one_instant_and_goes_on_behind_it()
    {
        MonotonicTime time = new(() => _host += 100);
        time.Hold();
        GuestTime seen = time.Now;
        Assert.Equal(seen, time.Now);
        time.Release();
        Assert.True(time.Now > seen);
        time.Hold();
        Assert.True(time.Now > seen);
    }

    [Fact]
    public void Real_time_never_goes_back_and_stops_while_paused()
    {
        _host = 1000;
        MonotonicTime time = new(() => _host);
        _host = 1500;
        Assert.Equal(500, time.Now.Nanoseconds);
        _host = 1400;
        Assert.Equal(500, time.Now.Nanoseconds);
        _host = 1600;
        time.Pause();
        _host = 9000;
        Assert.Equal(600, time.Now.Nanoseconds);
        time.Resume();
        _host = 9001;
        Assert.Equal(601, time.Now.Nanoseconds);
        Assert.Equal(ulong.MaxValue, time.InstructionsUntil(new GuestTime(1000)));
    }

    [Fact]
    public void Timers_fire_by_due_time_then_registration()
    {
        GuestClock clock = new(new InstructionTime(() => _retired), 0);
        List<string> fired = [];
        ITimer a = clock.NewTimer("a", () => fired.Add("a"));
        ITimer b = clock.NewTimer("b", () => fired.Add("b"));
        ITimer c = clock.NewTimer("c", () => fired.Add("c"));
        c.Arm(new GuestTime(5));
        b.Arm(new GuestTime(5));
        a.Arm(new GuestTime(6));
        Assert.Equal(0, clock.RunDue());
        _retired = 6;
        Assert.Equal(3, clock.RunDue());
        Assert.Equal("b c a", string.Join(' ', fired));
        Assert.Equal(GuestTime.Never, clock.NextDue);
        Assert.Equal(GuestTime.Never, a.Due);
        Assert.Throws<InvalidOperationException>(() => clock.NewTimer("a", () => { }));
    }

    [Fact]
    public void Heap_agrees_with_sorting()
    {
        GuestClock clock = new(new InstructionTime(() => _retired), 0);
        List<int> fired = [];
        ITimer[] timers = [.. Enumerable.Range(0, 100).Select(i => clock.NewTimer("t" + i, () => fired.Add(i)))];
        long[] due = new long[100];
        Random random = new(7);
        for (int i = 0; i < 5000; i++)
        {
            int n = random.Next(100);
            due[n] = random.Next(4) == 0 ? long.MaxValue : random.Next(1, 50);
            timers[n].Arm(new GuestTime(due[n]));
        }

        _retired = 100;
        clock.RunDue();
        Assert.Equal(Enumerable.Range(0, 100).Where(i => due[i] is > 0 and < long.MaxValue).OrderBy(i => due[i]).ThenBy(i => i), fired);
    }

    [Fact]
    public void Timer_storm_is_cut()
    {
        GuestClock clock = new(new InstructionTime(() => _retired), 0);
        ITimer? storm = null;
        storm = clock.NewTimer("storm", () => storm!.Arm(GuestTime.Zero));
        storm.Arm(GuestTime.Zero);
        Assert.Equal(4096, clock.RunDue());
        Assert.Equal(GuestTime.Zero, clock.NextDue);
    }

    [Fact]
    public void Earlier_deadline_is_announced_once()
    {
        int moved = 0;
        GuestClock clock = new(new InstructionTime(() => _retired), 0) { DeadlineMoved = () => moved++ };
        ITimer timer = clock.NewTimer("t", () => { });
        clock.PlannedUntil = new GuestTime(100);
        timer.Arm(new GuestTime(100));
        Assert.Equal(0, moved);
        timer.Arm(new GuestTime(50));
        timer.Arm(new GuestTime(60));
        Assert.Equal(1, moved);
    }

    [Fact]
    public void Restored_clock_continues_and_checks_its_timers()
    {
        GuestClock saved = new(new InstructionTime(() => _retired), 42);
        saved.NewTimer("a", () => { });
        _retired = 5;
        saved.Source.SkipTo(new GuestTime(1000));
        StateTape tape = new();
        saved.Save(tape);

        GuestClock restored = new(new InstructionTime(() => _retired), 0);
        restored.NewTimer("a", () => { }).Arm(new GuestTime(1));
        restored.Restore(tape.Rewind());
        Assert.Equal(1000, restored.Now.Nanoseconds);
        Assert.Equal(42, restored.EpochNanoseconds);
        Assert.Equal(GuestTime.Never, restored.NextDue);

        GuestClock other = new(new InstructionTime(() => _retired), 0);
        other.NewTimer("b", () => { });
        Assert.Throws<StateFormatException>(() => other.Restore(tape.Rewind()));
        GuestClock none = new(new InstructionTime(() => _retired), 0);
        Assert.Throws<StateFormatException>(() => none.Restore(tape.Rewind()));
    }
}
