using System;
using static Doppel.Devices.Chipset.Rtc.RtcMc146818Registers;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>How time stands in the registers: BCD or binary, 12 or 24 hours (data sheet table 3), as register B says.</summary>
/// <param name="RegisterB">Register B.</param>
internal readonly record struct RtcFormat(byte RegisterB)
{
    private bool IsBinary => (RegisterB & Binary) != 0;

    private bool Is24Hours => (RegisterB & TwentyFourHours) != 0;

    /// <summary>A number below 100 as a register holds it.</summary>
    public byte Encode(int value) => (byte)(IsBinary ? value : (value / 10 << 4) | (value % 10));

    /// <summary>What a register means; digits above 9 count by their weight.</summary>
    public int Decode(byte raw) => IsBinary ? raw : ((raw >> 4) * 10) + (raw & 15);

    /// <summary>An hour of the day as the register holds it.</summary>
    public byte EncodeHour(int hour) => Is24Hours
        ? Encode(hour)
        : (byte)(Encode(hour % 12 == 0 ? 12 : hour % 12) | (hour >= 12 ? Afternoon : 0));

    /// <summary>The hour of the day that a register means.</summary>
    public int DecodeHour(byte raw) => Is24Hours ? Decode(raw) : (Decode((byte)(raw & 0x7F)) % 12) + ((raw & Afternoon) != 0 ? 12 : 0);

    /// <summary>Puts a calendar instant into the time registers of <paramref name="cmos"/>.</summary>
    public void Store(CalendarTime time, int weekday, Span<byte> cmos)
    {
        int year = ((time.Year % 10_000) + 10_000) % 10_000;
        cmos[Seconds] = Encode(time.Second);
        cmos[Minutes] = Encode(time.Minute);
        cmos[Hours] = EncodeHour(time.Hour);
        cmos[Weekday] = Encode(weekday);
        cmos[Day] = Encode(time.Day);
        cmos[Month] = Encode(time.Month);
        cmos[Year] = Encode(year % 100);

        // Firmware reads the century as BCD whatever the format of the rest; kernels do the same conversion for all.
        cmos[Century] = Encode(year / 100);
    }

    /// <summary>The calendar instant that the time registers of <paramref name="cmos"/> mean.</summary>
    public CalendarTime Load(ReadOnlySpan<byte> cmos) => new(
        (Decode(cmos[Century]) * 100) + Decode(cmos[Year]),
        Decode(cmos[Month]),
        Decode(cmos[Day]),
        DecodeHour(cmos[Hours]),
        Decode(cmos[Minutes]),
        Decode(cmos[Seconds]));

    /// <summary>
    /// Seconds from second <paramref name="secondOfDay"/> to the next later one that matches the alarm, 1 to 86,400; 0 if none ever does.
    /// Tries seconds, then minutes, then hours: fewer than 300 tries in all.
    /// </summary>
    public int UntilAlarm(ReadOnlySpan<byte> cmos, int secondOfDay)
    {
        int minuteOfDay = secondOfDay / 60;
        int second = NextMatch(cmos[SecondsAlarm], (secondOfDay % 60) + 1);
        if (second >= 0 && MinuteMatches(cmos, minuteOfDay))
        {
            return (minuteOfDay * 60) + second - secondOfDay;
        }

        int first = NextMatch(cmos[SecondsAlarm], 0);
        if (first < 0)
        {
            return 0;
        }

        int minute = NextMatch(cmos[MinutesAlarm], (minuteOfDay % 60) + 1);
        if (minute >= 0 && Matches(cmos[HoursAlarm], EncodeHour(minuteOfDay / 60)))
        {
            return (minuteOfDay / 60 * 3600) + (minute * 60) + first - secondOfDay;
        }

        minute = NextMatch(cmos[MinutesAlarm], 0);
        for (int ahead = 1; minute >= 0 && ahead <= 24; ahead++)
        {
            int hour = (minuteOfDay / 60) + ahead;
            if (Matches(cmos[HoursAlarm], EncodeHour(hour % 24)))
            {
                return (hour * 3600) + (minute * 60) + first - secondOfDay;
            }
        }

        return 0;
    }

    private static bool Matches(byte alarm, byte register) => alarm >= DontCare || alarm == register;

    private bool MinuteMatches(ReadOnlySpan<byte> cmos, int minuteOfDay) =>
        Matches(cmos[HoursAlarm], EncodeHour(minuteOfDay / 60)) && Matches(cmos[MinutesAlarm], Encode(minuteOfDay % 60));

    // The first of from..59 that matches, or -1.
    private int NextMatch(byte alarm, int from)
    {
        for (int value = from; value < 60; value++)
        {
            if (Matches(alarm, Encode(value)))
            {
                return value;
            }
        }

        return -1;
    }
}
