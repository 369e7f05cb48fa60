namespace Doppel.Devices.Chipset.Rtc;

/// <summary>CMOS addresses and bit fields (Motorola MC146818 data sheet, "Address map" and "Registers"; PC addresses: IBM AT technical reference).</summary>
internal static class RtcMc146818Registers
{
    /// <summary>Seconds; its alarm is at the next address, as for minutes and hours.</summary>
    public const int Seconds = 0x00;

    /// <summary>Seconds of the alarm.</summary>
    public const int SecondsAlarm = 0x01;

    /// <summary>Minutes.</summary>
    public const int Minutes = 0x02;

    /// <summary>Minutes of the alarm.</summary>
    public const int MinutesAlarm = 0x03;

    /// <summary>Hours.</summary>
    public const int Hours = 0x04;

    /// <summary>Hours of the alarm.</summary>
    public const int HoursAlarm = 0x05;

    /// <summary>Day of the week, Sunday = 1.</summary>
    public const int Weekday = 0x06;

    /// <summary>Day of the month.</summary>
    public const int Day = 0x07;

    /// <summary>Month.</summary>
    public const int Month = 0x08;

    /// <summary>Year of the century.</summary>
    public const int Year = 0x09;

    /// <summary>Register A.</summary>
    public const int A = 0x0A;

    /// <summary>Register B.</summary>
    public const int B = 0x0B;

    /// <summary>Register C.</summary>
    public const int C = 0x0C;

    /// <summary>Register D.</summary>
    public const int D = 0x0D;

    /// <summary>Century, always the PC's address.</summary>
    public const int Century = 0x32;

    /// <summary>A: update in progress.</summary>
    public const byte UpdateInProgress = 0x80;

    /// <summary>A: 32,768 Hz divider and 1,024 Hz rate, as a BIOS leaves it.</summary>
    public const byte DefaultA = 0x26;

    /// <summary>B: time is being set, no updates.</summary>
    public const byte Set = 0x80;

    /// <summary>B: the three interrupt enables, same places as the flags in C.</summary>
    public const byte InterruptEnables = 0x70;

    /// <summary>B: square wave output.</summary>
    public const byte SquareWave = 0x08;

    /// <summary>B: binary instead of BCD.</summary>
    public const byte Binary = 0x04;

    /// <summary>B: 24 hours.</summary>
    public const byte TwentyFourHours = 0x02;

    /// <summary>C: interrupt request.</summary>
    public const byte Request = 0x80;

    /// <summary>C: periodic flag.</summary>
    public const byte Periodic = 0x40;

    /// <summary>C: alarm flag.</summary>
    public const byte Alarm = 0x20;

    /// <summary>C: update-ended flag.</summary>
    public const byte UpdateEnded = 0x10;

    /// <summary>D: valid RAM and time.</summary>
    public const byte Valid = 0x80;

    /// <summary>Hours: afternoon in 12-hour mode.</summary>
    public const byte Afternoon = 0x80;

    /// <summary>Alarm bytes from here up match everything.</summary>
    public const byte DontCare = 0xC0;

    /// <summary>UIP rises this long before a new second is visible: 244 microseconds and the update cycle of 1,984.</summary>
    public const long UpdateNanoseconds = 2_228_000;
}
