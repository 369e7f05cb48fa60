using System;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>Where guest time comes from. Machine's thread only.</summary>
public abstract class TimeSource
{
    /// <summary>The present instant; never goes back.</summary>
    public abstract GuestTime Now { get; }

    /// <summary>Whether idle time can be skipped: deterministic sources move at once, others must be waited for.</summary>
    public abstract bool IsDeterministic { get; }

    /// <summary>Skips idle time up to <paramref name="at"/>; does nothing when that has passed or the source cannot skip.</summary>
    public abstract void SkipTo(GuestTime at);

    /// <summary>Retired instructions until <paramref name="due"/> (0 when it has passed); <see cref="ulong.MaxValue"/> when instructions do not measure time.</summary>
    public abstract ulong InstructionsUntil(GuestTime due);

    /// <summary>Makes <see cref="Now"/> continue from <paramref name="now"/>, as after a restore; processors are restored before.</summary>
    public abstract void ContinueFrom(GuestTime now);

    /// <summary>
    /// Until <see cref="Release"/> all looks at <see cref="Now"/> see one instant: that of the first. A chip that looks twice while it serves one access
    /// would else take the host's pause in between for time that has passed since its register was written.
    /// </summary>
    public virtual void Hold()
    {
    }

    /// <summary>Ends what <see cref="Hold"/> began.</summary>
    public virtual void Release()
    {
    }

    /// <summary>Stops time while the machine is paused, where it would else run on.</summary>
    public virtual void Pause()
    {
    }

    /// <summary>Lets time go on after <see cref="Pause"/>.</summary>
    public virtual void Resume()
    {
    }
}

/// <summary>Deterministic time: retired instructions times a constant, plus what was slept through.</summary>
public sealed class InstructionTime : TimeSource
{
    private readonly Func<ulong> _retired;
    private readonly ulong _nsPerInstruction;
    private ulong _skewNs;

    /// <summary>Time from <paramref name="retired"/>, which counts instructions since power-on and never goes back.</summary>
    public InstructionTime(Func<ulong> retired, uint nsPerInstruction = 1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(nsPerInstruction);
        _retired = retired;
        _nsPerInstruction = nsPerInstruction;
    }

    /// <inheritdoc/>
    public override GuestTime Now => new((long)(unchecked((_retired() * _nsPerInstruction) + _skewNs) & long.MaxValue));

    /// <inheritdoc/>
    public override bool IsDeterministic => true;

    /// <inheritdoc/>
    public override void SkipTo(GuestTime at)
    {
        long gap = at - Now;
        if (gap > 0 && at != GuestTime.Never)
        {
            _skewNs = unchecked(_skewNs + (ulong)gap);
        }
    }

    /// <inheritdoc/>
    public override ulong InstructionsUntil(GuestTime due)
    {
        long gap = due - Now;
        return gap <= 0 ? 0 : ((ulong)gap + (_nsPerInstruction - 1)) / _nsPerInstruction;
    }

    // The skew may stand for a negative number: another rate of instructions than when the state was saved.
    /// <inheritdoc/>
    public override void ContinueFrom(GuestTime now) => _skewNs = unchecked((ulong)now.Nanoseconds - (_retired() * _nsPerInstruction));
}

/// <summary>Real time: a monotonic source handed in by the machine.</summary>
public sealed class MonotonicTime : TimeSource
{
    private readonly Func<long> _monotonicNs;
    private long _originNs;
    private long _latestNs;
    private bool _paused;
    private bool _isHeld;
    private bool _hasLooked;

    /// <summary>Time from <paramref name="monotonicNs"/>, nanoseconds from any origin; guest time begins at zero now.</summary>
    public MonotonicTime(Func<long> monotonicNs)
    {
        _monotonicNs = monotonicNs;
        _originNs = monotonicNs();
    }

    /// <inheritdoc/>
    public override GuestTime Now
    {
        get
        {
            if (!_paused && !(_isHeld && _hasLooked))
            {
                _latestNs = Math.Max(_latestNs, _monotonicNs() - _originNs);
                _hasLooked = _isHeld;
            }

            return new GuestTime(_latestNs);
        }
    }

    /// <inheritdoc/>
    public override bool IsDeterministic => false;

    /// <inheritdoc/>
    public override void SkipTo(GuestTime at)
    {
        // Real time passes by itself.
    }

    /// <inheritdoc/>
    public override ulong InstructionsUntil(GuestTime due) => due <= Now ? 0 : ulong.MaxValue;

    /// <inheritdoc/>
    public override void ContinueFrom(GuestTime now)
    {
        _latestNs = now.Nanoseconds;
        _originNs = _monotonicNs() - now.Nanoseconds;
    }

    /// <inheritdoc/>
    public override void Hold() => _isHeld = true;

    /// <inheritdoc/>
    public override void Release() => _isHeld = _hasLooked = false;

    /// <inheritdoc/>
    public override void Pause()
    {
        _ = Now;
        _paused = true;
    }

    /// <inheritdoc/>
    public override void Resume()
    {
        if (_paused)
        {
            _paused = false;
            _originNs = _monotonicNs() - _latestNs;
        }
    }
}
