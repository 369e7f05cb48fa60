using System;
using System.IO;
using System.Threading;
using Doppel.Cli.Guests;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>One run of a guest: checks, machine, console, and the way from how it ended to an exit code.</summary>
internal static class Session
{
    /// <summary>How long output may take to reach a slow reader after the end.</summary>
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(2);

    internal static int Run(RunOptions options, CliStreams streams)
    {
        HostChecks.Memory(options.MemoryBytes);
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
        MachineSpec spec = Spec(options, streams, ending.Fetching);
        if (ending.ExitCode is { } early)
        {
            return early;
        }

        streams.Say(engine);
        using Stream? behind = SerialEnd.Open(options);
        using DescriptorOutput? serial = behind is null ? null : new DescriptorOutput(behind, ending.OutputLost);
        using var machine = new VirtualMachine(spec with { Serial0 = serial });
        ending.Watch(machine, serial);
        using (ConsoleInput input = ConsoleInput.Attach(options, machine, ending, streams))
        {
            ending.BeforeForcedEnd = input.Restore;
            MachineExit exit = machine.Run();
            input.Restore();
            serial?.Finish(ending.ExitCode is null ? DrainPatience : TimeSpan.FromMilliseconds(200));
            return Conclude(exit, options, streams, ending, serial);
        }
    }

    private static MachineSpec Spec(RunOptions options, CliStreams streams, CancellationToken stop)
    {
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

        return new MachineSpec
        {
            MemoryBytes = options.MemoryBytes,
            CpuModel = options.CpuModel,
            Engine = options.Engine,
            KernelPath = kernel,
            InitrdPath = initrd,
            CommandLine = commandLine,
            Unpack = options.Unpack,
            Deterministic = options.Deterministic,
            Seed = options.Seed,
            HashAt = options.HashAt,
            MaxTime = options.Timeout,
        };
    }

    private static int Conclude(MachineExit exit, RunOptions options, CliStreams streams, Ending ending, DescriptorOutput? serial)
    {
        bool toTerminalLine = options.Serial == SerialTarget.Stdio && serial is { LastByte: not (byte)'\n' };
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
                streams.Error.Write(exit.Report.TrimEnd() + "\n");
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
                else if (ending.Why.Length > 0)
                {
                    streams.Say(ending.Why);
                }

                return ending.ExitCode ?? ExitCode.Failure;
        }
    }
}
