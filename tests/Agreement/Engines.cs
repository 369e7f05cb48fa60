using System;
using System.Collections.Generic;
using Doppel.Cpu;
using Doppel.Cpu.Interpreter;
using Doppel.X86.Cpuid;

namespace Doppel.Agreement.Tests;

/// <summary>The engines that have to agree. Each one sees the same cases.</summary>
internal static class Engines
{
    /// <summary>Rows for theories: engine names.</summary>
    internal static IEnumerable<TheoryDataRow<string>> Names => [new TheoryDataRow<string>("interpreter").WithTrait("engine", "interpreter")];

    /// <summary>A CPU with everything the vectors use: SSE2, and FISTTP of SSE3.</summary>
    internal static CpuModel Model { get; } = new(
        "bench",
        "GenuineIntel",
        "Doppel bench CPU",
        6,
        15,
        1,
        36,
        CpuFeatures.Fpu | CpuFeatures.Vme | CpuFeatures.De | CpuFeatures.Pse | CpuFeatures.Tsc | CpuFeatures.Msr | CpuFeatures.Cx8 | CpuFeatures.Sep | CpuFeatures.Pge
            | CpuFeatures.Cmov | CpuFeatures.Clfsh | CpuFeatures.Mmx | CpuFeatures.Fxsr | CpuFeatures.Sse | CpuFeatures.Sse2 | CpuFeatures.Sse3 | CpuFeatures.Cpuid);

    internal static ICpuEngine Create(string name) => name switch
    {
        "interpreter" => new InterpreterEngine(),
        _ => throw new ArgumentException("no engine named " + name, nameof(name)),
    };
}
