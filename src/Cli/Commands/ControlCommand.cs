using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Doppel.Cli.Control;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>The command <c>doppel control</c>: asks something of a running machine and prints what it answers.</summary>
internal sealed class ControlCommand
{
    private readonly Argument<string[]> _words = new("REQUEST")
    {
        Arity = new ArgumentArity(1, 100),
        Description = "status, screen, screenshot FILE, send-key KEY..., type TEXT, mouse ..., change-medium DRIVE FILE, eject DRIVE, reset, power-down, pause, resume, snapshot FILE, quit",
    };

    private readonly Option<string> _of = new("--of") { HelpName = "NAME", Description = "Machine by name or process number [default: the only one]" };

    private readonly Option<string> _output = OutputForm.NewOption("Form of errors: table or json [default: table]");

    internal Command Build(CliStreams streams)
    {
        var command = new Command("control", "Ask something of a running machine");
        command.Arguments.Add(_words);
        command.Options.Add(_of);
        command.Options.Add(_output);
        command.SetAction(result => Run(result, streams));
        return command;
    }

    private int Run(ParseResult result, CliStreams streams)
    {
        OutputForm.IsJson(result.GetValue(_output));
        string[] words = result.GetValue(_words)!;
        if (words.Any(word => word.Contains('\n', StringComparison.Ordinal)))
        {
            throw CliException.Usage("a request is one line; write a line feed as \\n");
        }

        // The machine's process stands in another folder.
        int path = words[0] switch { "screenshot" or "snapshot" => 1, "change-medium" => 2, _ => words.Length };
        if (path < words.Length)
        {
            words[path] = Path.GetFullPath(words[path]);
        }

        streams.Out.Write(ControlClient.Ask(ControlFolder.Find(result.GetValue(_of)), string.Join(' ', words)));
        return ExitCode.Success;
    }
}
