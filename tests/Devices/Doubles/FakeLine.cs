using System;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>A wire that remembers its level and counts rising edges.</summary>
internal sealed class FakeLine : IInterruptLine
{
    private int _shares;

    public bool High { get; private set; }

    public int Rises { get; private set; }

    /// <summary>Called on every change of level, for tests that wire two chips together.</summary>
    public Action<bool>? Changed { get; set; }

    public void Set(bool high)
    {
        if (high == High)
        {
            return;
        }

        High = high;
        Rises += high ? 1 : 0;
        Changed?.Invoke(high);
    }

    /// <summary>One of several wires that pull the line high together, as the board's router counts them.</summary>
    public IInterruptLine Share() => new Wire(this);

    private sealed class Wire(FakeLine line) : IInterruptLine
    {
        private bool _high;

        public void Set(bool high)
        {
            if (high != _high)
            {
                _high = high;
                line._shares += high ? 1 : -1;
                line.Set(line._shares > 0);
            }
        }
    }
}
