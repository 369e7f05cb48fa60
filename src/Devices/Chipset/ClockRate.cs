using Doppel.Primitives;

namespace Doppel.Devices.Chipset;

/// <summary>
/// A chip's input clock as exact arithmetic: its edges are numbered from power-on and the number is a function of guest time alone, so
/// no error ever adds up. Whole seconds and the rest are converted apart, which is exact for a whole number of hertz and never wide.
/// </summary>
/// <param name="Hertz">Edges per second, 1 to 9,000,000.</param>
internal readonly record struct ClockRate(uint Hertz)
{
    /// <summary>An edge that never comes.</summary>
    public const long NeverTick = long.MaxValue;

    private const long Second = 1_000_000_000;

    /// <summary>Number of edges up to and including <paramref name="at"/>.</summary>
    public long TicksAt(GuestTime at) => (at.Nanoseconds / Second * Hertz) + (at.Nanoseconds % Second * Hertz / Second);

    /// <summary>The first nanosecond at which edge <paramref name="tick"/> (0 or more) has happened; <see cref="GuestTime.Never"/> if too late to tell.</summary>
    public GuestTime TimeOf(long tick)
    {
        long seconds = tick / Hertz;
        return seconds >= (long.MaxValue / Second) - 1
            ? GuestTime.Never
            : new GuestTime((seconds * Second) + (((tick % Hertz * Second) + Hertz - 1) / Hertz));
    }
}
