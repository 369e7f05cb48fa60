using System.Collections.Generic;

namespace Doppel.Devices.Chipset;

/// <summary>
/// The switch in front of ISA lines 0 and 8 that legacy replacement of an HPET turns (IA-PC HPET specification 1.0a, 2.3.5 "LegacyReplacement Route"):
/// while taken, what the interval timer and the real-time clock say does not reach the interrupt controllers. Both chips get the same
/// object in their constructors and drive their lines through <see cref="Gate"/>; the HPET alone calls <see cref="Take"/>. The
/// switch has no state of its own: the HPET's saved configuration says how it stands.
/// </summary>
public sealed class LegacyRoute
{
    private readonly List<GatedLine> _lines = [];

    /// <summary>A wire that leads through the switch to <paramref name="line"/>.</summary>
    public IInterruptLine Gate(IInterruptLine line)
    {
        GatedLine gated = new(line);
        _lines.Add(gated);
        return gated;
    }

    /// <summary>Mutes (true) or reconnects all wires; one that is high meanwhile then rises.</summary>
    public void Take(bool taken)
    {
        foreach (GatedLine line in _lines)
        {
            line.Mute(taken);
        }
    }

    /// <summary>Remembers the level that its chip drives, which a muted wire does not pass on.</summary>
    private sealed class GatedLine(IInterruptLine line) : IInterruptLine
    {
        private bool _high;
        private bool _muted;

        public void Set(bool high)
        {
            _high = high;
            line.Set(high && !_muted);
        }

        public void Mute(bool muted)
        {
            _muted = muted;
            line.Set(_high && !muted);
        }
    }
}
