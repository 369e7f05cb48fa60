using System;
using System.Collections.Generic;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>Guest time and the one queue of timers in it. Machine's thread only.</summary>
public sealed class GuestClock : IGuestClock
{
    // A timer that always re-arms itself for the past must not hold the processor up for ever.
    private const int MostFiringsAtOnce = 4096;

    private readonly TimeSource _source;
    private readonly EventQueue _queue = new();
    private readonly List<BoardTimer> _timers = [];
    private readonly HashSet<string> _names = [];

    /// <summary>A clock on <paramref name="source"/>; <paramref name="epochNanoseconds"/> is UTC since 1970 at guest time zero.</summary>
    public GuestClock(TimeSource source, long epochNanoseconds)
    {
        _source = source;
        EpochNanoseconds = epochNanoseconds;
    }

    /// <inheritdoc/>
    public GuestTime Now => _source.Now;

    /// <inheritdoc/>
    public long EpochNanoseconds { get; private set; }

    /// <summary>Where the time comes from.</summary>
    public TimeSource Source => _source;

    /// <summary>When the next timer fires, or <see cref="GuestTime.Never"/>.</summary>
    public GuestTime NextDue => _queue.First?.Due ?? GuestTime.Never;

    /// <summary>Timers fired since the machine was made.</summary>
    public ulong Fired { get; private set; }

    /// <summary>Until when the processor was told to run. A timer armed for earlier raises <see cref="DeadlineMoved"/>.</summary>
    public GuestTime PlannedUntil { get; set; } = GuestTime.Never;

    /// <summary>Called when a timer comes before <see cref="PlannedUntil"/>: the processor must stop and be given a new plan.</summary>
    public Action? DeadlineMoved { get; set; }

    /// <inheritdoc/>
    public ITimer NewTimer(string name, Action fired)
    {
        if (!_names.Add(name))
        {
            throw new InvalidOperationException("two timers are named " + name);
        }

        BoardTimer timer = _queue.Register(this, name, fired);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>
    /// Fires every timer that is due at this instant, in order. A storm is cut after 4,096 firings: the rest stays due.
    /// </summary>
    /// <returns>How many fired.</returns>
    public int RunDue()
    {
        int fired = 0;
        if (_queue.First is null)
        {
            return 0;
        }

        GuestTime now = Now;
        while (fired < MostFiringsAtOnce && _queue.First is { } first && first.Due <= now)
        {
            _source.Hold();
            first.Fire();
            _source.Release();
            fired++;
        }

        Fired += (ulong)fired;
        return fired;
    }

    /// <summary>Skips idle time to the next timer, where time can be skipped. False: no timer waits.</summary>
    public bool SkipToNextDue()
    {
        GuestTime due = NextDue;
        if (due == GuestTime.Never)
        {
            return false;
        }

        _source.SkipTo(due);
        return true;
    }

    /// <summary>Writes instant, epoch and the names of all timers; due times belong to the records of their devices.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("clock", 1);
        to.Write("now", Now.Nanoseconds);
        to.Write("epoch", EpochNanoseconds);
        to.Write("timers", (ulong)_timers.Count);
        foreach (BoardTimer timer in _timers)
        {
            to.Write("timer", System.Text.Encoding.UTF8.GetBytes(timer.Name));
        }

        to.End();
    }

    /// <summary>Reads it back. Processors must have been restored before (their instruction count is time), devices come after.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("clock", 1);
        GuestTime now = new(from.ReadSigned("now", 0, long.MaxValue / 2));
        long epoch = from.ReadSigned("epoch");
        if (from.ReadUnsigned("timers", int.MaxValue) != (ulong)_timers.Count)
        {
            throw new StateFormatException("clock.timers: this machine has " + _timers.Count);
        }

        foreach (BoardTimer timer in _timers)
        {
            string name = System.Text.Encoding.UTF8.GetString(from.ReadBytes("timer", 256));
            if (name != timer.Name)
            {
                throw new StateFormatException("clock.timer: " + name + " where this machine has " + timer.Name);
            }
        }

        from.End();
        foreach (BoardTimer timer in _timers)
        {
            timer.Cancel();
        }

        EpochNanoseconds = epoch;
        _source.ContinueFrom(now);
    }

    internal void Armed(BoardTimer timer)
    {
        _queue.Put(timer);
        if (timer.Due < PlannedUntil)
        {
            PlannedUntil = timer.Due;
            DeadlineMoved?.Invoke();
        }
    }

    internal void Cancelled(BoardTimer timer) => _queue.Remove(timer);
}
