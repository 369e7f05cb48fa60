using System;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>A calendar instant as the clock's registers count it; proleptic Gregorian, plain numbers.</summary>
/// <param name="Year">Year with century, 0 to 9999 in registers.</param>
/// <param name="Month">Month from 1.</param>
/// <param name="Day">Day of the month from 1.</param>
/// <param name="Hour">Hour, 0 to 23.</param>
/// <param name="Minute">Minute.</param>
/// <param name="Second">Second.</param>
internal readonly record struct CalendarTime(int Year, int Month, int Day, int Hour, int Minute, int Second)
{
    /// <summary>Seconds in a day.</summary>
    public const long SecondsPerDay = 86_400;

    /// <summary>Seconds since 1970-01-01; fields out of range carry over, so that no guest-written date is impossible.</summary>
    public long ToSeconds()
    {
        // Years counted from March: the leap day is the last of the year. 400 years have 146,097 days.
        int months = (Year * 12) + Month - 3;
        int year = FloorDiv(months, 12);
        int month = months - (year * 12);
        int era = FloorDiv(year, 400);
        int yearOfEra = year - (era * 400);
        int dayOfYear = ((153 * month) + 2) / 5 + Day - 1;
        long days = (era * 146_097L) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
        return (days * SecondsPerDay) + (Hour * 3600) + (Minute * 60) + Second;
    }

    /// <summary>The calendar at <paramref name="seconds"/> since 1970-01-01.</summary>
    public static CalendarTime FromSeconds(long seconds)
    {
        long days = Math.DivRem(seconds, SecondsPerDay, out long inDay);
        if (inDay < 0)
        {
            days--;
            inDay += SecondsPerDay;
        }

        days += 719_468;
        long era = Math.DivRem(days, 146_097, out long rest);
        if (rest < 0)
        {
            era--;
            rest += 146_097;
        }

        int dayOfEra = (int)rest;
        int yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        int dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        int month = ((5 * dayOfYear) + 2) / 153;
        int day = dayOfYear - (((153 * month) + 2) / 5) + 1;
        int calendarMonth = month < 10 ? month + 3 : month - 9;
        int year = (int)(era * 400) + yearOfEra + (calendarMonth <= 2 ? 1 : 0);
        int second = (int)inDay;
        return new CalendarTime(year, calendarMonth, day, second / 3600, second / 60 % 60, second % 60);
    }

    /// <summary>Day of the week at <paramref name="seconds"/>, 0 = Sunday.</summary>
    public static int WeekdayOf(long seconds)
    {
        long days = (seconds - (((seconds % SecondsPerDay) + SecondsPerDay) % SecondsPerDay)) / SecondsPerDay;
        return (int)((((days + 4) % 7) + 7) % 7);
    }

    private static int FloorDiv(int value, int by) => (value / by) - (value % by < 0 ? 1 : 0);
}
