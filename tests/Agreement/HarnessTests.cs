using System;
using System.Collections.Generic;
using Doppel.Cpu;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Agreement.Tests;

/// <summary>The harness itself: an engine that does one thing right, and all others wrong, is seen through.</summary>
public sealed class HarnessTests
{
    private const string Std = """{"n":"std","c":"fd","fm":2261,"i":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"m":"00"},"o":{"r":[1,2,3,4,268437700,6,7,8],"f":1026,"ip":1,"m":[]}}""";
    private const string Nop = """{"n":"nop","c":"90","fm":2261,"i":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"m":"00"},"o":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"ip":1,"m":[]}}""";
    private const string Inc = """{"n":"inc","c":"41","fm":2261,"i":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"m":"00"},"o":{"r":[1,3,3,4,268437700,6,7,8],"f":6,"ip":1,"m":[]}}""";
    private const string Ud = """{"n":"ud2","c":"0f0b","fm":2261,"i":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"m":"00"},"o":{"v":6,"e":0,"r":[1,2,3,4,268437700,6,7,8],"f":2,"ip":0,"m":[]}}""";
    private const string Store = """{"n":"mov","c":"8803","fm":2261,"i":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"m":"00"},"o":{"r":[1,2,3,4,268437700,6,7,8],"f":2,"ip":1,"m":[[16,1]]}}""";

    [Fact]
    public void A_right_outcome_passes() => Assert.Empty(Differences(Std));

    [Theory]
    [InlineData(Nop, "flags")]
    [InlineData(Inc, "ecx")]
    [InlineData(Ud, "exception")]
    [InlineData(Store, "memory")]
    public void A_wrong_outcome_is_told(string line, string word) => Assert.Contains(Differences(line), difference => difference.Contains(word, StringComparison.Ordinal));

    private static IReadOnlyList<string> Differences(string line)
    {
        using FlatBench bench = new(new StdEngine());
        return new HwRunner(bench).Run(HwCase.Parse(line, 1));
    }

    /// <summary>Takes every instruction for STD of one byte.</summary>
    private sealed class StdEngine : ICpuEngine, IEngineInstance, IVcpu
    {
        private VcpuRecord _state;

        public string Name => "std";

        public EngineCaps Caps => EngineCaps.Deterministic;

        public ulong RetiredInstructions { get; private set; }

        public EngineProbe Probe() => new(EngineFitness.Usable, "");

        public IEngineInstance Create(GuestPhysicalSpace space) => this;

        public IVcpu CreateVcpu(int index, CpuModel model, IVcpuBus bus) => this;

        public StopReason Run(in RunLimits limits)
        {
            _state.Rip++;
            _state.Rflags |= 0x400;
            RetiredInstructions++;
            return StopReason.Budget;
        }

        public void RaiseSmi()
        {
        }

        public void Kick()
        {
        }

        public void RequestStop()
        {
        }

        public void SetInterruptRequest(bool asserted)
        {
        }

        public void RaiseNmi()
        {
        }

        public void Reset()
        {
        }

        public void Load(VcpuState to) => to.R = _state;

        public void Store(VcpuState from) => _state = from.R;

        public bool Translate(Gva at, out Gpa where)
        {
            where = default;
            return false;
        }

        public string Describe() => "";

        public void Dispose()
        {
        }
    }
}
