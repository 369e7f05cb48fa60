using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Hpet.HpetRegisters;

namespace Doppel.Devices.Chipset.Hpet;

/// <summary>
/// One timer: configuration and comparator (IA-PC HPET specification 1.0a, 2.3.8 and 2.3.9). Callers pass values of the main counter; matches of a span are
/// worked out at once, so that a periodic timer that fell behind interrupts once and keeps its phase.
/// </summary>
internal sealed class HpetTimer
{
    private uint _configuration;
    private ulong _comparator = ulong.MaxValue;
    private ulong _period;

    /// <summary>Low half of the configuration register.</summary>
    public uint Configuration => _configuration | TimerCapabilities;

    /// <summary>Comparator as the guest reads it.</summary>
    public ulong Comparator => _comparator & Mask;

    /// <summary>Whether the interrupt stays until its status bit is cleared.</summary>
    public bool IsLevel => (_configuration & Level) != 0;

    /// <summary>Whether matches interrupt.</summary>
    public bool Interrupts => (_configuration & InterruptEnable) != 0;

    /// <summary>The line it is routed to: one of those it can have, or 0 for none.</summary>
    public int Line => (int)((_configuration & Route) >> RouteShift);

    private ulong Mask => (_configuration & Mode32) != 0 ? uint.MaxValue : ulong.MaxValue;

    private bool IsPeriodic => (_configuration & Periodic) != 0;

    /// <summary>Reset state: off, comparator at its end.</summary>
    public void Reset()
    {
        _configuration = 0;
        _comparator = ulong.MaxValue;
        _period = 0;
    }

    /// <summary>Writes the low half of the configuration. A route that the timer cannot have is not taken, as guests look for.</summary>
    public void WriteConfiguration(uint value)
    {
        uint route = value & Route;
        int line = (int)(route >> RouteShift);
        bool takes = line is >= FirstRoute and < FirstRoute + RouteCount;
        _configuration = (value & TimerWritable) | (takes ? route : _configuration & Route);
        if ((value & Mode32) != 0)
        {
            _comparator = (uint)_comparator;
            _period = (uint)_period;
        }
    }

    /// <summary>Writes those bits of the comparator that <paramref name="mask"/> has.</summary>
    public void WriteComparator(ulong value, ulong mask)
    {
        if (IsPeriodic)
        {
            _period = ((_period & ~mask) | (value & mask)) & Mask;
        }

        if (!IsPeriodic || (_configuration & SetValue) != 0)
        {
            _comparator = ((_comparator & ~mask) | (value & mask)) & Mask;
            _configuration &= ~SetValue;
        }
    }

    /// <summary>Ticks from <paramref name="counter"/> to the next match, 1 or more; <see cref="ulong.MaxValue"/> also stands for farther than can be told.</summary>
    public ulong TicksToMatch(ulong counter)
    {
        ulong distance = (_comparator - counter) & Mask;
        return distance != 0 ? distance : Mask == ulong.MaxValue ? ulong.MaxValue : Mask + 1;
    }

    /// <summary>The counter went on from <paramref name="from"/> by <paramref name="ticks"/>. True: it matched on the way.</summary>
    public bool Pass(ulong from, ulong ticks)
    {
        ulong distance = TicksToMatch(from);
        if (distance > ticks)
        {
            return false;
        }

        if (IsPeriodic && _period != 0)
        {
            // With a span of less than a quarter of the 64 bits the sum of whole periods cannot overflow.
            ulong periods = ((ticks - distance) / _period) + 1;
            _comparator = unchecked(_comparator + (periods * _period)) & Mask;
        }

        return true;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("timer", 1);
        to.Write("configuration", (ulong)_configuration);
        to.Write("comparator", _comparator);
        to.Write("period", _period);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("timer", 1);
        uint configuration = (uint)from.ReadUnsigned("configuration", TimerWritable | Route);
        _configuration = configuration & (TimerWritable | Route);
        _comparator = from.ReadUnsigned("comparator");
        _period = from.ReadUnsigned("period");
        from.End();
        if (Line is not 0 and (< FirstRoute or >= FirstRoute + RouteCount))
        {
            throw new StateFormatException("hpet: a timer routed to a line that it cannot have");
        }

        _comparator = Math.Min(_comparator, Mask);
        _period = Math.Min(_period, Mask);
    }
}
