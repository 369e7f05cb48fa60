using System;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using Doppel.Cli.Guests;
using Doppel.Cli.Reporting;
using Doppel.Cli.Running;
using Doppel.Machine;

namespace Doppel.Cli.Commands;

/// <summary>
/// The command <c>doppel run</c>: its options, and the way from their text to <see cref="RunOptions"/>. Values are taken as text and read
/// here, so that every mistake gives a line of the same form.
/// </summary>
internal sealed class RunCommand
{
    private const int MaxCommandLine = 2047;

    private static readonly MachineSpec s_default = new();

    private readonly Argument<string[]> _guest = new("GUEST")
    {
        Arity = new ArgumentArity(0, 100),
        Description = "Guest by name: " + string.Join(", ", GuestCatalogue.All.Select(g => $"{g.Name} ({g.Summary})")),
    };

    private readonly Option<string> _kernel = Text("--kernel", "FILE", "Kernel to boot: bzImage, ELF or multiboot");
    private readonly Option<string> _initrd = Text("--initrd", "FILE", "Initial RAM disk for the kernel");
    private readonly Option<string> _append = Text("--append", "TEXT", "Words to add to the kernel's command line");
    private readonly Option<string> _memory = Text("--memory", "SIZE", "RAM of the machine, such as 512M or 1G [default: 256M]");
    private readonly Option<string> _cpu = Text("--cpu", "MODEL", $"CPU model [default: {s_default.CpuModel}]");
    private readonly Option<string> _smp = Text("--smp", "N", $"Number of processors, 1 to {MachineSpec.MaxCpus} [default: 1]");
    private readonly Option<string> _engine = Text("--engine", "NAME", "How guest code runs: auto, interpreter [default: auto]");
    private readonly Option<string[]> _serial = new("--serial")
    {
        HelpName = "WHERE",
        Description = $"First serial port: {LineEnd.SerialForms} [default: stdio]; given again: the second [default: none]",
    };

    private readonly Option<string> _parallel = Text("--parallel", "WHERE", $"Parallel port: {LineEnd.ParallelForms} [default: none]");
    private readonly Option<string> _timeout = Text("--timeout", "SECONDS", "Give up after that time, with exit code 124");
    private readonly Option<bool> _deterministic = Flag("--deterministic", "Guest time counts instructions: every run is the same");
    private readonly Option<string> _seed = Text("--seed", "N", "Seed of what looks random to the guest [default: the host's entropy; 0 with --deterministic]");
    private readonly Option<string> _hashAt = Text("--hash-at", "N", "Stop at instruction N and print the SHA-256 of the machine");
    private readonly Option<string[]> _inputAt = new("--input-at") { HelpName = "N:TEXT", Description = "Type TEXT at instruction N (\\r \\n \\t \\xNN \\\\); may be given again" };
    private readonly Option<string> _record = Text("--record", "FILE", "Log all outside input; deterministic, with the keyboard connected");
    private readonly Option<string> _replay = Text("--replay", "FILE", "Run as recorded: input comes from the log, the end is compared");
    private readonly Option<string> _restore = Text("--restore", "FILE", "Go on from a snapshot: brings its own kernel, memory and CPU");
    private readonly Option<string> _snapshot = Text("--snapshot", "FILE", "Save the machine when it is left, ended by a signal or times out");
    private readonly Option<string> _snapshotAt = Text("--snapshot-at", "N", "Save it at instruction N instead, and go on");
    private readonly Option<string> _name = Text("--name", "NAME", "Name for \"doppel snapshot --of NAME\" [default: the guest's]");
    private readonly Option<bool> _exitFromGuest = Flag("--exit-from-guest", "Exit with the byte that the guest writes to port 0xF4");
    private readonly Option<bool> _noUnpack = Flag("--no-unpack", "Let the kernel unpack itself inside the guest");
    private readonly Option<bool> _quiet = Flag("--quiet", "No progress messages");
    private readonly Option<bool> _verbose = new("--verbose", "-v") { Description = "Say more: boot protocol, machine, instructions", Arity = ArgumentArity.Zero };
    private readonly Option<string> _output = OutputForm.NewOption("Form of errors: table or json [default: table]");

    internal Command Build(CliStreams streams)
    {
        var command = new Command("run", "Run a guest");
        command.Arguments.Add(_guest);
        foreach (Option option in (Option[])[_kernel, _initrd, _append, _memory, _cpu, _smp, _engine, _serial, _parallel, _timeout, _deterministic, _seed, _hashAt, _inputAt, _record, _replay, _restore, _snapshot, _snapshotAt, _name, _exitFromGuest, _noUnpack, _quiet, _verbose, _output])
        {
            command.Options.Add(option);
        }

        command.SetAction(result => Session.Run(Read(result), streams));
        return command;
    }

