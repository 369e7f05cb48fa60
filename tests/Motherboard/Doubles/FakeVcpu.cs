using Doppel.Cpu;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests.Doubles;

/// <summary>A processor that only counts what the board does to it.</summary>
internal sealed class FakeVcpu : IVcpu
{
    private readonly VcpuState _state = new();

    public ulong RetiredInstructions { get; set; }

    public int Stops { get; private set; }

    public int Resets { get; private set; }

    public int Nmis { get; private set; }

    public int Smis { get; private set; }

    public bool Intr { get; private set; }

    public ref VcpuRecord Record => ref _state.R;

    public StopReason Run(in RunLimits limits)
    {
        RetiredInstructions += limits.MaxInstructions;
        return StopReason.Budget;
    }

    public void Kick() => Stops++;

    public void RequestStop() => Stops++;

    public void SetInterruptRequest(bool asserted) => Intr = asserted;

    public void RaiseNmi() => Nmis++;

    public void RaiseSmi() => Smis++;

    public void Reset() => Resets++;

    public void Load(VcpuState to) => to.R = _state.R;

    public void Store(VcpuState from) => _state.R = from.R;

    public bool Translate(Gva at, out Gpa where)
    {
        where = new Gpa(at.Value);
        return true;
    }

    public string Describe() => "fake";

    public void Dispose()
    {
    }
}
