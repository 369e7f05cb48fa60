using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>
/// The clock's divider chain as arithmetic: guest nanoseconds plus a phase give whole seconds and periodic ticks; a second count plus an
/// offset gives the calendar. Nothing is stepped.
/// </summary>
internal sealed class RtcTimeBase
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long Second = 1_000_000_000;

    // Sums of both with a guest time stay far from overflow.
    private const long LargestOffset = 1L << 48;
    private long _phase;
    private long _calendarOffset;
    private int _weekdayOffset;

    /// <summary>Starts the calendar at <paramref name="epochNanoseconds"/> since 1970 for guest time 0.</summary>
    public void Reset(long epochNanoseconds)
    {
        long seconds = Math.DivRem(epochNanoseconds, Second, out long rest);
        _calendarOffset = rest < 0 ? seconds - 1 : seconds;
        _phase = rest < 0 ? rest + Second : rest;
        _weekdayOffset = 0;
    }

    /// <summary>Number of the second that <paramref name="now"/> lies in.</summary>
    public long SecondIndex(GuestTime now) => Chain(now) / Second;

    /// <summary>Nanoseconds until the next second begins, 1 to 1,000,000,000.</summary>
    public long UntilNextSecond(GuestTime now) => Second - (Chain(now) % Second);

    /// <summary>Guest time at which second <paramref name="index"/> begins.</summary>
    public GuestTime StartOf(long index) => index > (long.MaxValue / Second) - 1 ? GuestTime.Never : new GuestTime((index * Second) - _phase);

    /// <summary>Seconds since 1970 shown during second <paramref name="index"/>.</summary>
    public long Calendar(long index) => index + _calendarOffset;

    /// <summary>Day of the week shown, 1 to 7.</summary>
    public int Weekday(long index) => ((CalendarTime.WeekdayOf(Calendar(index)) + _weekdayOffset) % 7) + 1;

    /// <summary>Number of the period at <paramref name="rate"/> that <paramref name="now"/> lies in.</summary>
    public long PeriodIndex(GuestTime now, ClockRate rate) => rate.TicksAt(new GuestTime(Chain(now)));

    /// <summary>Guest time at which period <paramref name="index"/> begins.</summary>
    public GuestTime StartOfPeriod(long index, ClockRate rate)
    {
        GuestTime chain = rate.TimeOf(index);
        return chain == GuestTime.Never ? chain : new GuestTime(chain.Nanoseconds - _phase);
    }

    /// <summary>Makes the present second show <paramref name="calendar"/> and day of the week <paramref name="weekday"/>.</summary>
    public void SetCalendar(GuestTime now, long calendar, int weekday)
    {
        _calendarOffset = calendar - SecondIndex(now);
        _weekdayOffset = (((weekday - 1 - CalendarTime.WeekdayOf(calendar)) % 7) + 7) % 7;
    }

    /// <summary>The divider leaves reset: the first update comes half a second later (data sheet, "Divider control").</summary>
    public void RestartDivider(GuestTime now) => _phase = (((Second / 2) - (now.Nanoseconds % Second)) + Second) % Second;

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("phase", _phase);
        to.Write("calendarOffset", _calendarOffset);
        to.Write("weekdayOffset", (ulong)_weekdayOffset);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _phase = from.ReadSigned("phase", 0, Second - 1);
        _calendarOffset = from.ReadSigned("calendarOffset", -LargestOffset, LargestOffset);
        _weekdayOffset = (int)from.ReadUnsigned("weekdayOffset", 6);
    }

    private long Chain(GuestTime now) => now.Nanoseconds > long.MaxValue - Second ? long.MaxValue : now.Nanoseconds + _phase;
}
