using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.Rtc.RtcMc146818Registers;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>
/// The MC146818 with 128 bytes (Motorola data sheet). Time registers are computed when read; flags of register C are worked out for the
/// span since they were last looked at. While the guest sets the time (SET, or divider in reset) the registers hold what it writes.
/// Not modelled: daylight saving (DSE), square wave output, dividers for crystals other than 32,768 Hz.
/// </summary>
internal sealed class RtcMc146818
{
    private readonly RtcTimeBase _time = new();
    private readonly byte[] _cmos = new byte[128];
    private GuestTime _seen;

    /// <summary>Level of the interrupt request.</summary>
    public bool Interrupt => (_cmos[C] & _cmos[B] & InterruptEnables) != 0;

    private RtcFormat Format => new(_cmos[B]);

    private bool DividerInReset => (_cmos[A] & 0x60) == 0x60;

    private bool IsFrozen => DividerInReset || (_cmos[B] & Set) != 0;

    // Rates 1 and 2 repeat 8 and 9 with this crystal (data sheet table 5).
    private ClockRate PeriodicRate => new((_cmos[A] & 15) switch
    {
        0 => 0u,
        1 => 256,
        2 => 128,
        int rate => 32_768u >> (rate - 1),
    });

    /// <summary>Power-on: time from <paramref name="epochNanoseconds"/>, RAM from <paramref name="options"/>.</summary>
    public void PowerOn(long epochNanoseconds, CmosOptions options, GuestTime now)
    {
        Array.Clear(_cmos);
        _time.Reset(epochNanoseconds);
        _cmos[A] = DefaultA;
        _cmos[B] = TwentyFourHours;
        options.Fill(_cmos);
        _seen = now;
    }

    /// <summary>The RESET pin: interrupts off, time and RAM stay.</summary>
    public void Reset(GuestTime now)
    {
        Look(now);
        _cmos[B] &= unchecked((byte)~(InterruptEnables | SquareWave));
        _cmos[C] = 0;
    }

    /// <summary>Reads the byte at <paramref name="address"/>, 0 to 127.</summary>
    public byte Read(int address, GuestTime now)
    {
        switch (address)
        {
            case A:
                bool updating = !IsFrozen && _time.UntilNextSecond(now) <= UpdateNanoseconds;
                return (byte)(_cmos[A] | (updating ? UpdateInProgress : 0));
            case C:
                Look(now);
                byte flags = (byte)(_cmos[C] | (Interrupt ? Request : 0));
                _cmos[C] = 0;
                return flags;
            case D:
                return Valid;
            default:
                if (IsTime(address) && !IsFrozen)
                {
                    StoreTime(now);
                }

                return _cmos[address];
        }
    }

    /// <summary>Writes the byte at <paramref name="address"/>, 0 to 127.</summary>
    public void Write(int address, byte value, GuestTime now)
    {
        Look(now);
        switch (address)
        {
            case A:
                Change(A, (byte)(value & 0x7F), now);
                break;
            case B:
                // SET clears the update-ended enable (data sheet, register B).
                Change(B, (byte)((value & Set) != 0 ? value & ~UpdateEnded : value), now);
                break;
            case C or D:
                break;
            default:
                WriteByte(address, value, now);
                break;
        }
    }

    /// <summary>Sets the flags of everything that happened since the last look.</summary>
    public void Look(GuestTime now)
    {
        if (now <= _seen)
        {
            return;
        }

        _cmos[C] |= FlagsBetween(_seen, now);
        _seen = now;
    }

    /// <summary>The next instant at which an enabled interrupt raises the line; <see cref="GuestTime.Never"/> when none can or it is high.</summary>
    public GuestTime NextInterrupt(GuestTime now)
    {
        byte enabled = _cmos[B];
        GuestTime next = GuestTime.Never;
        if (Interrupt)
        {
            return next;
        }

        ClockRate rate = PeriodicRate;
        if ((enabled & Periodic) != 0 && rate.Hertz != 0 && !DividerInReset)
        {
            next = _time.StartOfPeriod(_time.PeriodIndex(now, rate) + 1, rate);
        }

        if (IsFrozen)
        {
            return next;
        }

        long second = _time.SecondIndex(now);
        if ((enabled & UpdateEnded) != 0)
        {
            next = Earlier(next, _time.StartOf(second + 1));
        }
        else if ((enabled & Alarm) != 0)
        {
            int ahead = Format.UntilAlarm(_cmos, SecondOfDay(second));
            next = ahead == 0 ? next : Earlier(next, _time.StartOf(second + ahead));
        }

        return next;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        _time.Save(to);
        to.Write("cmos", _cmos);
        to.Write("seen", _seen.Nanoseconds);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _time.Restore(from);
        from.ReadBytes("cmos", _cmos);
        _cmos[A] &= 0x7F;
        _cmos[C] &= InterruptEnables;
        _seen = new GuestTime(from.ReadSigned("seen", 0));
    }

    private static GuestTime Earlier(GuestTime left, GuestTime right) => left < right ? left : right;

    private static bool IsTime(int address) => address is Seconds or Minutes or Hours or Weekday or Day or Month or Year or Century;

    private byte FlagsBetween(GuestTime from, GuestTime to)
    {
        int flags = 0;
        ClockRate rate = PeriodicRate;
        if (rate.Hertz != 0 && !DividerInReset && _time.PeriodIndex(to, rate) != _time.PeriodIndex(from, rate))
        {
            flags |= Periodic;
        }

        long first = _time.SecondIndex(from);
        long last = _time.SecondIndex(to);
        if (!IsFrozen && first != last)
        {
            int ahead = Format.UntilAlarm(_cmos, SecondOfDay(first));
            flags |= UpdateEnded | (ahead != 0 && ahead <= last - first ? Alarm : 0);
        }

        return (byte)flags;
    }

    private int SecondOfDay(long index)
    {
        long second = _time.Calendar(index) % CalendarTime.SecondsPerDay;
        return (int)(second < 0 ? second + CalendarTime.SecondsPerDay : second);
    }

    private void StoreTime(GuestTime now)
    {
        long second = _time.SecondIndex(now);
        Format.Store(CalendarTime.FromSeconds(_time.Calendar(second)), _time.Weekday(second), _cmos);
    }

    private void LoadTime(GuestTime now) => _time.SetCalendar(now, Format.Load(_cmos).ToSeconds(), Format.Decode(_cmos[Weekday]));

    private void WriteByte(int address, byte value, GuestTime now)
    {
        bool sets = IsTime(address) && !IsFrozen;
        if (sets)
        {
            StoreTime(now);
        }

        _cmos[address] = value;
        if (sets)
        {
            LoadTime(now);
        }
    }

    // Registers A and B start and stop the clock: it stops holding the present time, and goes on from what is held.
    private void Change(int register, byte value, GuestTime now)
    {
        bool wasFrozen = IsFrozen;
        bool wasInReset = DividerInReset;
        if (!wasFrozen)
        {
            StoreTime(now);
        }

        _cmos[register] = value;
        if (wasInReset && !DividerInReset)
        {
            long shown = _time.Calendar(_time.SecondIndex(now));
            _time.RestartDivider(now);
            _time.SetCalendar(now, shown, Format.Decode(_cmos[Weekday]));
        }

        if (wasFrozen && !IsFrozen)
        {
            LoadTime(now);
        }
    }
}
