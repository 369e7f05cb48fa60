using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using Doppel.Backends.Character;
using Doppel.Cli.Control;
using Doppel.Cli.Guests;
using Doppel.Cli.Media;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>One run of a guest: checks, machine, console, and the way from how it ended to an exit code.</summary>
internal static class Session
{
    /// <summary>How long output may take to reach its reader after an end from outside.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>How long after --timeout a guest may still wait for a reader that does not read.</summary>
    private static readonly TimeSpan StuckPatience = TimeSpan.FromSeconds(1);

    internal static int Run(RunOptions options, CliStreams streams)
    {
        using RestoreSource? restore = options.RestorePath is { } path ? RestoreSource.Open(path) : null;
        HostChecks.Memory(restore?.Snapshot.Spec.MemoryBytes ?? options.MemoryBytes);
        if (options.KernelPath is not null)
        {
            HostChecks.File("--kernel", options.KernelPath);
        }

        if (options.InitrdPath is not null)
        {
            HostChecks.File("--initrd", options.InitrdPath);
        }

        string engine = HostChecks.Engine(options.Engine);
        using var ending = new Ending();
        using MediaShelf media = new(streams);
        MachineSpec spec = SpecOf(options, restore, media, streams, ending.Fetching);
        if (ending.ExitCode is { } early)
        {
            return early;
        }

        streams.Say(engine);
        using OpenLines lines = OpenLines.Open(options, ending.OutputLost);
        using InputLog log = InputLog.Open(options);
        using VirtualMachine machine = restore is null ? new(log.Apply(lines.Apply(spec))) : restore.NewMachine(log.Apply(lines.Apply(spec)));
        ending.Watch(machine, lines.Abandon);
        restore?.Verify(ending);
        using ControlServer? control = ControlServer.Start(machine, options.Name, media, () => ending.Request(ExitCode.Success, string.Empty));
        lines.Start(machine, options, streams);
        using (ConsoleInput input = ConsoleInput.Attach(options, machine, ending, streams))
        {
            using OpenDisplay display = OpenDisplay.Open(options, machine, ending, streams);
            ending.BeforeForcedEnd = () =>
            {
                display.Restore();
                input.Restore();
            };
            if (options.Verbose)
            {
                string from = restore is null ? $"{machine.BootProtocol}, kernel {spec.KernelPath}" : $"snapshot {options.RestorePath}";
                streams.Say($"{from}, {(spec.Cpus == 1 ? string.Empty : $"{spec.Cpus} x ")}CPU model {spec.CpuModel}, {MemorySize.Describe(spec.MemoryBytes)}, command line \"{spec.CommandLine}\"");
            }

            using Timer? stuck = options.Timeout is { } most ? new Timer(_ => lines.Abandon(), null, most + StuckPatience, Timeout.InfiniteTimeSpan) : null;
            long began = Stopwatch.GetTimestamp();
            MachineExit exit = RunAndSave(machine, options, streams);
            display.Restore();
            input.Restore();
            Drain(lines, exit, ending);
            TimeSpan took = Stopwatch.GetElapsedTime(began);
            Verbose(options, streams, string.Create(CultureInfo.InvariantCulture, $"{machine.RetiredInstructions} instructions in {took.TotalSeconds:0.0} s, {machine.ResetCount} resets"));
            restore?.CheckVerified();
            return InputLog.Conclude(machine, exit, streams) ?? Conclude(exit, options, streams, ending, lines.Stdio);
        }
    }

    private static MachineExit RunAndSave(VirtualMachine machine, RunOptions options, CliStreams streams)
    {
        machine.StopAt = options.SnapshotAt;
        MachineExit exit = machine.Run();
        bool isAtInstruction = exit.Kind == MachineExitKind.InstructionReached;
        bool isEnded = exit.Kind is MachineExitKind.Stopped or MachineExitKind.Timeout;
        if (options.SnapshotPath is { } path && (isAtInstruction || (isEnded && options.SnapshotAt is null)))
        {
            machine.SaveSnapshot(path);
            streams.Say($"saved the machine to {Printable.Line(path)}");
        }

        return isAtInstruction ? machine.Run() : exit;
    }

