using System;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// Deterministic time of a machine with several processors, whose turns stand for running at once: while <see cref="Sharing"/> of them have something to
/// run, that many retired instructions make one nanosecond. Counted in 1/840 ns, which all shares from 1 to 8 divide, so that nothing is ever rounded.
/// </summary>
public sealed class SharedInstructionTime : TimeSource
{
    /// <summary>Most processors that can share.</summary>
    public const int MostSharing = 8;

    /// <summary>Parts of a nanosecond: the least common multiple of 1 to 8.</summary>
    public const uint UnitsPerNanosecond = 840;

    private readonly Func<ulong> _retired;
    private ulong _fromRetired;
    private ulong _fromNs;
    private ulong _fromUnits;
    private uint _unitsPerInstruction = UnitsPerNanosecond;

    /// <summary>Time from <paramref name="retired"/>, the sum over all processors since power-on, which never goes back.</summary>
    public SharedInstructionTime(Func<ulong> retired) => _retired = retired;

    /// <summary>How many processors share the time, 1 to <see cref="MostSharing"/>.</summary>
    public int Sharing
    {
        get => (int)(UnitsPerNanosecond / _unitsPerInstruction);
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostSharing);
            Settle();
            _unitsPerInstruction = UnitsPerNanosecond / (uint)value;
        }
    }

    /// <summary>Units since the last whole nanosecond, 0 to <see cref="UnitsPerNanosecond"/> - 1.</summary>
    public uint Fraction
    {
        get => (uint)(Units % UnitsPerNanosecond);
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, UnitsPerNanosecond);
            Settle();
            _fromUnits = value;
        }
    }

    /// <inheritdoc/>
    public override GuestTime Now => new((long)(unchecked(_fromNs + (Units / UnitsPerNanosecond)) & long.MaxValue));

    /// <inheritdoc/>
    public override bool IsDeterministic => true;

    private ulong Units => unchecked(((_retired() - _fromRetired) * _unitsPerInstruction) + _fromUnits);

    /// <inheritdoc/>
    public override void SkipTo(GuestTime at)
    {
        long gap = at - Now;
        if (gap > 0 && at != GuestTime.Never)
        {
            _fromNs = unchecked(_fromNs + (ulong)gap);
        }
    }

    /// <summary>Retired instructions, of all processors, until <paramref name="due"/> if as many go on sharing; 0 when it has passed.</summary>
    public override ulong InstructionsUntil(GuestTime due)
    {
        Settle();
        long gap = due - Now;
        UInt128 units = gap <= 0 ? 0 : ((UInt128)(ulong)gap * UnitsPerNanosecond) - _fromUnits;
        UInt128 instructions = (units + _unitsPerInstruction - 1) / _unitsPerInstruction;
        return instructions > ulong.MaxValue ? ulong.MaxValue : (ulong)instructions;
    }

    /// <inheritdoc/>
    public override void ContinueFrom(GuestTime now)
    {
        Settle();
        _fromNs = (ulong)now.Nanoseconds;
    }

    // Counts anew from here; the instant stays.
    private void Settle()
    {
        ulong units = Units;
        _fromRetired = _retired();
        _fromNs = unchecked(_fromNs + (units / UnitsPerNanosecond));
        _fromUnits = units % UnitsPerNanosecond;
    }
}
