using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>
/// The local APIC's timer (Intel SDM vol. 3A 11.5.4): one-shot, periodic and TSC-deadline. Its input clock has 1 GHz, so a
/// count is <c>divide</c> nanoseconds. Counts are computed when read. While masked no timer is armed; periods
/// shorter than a microsecond fire at most once in a microsecond, as their interrupts would only merge.
/// </summary>
internal sealed class ApicTimer
{
    private const long ShortestNs = 1000;

    private readonly IGuestClock _clock;
    private readonly ITimer _timer;
    private readonly Action _fired;
    private readonly ulong _timestampHertz;
    private uint _initial;
    private uint _divideConfiguration;
    private long _startNs;
    private int _mode;
    private bool _masked = true;
    private ulong _deadline;

    public ApicTimer(IGuestClock clock, string name, ulong timestampHertz, Action fired)
    {
        _clock = clock;
        _timestampHertz = timestampHertz;
        _fired = fired;
        _timer = clock.NewTimer(name, Fire);
    }

    public uint InitialCount => _initial;

    public uint DivideConfiguration => _divideConfiguration;

    /// <summary>IA32_TSC_DEADLINE; 0 while disarmed.</summary>
    public ulong Deadline => _deadline;

    public uint CurrentCount
    {
        get
        {
            if (_initial == 0 || _mode == 2)
            {
                return 0;
            }

            ulong counts = (ulong)Math.Max(0, _clock.Now.Nanoseconds - _startNs) / Divide;
            return _mode == 1 ? _initial - (uint)(counts % _initial)
                : counts >= _initial ? 0 : _initial - (uint)counts;
        }
    }

    // Divide configuration bits 3, 1, 0: 000 is 2, ... 110 is 128, 111 is 1.
    private ulong Divide => 1UL << (int)(((((_divideConfiguration >> 1) & 4) | (_divideConfiguration & 3)) + 1) & 7);

    public void Reset()
    {
        _initial = 0;
        _divideConfiguration = 0;
        _startNs = 0;
        _mode = 0;
        _masked = true;
        _deadline = 0;
        _timer.Cancel();
    }

    /// <summary>Takes over mode and mask of the vector table's entry.</summary>
    public void SetLvt(uint lvt)
    {
        int mode = (int)(lvt >> 17) & 3;
        if ((mode == 2) != (_mode == 2))
        {
            _deadline = 0;
            _initial = 0;
        }

        _mode = mode;
        _masked = (lvt & Lvt.Masked) != 0;
        Plan();
    }

    public void WriteInitialCount(uint value)
    {
        if (_mode != 2)
        {
            _initial = value;
            _startNs = _clock.Now.Nanoseconds;
            Plan();
        }
    }

    /// <summary>The count goes on from where it is, at the new rate.</summary>
    public void WriteDivide(uint value)
    {
        uint current = CurrentCount;
        _divideConfiguration = value & 0xB;
        _startNs = _clock.Now.Nanoseconds - (long)((_initial - current) * Divide);
        Plan();
    }

    /// <summary>Deadline in ticks of the board's time-stamp counter; 0 disarms. Ignored in other modes.</summary>
    public void WriteDeadline(ulong value)
    {
        if (_mode == 2)
        {
            _deadline = value;
            Plan();
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("timer-initial", (ulong)_initial);
        to.Write("timer-divide", (ulong)_divideConfiguration);
        to.Write("timer-start", _startNs);
        to.Write("timer-deadline", _deadline);
        to.Write("timer-due", _timer.Due.Nanoseconds);
    }

    public void Restore(IStateReader from, uint lvt)
    {
        _initial = (uint)from.ReadUnsigned("timer-initial", uint.MaxValue);
        _divideConfiguration = (uint)from.ReadUnsigned("timer-divide", 0xF) & 0xB;
        _startNs = from.ReadSigned("timer-start", -(1L << 40), long.MaxValue / 2);
        _deadline = from.ReadUnsigned("timer-deadline");
        GuestTime due = new(from.ReadSigned("timer-due", 0));
        _mode = (int)(lvt >> 17) & 3;
        _masked = (lvt & Lvt.Masked) != 0;
        _timer.Arm(due);
    }

    // When the next interrupt comes, or Never. A due time that has passed but has not fired yet stays armed.
    private void Plan()
    {
        GuestTime due = GuestTime.Never;
        if (_mode == 2)
        {
            due = _masked || _deadline == 0 ? GuestTime.Never : DeadlineTime();
        }
        else if (!_masked && _initial != 0 && _mode <= 1)
        {
            long period = (long)(_initial * Divide);
            long now = _clock.Now.Nanoseconds;
            long elapsed = Math.Max(0, now - _startNs);
            long first = _startNs + period;
            if (first > now || _timer.Due.Nanoseconds <= now)
            {
                due = new GuestTime(first);
            }
            else if (_mode == 1)
            {
                due = new GuestTime(_startNs + (((elapsed / period) + 1) * period));
                due = due - new GuestTime(now) < ShortestNs && period < ShortestNs ? new GuestTime(now) + ShortestNs : due;
            }
        }

        _timer.Arm(due);
    }

    private GuestTime DeadlineTime()
    {
        UInt128 ns = (((UInt128)_deadline * 1_000_000_000) + (_timestampHertz - 1)) / _timestampHertz;
        return ns >= long.MaxValue ? GuestTime.Never : new GuestTime((long)ns);
    }

    private void Fire()
    {
        if (_mode == 2)
        {
            _deadline = 0;
        }

        Plan();
        _fired();
    }
}
