namespace Doppel.Devices.Chipset.Hpet;

/// <summary>Register offsets and bit fields (IA-PC HPET specification 1.0a, section 2.3).</summary>
internal static class HpetRegisters
{
    /// <summary>Bytes of the register block.</summary>
    public const ulong LengthBytes = 0x400;

    /// <summary>General capabilities and identification.</summary>
    public const uint Capabilities = 0x000;

    /// <summary>General configuration.</summary>
    public const uint Configuration = 0x010;

    /// <summary>General interrupt status.</summary>
    public const uint InterruptStatus = 0x020;

    /// <summary>Main counter.</summary>
    public const uint Counter = 0x0F0;

    /// <summary>Configuration of timer 0; each timer has <see cref="TimerStride"/> bytes.</summary>
    public const uint FirstTimer = 0x100;

    /// <summary>From a timer's registers to those of the next.</summary>
    public const uint TimerStride = 0x20;

    /// <summary>Comparator, from a timer's configuration.</summary>
    public const uint Comparator = 8;

    /// <summary>Number of timers.</summary>
    public const int TimerCount = 3;

    /// <summary>Nanoseconds a tick of the main counter: 100 MHz.</summary>
    public const long TickNanoseconds = 10;

    /// <summary>Low half of the capabilities: revision 1, three timers, 64-bit counter, legacy replacement, vendor 8086.</summary>
    public const uint Identity = 0x8086_A201;

    /// <summary>High half of the capabilities: femtoseconds a tick.</summary>
    public const uint PeriodFemtoseconds = 10_000_000;

    /// <summary>Configuration: the counter runs and timers interrupt.</summary>
    public const ulong Enable = 0x1;

    /// <summary>Configuration: timers 0 and 1 take lines 0 and 8.</summary>
    public const ulong LegacyReplacement = 0x2;

    /// <summary>Timer: level-triggered.</summary>
    public const uint Level = 1 << 1;

    /// <summary>Timer: interrupts.</summary>
    public const uint InterruptEnable = 1 << 2;

    /// <summary>Timer: periodic.</summary>
    public const uint Periodic = 1 << 3;

    /// <summary>Timer: the next write of the comparator sets the comparator itself, not only the period.</summary>
    public const uint SetValue = 1 << 6;

    /// <summary>Timer: compares 32 bits.</summary>
    public const uint Mode32 = 1 << 8;

    /// <summary>Timer: first bit of the route.</summary>
    public const int RouteShift = 9;

    /// <summary>Timer: mask of the route, in place.</summary>
    public const uint Route = 0x1F << RouteShift;

    /// <summary>Timer: periodic mode and 64 bits are there.</summary>
    public const uint TimerCapabilities = (1 << 4) | (1 << 5);

    /// <summary>Timer: bits that keep what is written, the route apart.</summary>
    public const uint TimerWritable = Level | InterruptEnable | Periodic | SetValue | Mode32;

    /// <summary>First line that timers can be routed to: 16 to 19 carry the PCI wires.</summary>
    public const int FirstRoute = 20;

    /// <summary>Number of such lines.</summary>
    public const int RouteCount = 4;

    /// <summary>High half of a timer's configuration: the lines it can be routed to.</summary>
    public const uint RouteCapabilities = ((1U << RouteCount) - 1) << FirstRoute;
}
