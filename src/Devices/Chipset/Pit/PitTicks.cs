using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>The 8254's CLK input in a PC: 14.31818 MHz / 12, rounded to a whole hertz.</summary>
internal static class PitTicks
{
    /// <summary>An edge that never comes.</summary>
    public const long Never = ClockRate.NeverTick;

    private static readonly ClockRate s_rate = new(1_193_182);

    /// <summary>Number of CLK edges up to and including <paramref name="at"/>.</summary>
    public static long At(GuestTime at) => s_rate.TicksAt(at);

    /// <summary>The first nanosecond at which edge <paramref name="tick"/> has happened.</summary>
    public static GuestTime TimeOf(long tick) => s_rate.TimeOf(tick);
}
