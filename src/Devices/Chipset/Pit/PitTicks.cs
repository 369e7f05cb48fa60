using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>
/// The 8254's input clock as exact arithmetic: CLK edges are numbered from power-on, and the number is a function of guest time
/// alone, so no error ever adds up.
/// </summary>
internal static class PitTicks
{
    /// <summary>CLK frequency of a PC: 14.31818 MHz / 12, rounded to a whole hertz.</summary>
    public const uint Hertz = 1_193_182;

    /// <summary>An edge that never comes.</summary>
    public const long Never = long.MaxValue;

    private const uint NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Number of CLK edges up to and including <paramref name="at"/>.</summary>
    public static long At(GuestTime at) => (long)(Math.BigMul((ulong)at.Nanoseconds, (ulong)Hertz) / NanosecondsPerSecond);

    /// <summary>The first nanosecond at which edge <paramref name="tick"/> has happened.</summary>
    public static GuestTime TimeOf(long tick)
    {
        UInt128 nanoseconds = (Math.BigMul((ulong)tick, (ulong)NanosecondsPerSecond) + (Hertz - 1)) / Hertz;
        return nanoseconds >= long.MaxValue ? GuestTime.Never : new GuestTime((long)nanoseconds);
    }
}
