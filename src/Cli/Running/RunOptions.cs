using System;
using System.Collections.Generic;
using Doppel.Cli.Guests;
using Doppel.Machine;
using Doppel.Machine.Replay;

namespace Doppel.Cli.Running;

/// <summary>What <c>doppel run</c> was asked for, checked as far as that is possible without touching the host.</summary>
internal sealed record RunOptions
{
    internal GuestDefinition? Guest { get; init; }

    internal string? KernelPath { get; init; }

    internal string? InitrdPath { get; init; }

    internal string Append { get; init; } = string.Empty;

    internal long MemoryBytes { get; init; }

    internal string CpuModel { get; init; } = new MachineSpec().CpuModel;

    /// <summary>Number of processors.</summary>
    internal int Cpus { get; init; } = 1;

    internal string Engine { get; init; } = "auto";

    /// <summary>Where COM1 and COM2 end.</summary>
    internal IReadOnlyList<LineEnd> Serial { get; init; } = [LineEnd.None, LineEnd.None];

    /// <summary>Where LPT1 ends.</summary>
    internal LineEnd Parallel { get; init; } = LineEnd.None;

    /// <summary>The serial port at standard input and output, or null.</summary>
    internal int? StdioPort => Serial[0].Kind == LineKind.Stdio ? 0 : Serial[1].Kind == LineKind.Stdio ? 1 : null;

    /// <summary>Whether outside input may come at any moment and is wanted: not in a replay, and where it must repeat only while it is recorded.</summary>
    internal bool TakesInput => ReplayPath is null && (!Deterministic || RecordPath is not null);

    internal TimeSpan? Timeout { get; init; }

    internal bool Deterministic { get; init; }

    internal ulong? Seed { get; init; }

    internal ulong? HashAt { get; init; }

    /// <summary>The snapshot to go on from, or null.</summary>
    internal string? RestorePath { get; init; }

    /// <summary>Where the machine is saved, or null.</summary>
    internal string? SnapshotPath { get; init; }

    /// <summary>At which instruction it is saved; null: when it is ended from outside.</summary>
    internal ulong? SnapshotAt { get; init; }

    /// <summary>Name for other commands.</summary>
    internal string Name { get; init; } = string.Empty;

    /// <summary>Where outside input is logged, or null.</summary>
    internal string? RecordPath { get; init; }

    /// <summary>Where outside input comes from, or null.</summary>
    internal string? ReplayPath { get; init; }

    /// <summary>Input at counts of instructions.</summary>
    internal IReadOnlyList<ScriptedInput> Script { get; init; } = [];

    internal bool ExitFromGuest { get; init; }

    internal bool Unpack { get; init; } = true;

    internal bool Quiet { get; init; }

    internal bool Verbose { get; init; }
}
