using System;

namespace Doppel.Machine.Replay;

/// <summary>
/// Lets idle guest time take host time. Gaps that are hardly worth a sleep are owed until they are, so that a guest that wakes often keeps the pace over
/// time, and sleeps that took too long are made up for.
/// </summary>
internal sealed class IdlePacer
{
    private const long ShortestWaitNs = 100_000;
    private const long MostLateNs = 5_000_000;

    private long _aheadNs;

    /// <summary>Nanoseconds to sleep before <paramref name="gapNs"/> of guest time have passed; 0: none.</summary>
    public long Wait(long gapNs) => gapNs + _aheadNs is var wait && wait < ShortestWaitNs ? 0 : wait;

    /// <summary>
    /// Guest time that has passed after a sleep of <paramref name="sleptNs"/> inside a gap of <paramref name="gapNs"/>: all of it, unless the
    /// sleep was cut short.
    /// </summary>
    public long Pass(long gapNs, long sleptNs, bool isCutShort)
    {
        long passed = isCutShort ? Math.Clamp(sleptNs - _aheadNs, 0, gapNs) : gapNs;
        _aheadNs = Math.Max(_aheadNs + passed - sleptNs, -MostLateNs);
        return passed;
    }
}
