using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Hpet.HpetRegisters;

namespace Doppel.Devices.Chipset.Hpet;

/// <summary>
/// The high precision event timer (IA-PC HPET specification 1.0a) at FED0_0000: a 64-bit counter of 100 MHz and three timers, each one-shot or periodic,
/// edge- or level-triggered, 32 or 64 bits. Timers go to lines 20 to 23 of the I/O APIC or, with legacy replacement, timer 0 to line 0 and timer 1
/// to line 8, while <see cref="LegacyRoute"/> mutes the chips that these lines belong to. An edge leaves the line high until the next one, because
/// controllers see edges only. One timer of the clock waits for the next match that interrupts.
/// Not modelled: front-side bus messages; accesses of less than 32 bits are read but not written.
/// </summary>
public sealed class HpetBlock : IDevice, IRegisterBlock
{
    /// <summary>Where it stands.</summary>
    public const ulong Address = 0xFED0_0000;

    /// <summary>Low half of its capabilities register: what the ACPI table calls the event timer block ID.</summary>
    public const uint BlockId = Identity;

    // Half of the counter's range in guest time: a span that is never reached.
    private const ulong FarTicks = long.MaxValue / (ulong)TickNanoseconds / 2;
    private const int TimerLine = 0;
    private const int ClockLine = 8;

    private readonly LegacyRoute _legacy;
    private readonly HpetTimer[] _timers = [new(), new(), new()];
    private readonly IInterruptLine?[] _legacyLines = new IInterruptLine?[TimerCount];
    private readonly IInterruptLine[] _routes = new IInterruptLine[TimerCount * RouteCount];
    private IGuestClock _clock = null!;
    private IMmioClaim _claim = null!;
    private ITimer _timer = null!;
    private byte _configuration;
    private byte _status;
    private byte _edges;
    private ulong _counter;
    private GuestTime _seen;

    /// <summary>Creates the timers; <paramref name="legacy"/> is the switch that the interval timer and the real-time clock were given too.</summary>
    public HpetBlock(LegacyRoute legacy) => _legacy = legacy;

    /// <inheritdoc/>
    public string Name => "hpet";

    private bool IsRunning => (_configuration & Enable) != 0;

    // Both bits are needed (2.3.5).
    private bool IsLegacy => (_configuration & (Enable | LegacyReplacement)) == (Enable | LegacyReplacement);

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _claim = slot.ClaimMmio("hpet", LengthBytes, this, AccessSize.Qword);
        _timer = slot.Clock.NewTimer("hpet", Fired);
        _legacyLines[0] = slot.Line(TimerLine);
        _legacyLines[1] = slot.Line(ClockLine);
        for (int i = 0; i < _routes.Length; i++)
        {
            _routes[i] = slot.Line(FirstRoute + (i % RouteCount));
        }
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _claim.Map(new Gpa(Address));
        foreach (HpetTimer timer in _timers)
        {
            timer.Reset();
        }

        _configuration = 0;
        _status = 0;
        _edges = 0;
        _counter = 0;
        _seen = _clock.Now;
        Follow();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        Look();
        bool answers = TryRead64(offset & ~7U, out ulong register);
        value = (register >> ((int)(offset & 7) * 8)) & Width(size);
        Follow();
        return answers;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (size < AccessSize.Dword)
        {
            return false;
        }

        Look();
        int shift = (int)(offset & 7) * 8;
        bool answers = TryWrite64(offset & ~7U, value << shift, Width(size) << shift);
        Follow();
        return answers;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("configuration", (ulong)_configuration);
        to.Write("status", (ulong)_status);
        to.Write("edges", (ulong)_edges);
        to.Write("counter", _counter);
        to.Write("seen", _seen.Nanoseconds);
        foreach (HpetTimer timer in _timers)
        {
            timer.Save(to);
        }

        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _configuration = (byte)from.ReadUnsigned("configuration", Enable | LegacyReplacement);
        _status = (byte)from.ReadUnsigned("status", (1 << TimerCount) - 1);
        _edges = (byte)from.ReadUnsigned("edges", (1 << TimerCount) - 1);
        _counter = from.ReadUnsigned("counter");
        _seen = new GuestTime(from.ReadSigned("seen", 0));
        foreach (HpetTimer timer in _timers)
        {
            timer.Restore(from);
        }

