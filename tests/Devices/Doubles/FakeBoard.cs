using System.Collections.Generic;

namespace Doppel.Devices.Tests.Doubles;

/// <summary>Counts what a device asks of the board.</summary>
internal sealed class FakeBoard : IBoardControl
{
    public int Resets { get; private set; }

    public int PowerOffs { get; private set; }

    public List<byte> ExitCodes { get; } = [];

    public Dictionary<A20Source, bool> A20 { get; } = [];

    public void RequestReset() => Resets++;

    public void RequestPowerOff() => PowerOffs++;

    public void RequestExit(byte code) => ExitCodes.Add(code);

    public void SetA20(A20Source source, bool enabled) => A20[source] = enabled;
}
