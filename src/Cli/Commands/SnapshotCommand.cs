using System;
using System.CommandLine;
using System.IO;
using Doppel.Cli.Control;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>The command <c>doppel snapshot</c>: saves a running machine to a file. The machine stands still for that long and goes on.</summary>
internal sealed class SnapshotCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "File to write; what stands there is replaced when the new one is whole" };

    private readonly Option<string> _of = new("--of") { HelpName = "NAME", Description = "Machine by name or process number [default: the only one]" };

    private readonly Option<string> _output = OutputForm.NewOption("Form of errors: table or json [default: table]");

    internal Command Build(CliStreams streams)
    {
        var command = new Command("snapshot", "Save a running machine to a file");
        command.Arguments.Add(_file);
        command.Options.Add(_of);
        command.Options.Add(_output);
        command.SetAction(result => Run(result, streams));
        return command;
    }

    private int Run(ParseResult result, CliStreams streams)
    {
        OutputForm.IsJson(result.GetValue(_output));
        string file = result.GetValue(_file)!;
        if (file.Length == 0 || file.Contains('\n', StringComparison.Ordinal))
        {
            throw CliException.Usage("FILE: name a file to write");
        }

        RunningMachine machine = ControlFolder.Find(result.GetValue(_of));
        ControlClient.Snapshot(machine, Path.GetFullPath(file));
        streams.Say($"saved {machine.Name} ({machine.Process}) to {Printable.Line(file)}");
        return ExitCode.Success;
    }
}
