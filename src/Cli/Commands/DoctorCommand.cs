using System.CommandLine;
using Doppel.Cli.Diagnosis;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>The command <c>doppel doctor</c>: what works on this machine.</summary>
internal sealed class DoctorCommand
{
    private readonly Option<string> _output = OutputForm.NewOption("table or json, errors too [default: table]");

    internal Command Build(CliStreams streams)
    {
        var command = new Command("doctor", "Say what works on this machine");
        command.Options.Add(_output);
        command.SetAction(result =>
        {
            bool json = OutputForm.IsJson(result.GetValue(_output));
            Finding[] findings = Examination.All();
            streams.Out.Write(json ? FindingText.Json(findings) : FindingText.Table(findings));
            return ExitCode.Success;
        });
        return command;
    }
}
