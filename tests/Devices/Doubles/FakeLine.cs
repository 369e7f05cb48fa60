using System;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>A wire that remembers its level and counts rising edges.</summary>
internal sealed class FakeLine : IInterruptLine
{
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
}
