namespace Doppel.Devices.Chipset.AcpiPm;

/// <summary>Fixed-hardware register offsets and bits (ACPI 6.5, 4.8.3 and 4.8.4).</summary>
internal static class AcpiPmRegisters
{
    /// <summary>PM1a event block: status word, then enable word.</summary>
    public const uint Pm1Event = 0x00;

    /// <summary>PM1a control block.</summary>
    public const uint Pm1Control = 0x04;

    /// <summary>PM timer.</summary>
    public const uint PmTimer = 0x08;

    /// <summary>General-purpose event block 0: two status bytes, then two enable bytes.</summary>
    public const uint Gpe0 = 0x20;

    /// <summary>Ports claimed.</summary>
    public const ushort Length = 0x24;

    /// <summary>PM1 status and enable: PM timer carry.</summary>
    public const ushort Timer = 0x0001;

    /// <summary>PM1 status and enable: global lock released.</summary>
    public const ushort Global = 0x0020;

    /// <summary>PM1 status and enable: power button.</summary>
    public const ushort PowerButton = 0x0100;

    /// <summary>PM1 status and enable: sleep button.</summary>
    public const ushort SleepButton = 0x0200;

    /// <summary>PM1 status and enable: real-time clock alarm.</summary>
    public const ushort RtcAlarm = 0x0400;

    /// <summary>PM1 status: woken.</summary>
    public const ushort Wake = 0x8000;

    /// <summary>Events that can raise the system control interrupt.</summary>
    public const ushort Enables = Timer | Global | PowerButton | SleepButton | RtcAlarm;

    /// <summary>PM1 control: events raise SCI.</summary>
    public const ushort SciEnable = 0x0001;

    /// <summary>PM1 control: bits kept as written: bus-master reload and sleep type.</summary>
    public const ushort ControlKept = 0x1C02;

    /// <summary>PM1 control: shift of the sleep type.</summary>
    public const int SleepTypeShift = 10;

    /// <summary>PM1 control: enter the sleep type; reads as 0.</summary>
    public const ushort SleepEnable = 0x2000;
}