        from.End();
        Follow();
    }

    private static ulong Width(AccessSize size) => size.AllOnes();

    private bool TryRead64(uint offset, out ulong value)
    {
        switch (offset)
        {
            case Capabilities:
                value = ((ulong)PeriodFemtoseconds << 32) | Identity;
                return true;
            case Configuration:
                value = _configuration;
                return true;
            case InterruptStatus:
                value = _status;
                return true;
            case Counter:
                value = _counter;
                return true;
            default:
                HpetTimer? timer = TimerAt(offset, out uint register);
                value = register == 0 && timer is not null ? ((ulong)RouteCapabilities << 32) | timer.Configuration
                    : register == Comparator && timer is not null ? timer.Comparator
                    : 0;
                return true; // reserved registers read as zero
        }
    }

    private bool TryWrite64(uint offset, ulong value, ulong mask)
    {
        switch (offset)
        {
            case Configuration:
                if ((mask & 1) != 0)
                {
                    _configuration = (byte)(value & (Enable | LegacyReplacement));
                }

                return true;
            case InterruptStatus:
                _status &= (byte)~value;
                return true;
            case Counter:
                if (!IsRunning)
                {
                    _counter = (_counter & ~mask) | (value & mask);
                }

                return true;
            default:
                HpetTimer? timer = TimerAt(offset, out uint register);
                if (timer is not null && register == 0 && (mask & 1) != 0)
                {
                    timer.WriteConfiguration((uint)value);
                }
                else if (timer is not null && register == Comparator)
                {
                    timer.WriteComparator(value, mask);
                }

                return timer is not null;
        }
    }

    private HpetTimer? TimerAt(uint offset, out uint register)
    {
        uint index = (offset - FirstTimer) / TimerStride;
        register = offset % TimerStride;
        return offset >= FirstTimer && index < TimerCount ? _timers[index] : null;
    }

    // Brings the counter up to now. Its edges are numbered from guest time zero, so that no remainder is lost between looks.
    private void Look()
    {
        GuestTime now = _clock.Now;
        long ticks = (now.Nanoseconds / TickNanoseconds) - (_seen.Nanoseconds / TickNanoseconds);
        _seen = now;
        if (!IsRunning || ticks <= 0)
        {
            return;
        }

        for (int i = 0; i < TimerCount; i++)
        {
            if (_timers[i].Pass(_counter, (ulong)ticks))
            {
                Match(i);
            }
        }

        _counter = unchecked(_counter + (ulong)ticks);
    }

    private void Match(int index)
    {
        HpetTimer timer = _timers[index];
        if (timer.IsLevel)
        {
            _status |= (byte)(1 << index);
        }
        else if (timer.Interrupts && LineOf(index) is { } line)
        {
            _edges |= (byte)(1 << index);
            line.Set(false);
            line.Set(true);
        }
    }

    private IInterruptLine? LineOf(int index) => IsLegacy && _legacyLines[index] is { } legacy ? legacy
        : _timers[index].Line == 0 ? null
        : _routes[(index * RouteCount) + _timers[index].Line - FirstRoute];

    private void Fired()
    {
        Look();
        Follow();
    }

    // Shows the timers on their lines and waits for the next match that interrupts.
    private void Follow()
    {
        _legacy.Take(IsLegacy);
        ulong next = FarTicks;
        for (int i = 0; i < TimerCount; i++)
        {
            HpetTimer timer = _timers[i];
            bool live = IsRunning && timer.Interrupts;
            _edges &= (byte)(live && !timer.IsLevel ? 0xFF : ~(1 << i));
            IInterruptLine? line = LineOf(i);
            foreach (IInterruptLine other in _routes.AsSpan(i * RouteCount, RouteCount))
            {
                Release(other, line);
            }

            Release(_legacyLines[i], line);
            line?.Set(live && ((timer.IsLevel ? _status : _edges) & (1 << i)) != 0);
            next = live && line is not null && !(timer.IsLevel && (_status & (1 << i)) != 0) ? Math.Min(next, timer.TicksToMatch(_counter)) : next;
        }

        long edge = (_seen.Nanoseconds / TickNanoseconds) + (long)next;
        if (next == FarTicks || edge >= long.MaxValue / TickNanoseconds)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(new GuestTime(edge * TickNanoseconds));
        }
    }

    private static void Release(IInterruptLine? other, IInterruptLine? line)
    {
        if (!ReferenceEquals(other, line))
        {
            other?.Set(false);
        }
    }
}