    // A guest that ended by itself has its words written however slow the reader is; an end from outside does not wait long.
    private static void Drain(OpenLines lines, MachineExit exit, Ending ending)
    {
        bool fromOutside = exit.Kind is MachineExitKind.Timeout or MachineExitKind.Stopped;
        while (!lines.Finish(DrainPatience) && !fromOutside && ending.ExitCode is null)
        {
            // The reader has not read it all.
        }
    }

    private static void Verbose(RunOptions options, CliStreams streams, string line)
    {
        if (options.Verbose)
        {
            streams.Say(line);
        }
    }

    private static MachineSpec SpecOf(RunOptions options, RestoreSource? restore, MediaShelf media, CliStreams streams, CancellationToken stop)
    {
        if (restore is not null)
        {
            MachineSpec saved = restore.Snapshot.Spec;
            return saved with
            {
                Engine = options.Engine,
                Deterministic = saved.Deterministic || options.Deterministic,
                Seed = options.Seed ?? saved.Seed,
                HashAt = options.HashAt,
                MaxTime = options.Timeout,
                Drives = options.Media.HasDrives || saved.Drives.Count == 0 ? options.Media.Open(media) : throw Missing(saved),
            };
        }

        string? kernel = options.KernelPath;
        string? initrd = options.InitrdPath;
        string commandLine = options.Append;
        if (options.Guest is { } guest)
        {
            try
            {
                GuestFiles files = GuestCache.OfUser().Open(guest, anew: false, options.Quiet ? _ => { } : streams.Say, stop);
                (kernel, initrd) = (files.KernelPath, files.InitrdPath);
            }
            catch (OperationCanceledException)
            {
                // The signal that cancelled has set the exit code.
            }

            commandLine = $"{GuestDefinition.CommandLine} {options.Append}".TrimEnd();
        }

        MachineSpec spec = new()
        {
            MemoryBytes = options.MemoryBytes,
            CpuModel = options.CpuModel,
            Cpus = options.Cpus,
            Engine = options.Engine,
            KernelPath = kernel,
            InitrdPath = initrd,
            CommandLine = commandLine,
            Unpack = options.Unpack,
            Deterministic = options.Deterministic,
            Seed = options.Seed,
            HashAt = options.HashAt,
            MaxTime = options.Timeout,
            HasDisplay = options.HasDisplay,
            VideoRomPath = options.HasDisplay ? FirmwareLocator.FindVideoRom() : null,
            Drives = options.Media.Open(media),
            BootOrder = options.Media.BootOrder,
        };
        return options.BootsFirmware ? FirmwareFiles.Apply(spec, options, media) : FirmwareFiles.ApplyToKernel(spec);
    }

    private static CliException Missing(MachineSpec saved) =>
        CliException.Usage($"--restore: the machine has {saved.Drives.Count} drives; give it their media again with --floppy, --cdrom and --disk");

    private static int Conclude(MachineExit exit, RunOptions options, CliStreams streams, Ending ending, StreamOutput? stdio)
    {
        bool toTerminalLine = stdio is { LastByte: not (byte)'\n' };
        void Tell(string line)
        {
            if (!options.Quiet)
            {
                streams.Say(line);
            }
        }

        switch (exit.Kind)
        {
            case MachineExitKind.PowerOff:
                Tell("guest powered off");
                return ExitCode.Success;
            case MachineExitKind.GuestExit when options.ExitFromGuest:
                return exit.Code;
            case MachineExitKind.GuestExit:
                Tell($"guest ended the machine with byte {exit.Code} (--exit-from-guest would pass it on)");
                return ExitCode.Success;
            case MachineExitKind.Crash:
                streams.Say("guest crashed");
                streams.Report(exit.Report.TrimEnd() + "\n");
                return ExitCode.GuestCrashed;
            case MachineExitKind.HashReached:
                streams.Out.Write(toTerminalLine ? $"\n{exit.Report}\n" : $"{exit.Report}\n");
                return ExitCode.Success;
            case MachineExitKind.Timeout:
                streams.Say($"gave up after {options.Timeout?.TotalSeconds} s (--timeout)");
                return ExitCode.TimedOut;
            default:
                if (ending.ExitCode == ExitCode.Success)
                {
                    Tell("left; the guest is stopped");
                }
                else if (ending.Why.Length > 0 || (ending.ExitCode is null && exit.Report.Length > 0))
                {
                    streams.Say(ending.Why.Length > 0 ? ending.Why : exit.Report);
                }

                return ending.ExitCode ?? ExitCode.Failure;
        }
    }
}
