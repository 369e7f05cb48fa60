using System.Collections.Generic;
using System.Linq;
using Doppel.Cpu;
using Doppel.Cpu.Interpreter;

namespace Doppel.Machine;

/// <summary>The engines that this build holds.</summary>
public static class Engines
{
    /// <summary>All engines, best first.</summary>
    public static IReadOnlyList<ICpuEngine> All { get; } = [new InterpreterEngine()];

    /// <summary>What may stand after <c>--engine</c>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", .. All.Select(engine => engine.Name)];

    /// <summary>The engine called <paramref name="name"/>; with "auto" the first that is not unusable on this host. Null: no such engine.</summary>
    public static ICpuEngine? Find(string name)
    {
        foreach (ICpuEngine engine in All)
        {
            if (name == "auto" ? engine.Probe().Fitness != EngineFitness.Unusable : engine.Name == name)
            {
                return engine;
            }
        }

        return null;
    }
}
