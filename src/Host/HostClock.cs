using System;
using System.Diagnostics;

namespace Doppel.Host;

/// <summary>The host's clocks. Guest time never comes from here directly: the board decides what a guest sees.</summary>
public static class HostClock
{
    /// <summary>Nanoseconds since some fixed instant; never goes back and is not set by anyone (CLOCK_MONOTONIC). Any thread.</summary>
    public static long MonotonicNanoseconds => Stopwatch.Frequency == 1_000_000_000
        ? Stopwatch.GetTimestamp()
        : (long)((Int128)Stopwatch.GetTimestamp() * 1_000_000_000 / Stopwatch.Frequency);

    /// <summary>Calendar time, UTC, in nanoseconds since 1970-01-01; may jump when the host's clock is set. Any thread.</summary>
    public static long UtcNanoseconds => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
