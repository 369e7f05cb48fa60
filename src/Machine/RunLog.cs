using System;
using System.IO;
using System.Security.Cryptography;
using Doppel.Machine.Outside;
using Doppel.Machine.Replay;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>What a run writes down about the outside, or follows: a log being recorded, a log being replayed, both or neither.</summary>
/// <param name="record">The log being written, or null.</param>
/// <param name="log">The log being followed, or null.</param>
/// <param name="replay">What follows it, or null.</param>
internal sealed class RunLog(ReplayLogWriter? record, ReplayLogReader? log, InputReplay? replay)
{
    /// <summary>The log being written, or null.</summary>
    public ReplayLogWriter? Record { get; } = record;

    /// <summary>The log being followed, or null.</summary>
    public InputReplay? Replay { get; } = replay;

    /// <summary>Whether the log must know all that comes from outside.</summary>
    public bool IsActive => Record is not null || Replay is not null;

    /// <summary>Why the run cannot go on; null: it can.</summary>
    public string? Failure => Record?.Failure is { } lost ? "the log of outside input cannot be written: " + lost : Replay?.Failure is { } why ? "replay: " + why : null;

    /// <summary>How a replayed run ended as recorded, or null.</summary>
    public ReplayResult? Replayed { get; private set; }

    /// <summary>Checks what a spec asks for.</summary>
    public static void Check(MachineSpec spec)
    {
        if (!spec.Deterministic && (spec.Script.Count != 0 || spec.RecordTo is not null || spec.ReplayFrom is not null))
        {
            throw new MachineSpecException("scripted, recorded and replayed input need deterministic mode: only there does an instruction tell when it came");
        }

        foreach (ScriptedInput input in spec.Script)
        {
            if (input.Port is < 0 or >= InputPort.Count)
            {
                throw new MachineSpecException($"scripted input for port {input.Port}; there are 0 and 1 (serial), 2 (keyboard) and 3 (mouse)");
            }

            if (!InputPort.IsWhole(input.Port, input.Bytes.Length))
            {
                throw new MachineSpecException($"scripted input for {InputPort.Describe(input.Port)} is cut off: {input.Bytes.Length} bytes are no whole records");
            }
        }
    }

    /// <summary>Opens the log to be replayed, if there is one.</summary>
    public static ReplayLogReader? Open(Stream? from)
    {
        try
        {
            return from is null ? null : new ReplayLogReader(from);
        }
        catch (StateFormatException e)
        {
            throw new MachineSpecException("the log cannot be replayed: " + e.Message);
        }
    }

    /// <summary>What a spec leaves to the log.</summary>
    public static MachineSpec Complete(MachineSpec spec, ReplayFacts? facts) => facts is null ? spec : spec with
    {
        Seed = spec.Seed ?? facts.Seed,
        EpochNanoseconds = spec.EpochNanoseconds ?? facts.EpochNanoseconds,
    };

    /// <summary>The facts of a machine.</summary>
    public static ReplayFacts FactsOf(VirtualMachine machine)
    {
        MachineSpec spec = machine.Spec;
        BootMedia media = machine.ReadBootMedia();
        return new ReplayFacts
        {
            MemoryBytes = (ulong)spec.MemoryBytes,
            CpuModel = machine.CpuModel.Name,
            Cpus = spec.Cpus,
            CommandLine = spec.CommandLine,
            Kernel = HashOf(media.First.Span),
            Initrd = media.Second.IsEmpty ? string.Empty : HashOf(media.Second.Span),
            Parts = MachineParts.Describe(spec),
            Unpack = spec.Unpack,
            EpochNanoseconds = machine.Hardware.Board.Clock.EpochNanoseconds,
            Seed = spec.Seed ?? 0,
        };
    }

    private static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Refuses a log of another machine.</summary>
    public void CheckMachine(VirtualMachine machine)
    {
        if (log?.Facts.Difference(FactsOf(machine)) is { } difference)
        {
            throw new MachineSpecException($"the log cannot be replayed: {difference}");
        }
    }

    /// <summary>The first run is about to begin in the state whose hash <paramref name="start"/> gives; empty: power-on.</summary>
    public void Begin(VirtualMachine machine, Func<string> start)
    {
        if (!IsActive)
        {
            return;
        }

        string hash = start();
        Record?.Begin(FactsOf(machine) with { Start = hash });
        if (log is not null && log.Facts.Start != hash)
        {
            throw new MachineSpecException(hash.Length == 0 ? "the log cannot be replayed: it begins in a snapshot, not at power-on" : "the log cannot be replayed: it does not begin in this snapshot");
        }
    }

    /// <summary>A run has ended: writes it down, or compares it where the guest ended it. Returns the end that the caller sees.</summary>
    public MachineExit End(ReplayInstant at, MachineExit exit, bool fromOutside, Func<string> hash)
    {
        if (exit.Kind == MachineExitKind.InstructionReached)
        {
            return exit; // a pause, not an end
        }

        Record?.End(new EndEntry(at, (byte)exit.Kind, exit.Code, fromOutside, exit.Kind == MachineExitKind.HashReached ? exit.Report : hash()));
        if (Replay is not null && !fromOutside)
        {
            Compare(at, exit.Kind, exit.Code, fromOutside, hash());
        }

        return Failure is { } failure ? new MachineExit(MachineExitKind.LogFailed, Report: failure) : exit;
    }

    /// <summary>A replayed run has come to where the recorded one was ended from outside.</summary>
    public MachineExit EndAsRecorded(ReplayInstant at, EndEntry recorded, Func<string> hash)
    {
        string now = hash();
        Compare(at, (MachineExitKind)recorded.Kind, recorded.Code, fromOutside: true, now);
        return Failure is { } failure ? new MachineExit(MachineExitKind.LogFailed, Report: failure)
            : recorded.Kind == (byte)MachineExitKind.HashReached ? new MachineExit(MachineExitKind.HashReached, Report: now)
            : new MachineExit(MachineExitKind.Stopped, Report: $"the recorded run was ended from outside at {at}");
    }

    private void Compare(ReplayInstant at, MachineExitKind kind, byte code, bool fromOutside, string hash) =>
        Replayed = Replay!.IsSameEnd(at, (byte)kind, code, fromOutside, hash) ? new ReplayResult(hash, fromOutside) : null;
}