    private RunOptions Read(ParseResult result)
    {
        string[] names = result.GetValue(_guest) ?? [];
        string? kernel = File(result, _kernel);
        string? initrd = File(result, _initrd);
        if (names.Length > 1)
        {
            throw CliException.Usage($"one guest at a time, please: \"{Printable.Line(names[0])}\" and \"{Printable.Line(names[1])}\" are two");
        }

        if (names.Length == 1 && (kernel ?? initrd) is not null)
        {
            throw CliException.Usage($"guest \"{Printable.Line(names[0])}\" brings its own kernel and initrd: leave out either the name or --{(kernel is null ? "initrd" : "kernel")}");
        }

        string? restore = File(result, _restore);
        if (restore is not null)
        {
            NothingBeside(result, names);
        }
        else if (names.Length == 0 && kernel is null)
        {
            throw CliException.Usage(initrd is null
                ? $"nothing to run: name a guest ({string.Join(", ", GuestCatalogue.All.Select(g => g.Name))}) or give --kernel FILE"
                : "--initrd needs --kernel FILE");
        }

        var options = new RunOptions
        {
            Guest = names.Length == 0 ? null : GuestCatalogue.Find(names[0]),
            KernelPath = kernel,
            InitrdPath = initrd,
            Append = CommandLineText(result.GetValue(_append) ?? string.Empty),
            MemoryBytes = MemorySize.Parse(result.GetValue(_memory) ?? "256M"),
            Cpus = Processors(result.GetValue(_smp)),
            CpuModel = result.GetValue(_cpu) ?? s_default.CpuModel,
            Engine = result.GetValue(_engine) ?? "auto",
            Serial = LineEnd.ParseSerial(result.GetValue(_serial) ?? []),
            Parallel = LineEnd.ParseParallel(result.GetValue(_parallel)),
            Timeout = Seconds(result.GetValue(_timeout)),
            Deterministic = result.GetValue(_deterministic),
            Seed = Count(result.GetValue(_seed), _seed.Name),
            HashAt = Count(result.GetValue(_hashAt), _hashAt.Name),
            Script = [.. (result.GetValue(_inputAt) ?? []).Select(ScriptText.Parse)],
            RecordPath = File(result, _record),
            ReplayPath = File(result, _replay),
            RestorePath = restore,
            SnapshotPath = File(result, _snapshot),
            SnapshotAt = Count(result.GetValue(_snapshotAt), _snapshotAt.Name),
            Name = result.GetValue(_name) ?? (names.Length == 1 ? names[0] : System.IO.Path.GetFileNameWithoutExtension(kernel ?? restore)) ?? string.Empty,
            ExitFromGuest = result.GetValue(_exitFromGuest),
            Unpack = !result.GetValue(_noUnpack),
            Quiet = result.GetValue(_quiet),
            Verbose = result.GetValue(_verbose),
        };
        OutputForm.IsJson(result.GetValue(_output));
        if (options is { Quiet: true, Verbose: true })
        {
            throw CliException.Usage("--quiet and --verbose contradict each other: leave one out");
        }

        InputLog.Check(options);
        if (options.SnapshotAt is not null && options.SnapshotPath is null)
        {
            throw CliException.Usage("--snapshot-at needs --snapshot FILE");
        }

        // A snapshot may be of a deterministic machine: then the machine itself says whether it can.
        if (options.HashAt is not null && !options.Deterministic && (restore ?? options.RecordPath ?? options.ReplayPath) is null)
        {
            throw CliException.Usage("--hash-at needs --deterministic: only then is the machine at an instruction the same each time");
        }

        return options;
    }

    // What a snapshot holds cannot be changed.
    private void NothingBeside(ParseResult result, string[] names)
    {
        if (names.Length != 0)
        {
            throw CliException.Usage($"--restore brings its own guest: leave out \"{Printable.Line(names[0])}\"");
        }

        Option[] kept = [_kernel, _initrd, _append, _memory, _cpu, _smp, _noUnpack];
        foreach (Option option in kept)
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                throw CliException.Usage($"{option.Name} cannot be changed in a snapshot: leave it out beside --restore");
            }
        }
    }

    private static string? File(ParseResult result, Option<string> option)
    {
        string? path = result.GetValue(option);
        return path is { Length: 0 } ? throw CliException.Usage($"{option.Name} needs the name of a file") : path;
    }

    private static string CommandLineText(string text)
    {
        foreach (char c in text)
        {
            if (c is < ' ' or > '~')
            {
                throw CliException.Usage("--append: only printable ASCII letters fit a kernel command line");
            }
        }

        return text.Length <= MaxCommandLine ? text : throw CliException.Usage($"--append: {text.Length} letters are too many; Linux takes {MaxCommandLine}");
    }

    private static TimeSpan? Seconds(string? text)
    {
        if (text is null)
        {
            return null;
        }

        bool isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds);
        return isNumber && seconds is > 0 and <= 31_536_000
            ? TimeSpan.FromSeconds(seconds)
            : throw CliException.Usage($"--timeout: \"{Printable.Line(text)}\" is not a number of seconds above 0 (a year at most)");
    }

    private static ulong? Count(string? text, string option)
    {
        if (text is null)
        {
            return null;
        }

        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        string digits = (hex ? text[2..] : text).Replace("_", string.Empty, StringComparison.Ordinal);
        return ulong.TryParse(digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw CliException.Usage($"{option}: \"{Printable.Line(text)}\" is not a number from 0 to 18446744073709551615");
    }

    private static int Processors(string? text)
    {
        if (text is null)
        {
            return 1;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= MachineSpec.MaxCpus
            ? count
            : throw CliException.Usage($"--smp: \"{Printable.Line(text)}\" is not a number of processors from 1 to {MachineSpec.MaxCpus}");
    }

    private static Option<string> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description, Arity = ArgumentArity.Zero };
}
