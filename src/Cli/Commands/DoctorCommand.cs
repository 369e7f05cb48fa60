using System.CommandLine;
using Doppel.Cli.Diagnosis;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>The command <c>doppel doctor</c>: what works on this machine.</summary>
internal sealed class DoctorCommand
{
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "FORM", Description = "table or json [default: table]" };

    internal Command Build(CliStreams streams)
    {
        var command = new Command("doctor", "Say what works on this machine");
        command.Options.Add(_output);
        command.SetAction(result =>
        {
            string form = result.GetValue(_output) ?? "table";
            if (form is not ("table" or "json"))
            {
                throw CliException.Usage($"--output: \"{Printable.Line(form)}\" is none of table, json{Suggestion.For(form, ["table", "json"])}");
            }

            Finding[] findings = Examination.All();
            streams.Out.Write(form == "json" ? FindingText.Json(findings) : FindingText.Table(findings));
            return ExitCode.Success;
        });
        return command;
    }
}
