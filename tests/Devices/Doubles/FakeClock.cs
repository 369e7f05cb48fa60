using System;
using System.Collections.Generic;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>Guest time under the test's hand: moves only by <see cref="Advance"/>, firing timers in order of due time.</summary>
internal sealed class FakeClock : IGuestClock
{
    private readonly List<FakeTimer> _timers = [];
    private GuestTime _now = GuestTime.Zero;

    /// <summary>What passes between two looks at the time, as it does on a machine in real time.</summary>
    public long NanosecondsALook { get; set; }

    public GuestTime Now
    {
        get
        {
            GuestTime now = _now;
            _now = now + NanosecondsALook;
            return now;
        }

        set => _now = value;
    }

    public long EpochNanoseconds { get; set; } = 1_700_000_000L * 1_000_000_000;

    /// <summary>How many timers wait now.</summary>
    public int ArmedCount => _timers.FindAll(t => t.Due != GuestTime.Never).Count;

    /// <summary>How many times any timer has fired: the cost a device causes.</summary>
    public int FiredCount { get; private set; }

    public FakeTimer this[string name] => _timers.Find(t => t.Name == name) ?? throw new KeyNotFoundException(name);

    public ITimer NewTimer(string name, Action fired)
    {
        Assert.DoesNotContain(_timers, t => t.Name == name);
        FakeTimer timer = new(name, fired);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Lets <paramref name="nanoseconds"/> pass; a device that keeps firing without time passing fails the test.</summary>
    public void Advance(long nanoseconds)
    {
        GuestTime end = _now + nanoseconds;
        int stuck = 0;
        while (Next() is { } next && next.Due <= end)
        {
            stuck = next.Due > _now ? 0 : stuck + 1;
            Assert.True(stuck < 1000, "timer storm: " + next.Name);
            if (next.Due > _now)
            {
                _now = next.Due;
            }

            FiredCount++;
            next.Fire();
        }

        _now = end > _now ? end : _now;
    }

    private FakeTimer? Next()
    {
        FakeTimer? first = null;
        foreach (FakeTimer timer in _timers)
        {
            if (timer.Due != GuestTime.Never && (first is null || timer.Due < first.Due))
            {
                first = timer;
            }
        }

        return first;
    }
}

/// <summary>A timer of <see cref="FakeClock"/>.</summary>
internal sealed class FakeTimer(string name, Action fired) : ITimer
{
    public string Name { get; } = name;

    public GuestTime Due { get; private set; } = GuestTime.Never;

    public void Arm(GuestTime due) => Due = due;

    public void Cancel() => Due = GuestTime.Never;

    public void Fire()
    {
        Due = GuestTime.Never;
        fired();
    }
}
