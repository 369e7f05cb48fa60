using System;
using System.IO;
using System.Linq;
using Doppel.Cli.Reporting;
using Doppel.Host;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>The file behind <c>--record</c> or <c>--replay</c>, and what it and <c>--input-at</c> make of the machine and of the end of the run.</summary>
internal sealed class InputLog : IDisposable
{
    private readonly RunOptions _options;
    private readonly FileStream? _file;

    private InputLog(RunOptions options, FileStream? file)
    {
        _options = options;
        _file = file;
    }

    /// <summary>Throws for options that do not go together.</summary>
    internal static void Check(RunOptions options)
    {
        if (options is { RecordPath: not null, ReplayPath: not null })
        {
            throw CliException.Usage("--record and --replay contradict each other: a replay has no input but that of the log");
        }

        if (options is { ReplayPath: not null, Script.Count: > 0 })
        {
            throw CliException.Usage("--input-at and --replay contradict each other: a replay has no input but that of the log");
        }

        if (options.Script.Count > 0 && !options.Deterministic && options.RecordPath is null)
        {
            throw CliException.Usage("--input-at needs --deterministic: only then does an instruction tell when something happens");
        }
    }

    /// <summary>Opens the file, if there is one to be opened.</summary>
    internal static InputLog Open(RunOptions options)
    {
        string option = options.RecordPath is null ? "--replay" : "--record";
        string? path = options.RecordPath ?? options.ReplayPath;
        if (path is null)
        {
            return new InputLog(options, null);
        }

        if (options.RecordPath is null)
        {
            HostChecks.File(option, path);
        }

        try
        {
            // Without a buffer of its own: what was logged is in the file, also when this process is killed.
            return new InputLog(options, options.RecordPath is null
                ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)
                : new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw CliException.NotFound($"{option}: {Printable.Line(path)} cannot be opened: {HostChecks.Reason(e)}");
        }
    }

    /// <summary>Adds to <paramref name="spec"/> what the options ask for.</summary>
    internal MachineSpec Apply(MachineSpec spec)
    {
        if (_options.ReplayPath is not null)
        {
            return spec with { Deterministic = true, ReplayFrom = _file, Seed = _options.Seed, EpochNanoseconds = null };
        }

        if (_options.RecordPath is null)
        {
            return spec with { Script = _options.Script };
        }

        // What a machine in real time would take from the host, it takes once, and the log knows it.
        return spec with
        {
            Deterministic = true,
            RecordTo = _file,
            Script = _options.Script,
            PacesIdleTime = _options.Serial.Any(end => end.HasInput),
            Seed = spec.Seed ?? (_options.Deterministic ? 0 : Entropy.NewSeed()),
            EpochNanoseconds = spec.EpochNanoseconds ?? (_options.Deterministic ? null : HostClock.UtcNanoseconds),
        };
    }

    /// <summary>Tells how a replay went; returns the exit code, or null where the guest's end decides it.</summary>
    internal static int? Conclude(VirtualMachine machine, MachineExit exit, CliStreams streams)
    {
        if (exit.Kind == MachineExitKind.LogFailed)
        {
            streams.Say(Printable.Line(exit.Report));
            return ExitCode.Failure;
        }

        if (machine.Replayed is not { } same)
        {
            return null;
        }

        streams.Say($"replay: same state, hash {same.Hash}");
        return same.FromOutside && exit.Kind == MachineExitKind.Stopped ? ExitCode.Success : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
