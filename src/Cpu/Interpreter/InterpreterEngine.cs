using Doppel.Cpu.Interpreter.Decode;
using Doppel.Memory;
using Doppel.X86.Cpuid;

namespace Doppel.Cpu.Interpreter;

/// <summary>The reference engine: decodes guest code once and runs it operation by operation. Works on every x86-64 Linux host.</summary>
public sealed class InterpreterEngine : ICpuEngine
{
    /// <inheritdoc/>
    public string Name => "interpreter";

    /// <inheritdoc/>
    public EngineProbe Probe() => Host.ExecutableMemory.IsAvailable(out string why)
        ? new EngineProbe(EngineFitness.Usable, string.Empty)
        : new EngineProbe(EngineFitness.Unusable, "x87 and SSE instructions need executable memory: " + why);

    /// <inheritdoc/>
    public IEngineInstance Create(GuestPhysicalSpace space) => new Instance(space);

    private sealed class Instance(GuestPhysicalSpace space) : IEngineInstance
    {
        private readonly CodeMarks _marks = new();

        public EngineCaps Caps => EngineCaps.Deterministic | EngineCaps.DirtyLog | EngineCaps.SingleStep;

        public IVcpu CreateVcpu(int index, CpuModel model, IVcpuBus bus) => new InterpreterVcpu(index, space, model, bus, _marks);

        public void Dispose()
        {
        }
    }
}
