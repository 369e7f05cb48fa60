using System;
using System.IO;
using Doppel.Cli.Commands;
using Doppel.Cli.Reporting;
using Doppel.Host;
using Doppel.Machine;
using Doppel.Machine.Boot;

namespace Doppel.Cli;

/// <summary>Entry of the command <c>doppel</c>. Whatever goes wrong ends here: as one line and an exit code, never as a stack trace.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        HostSignals.IgnoreBrokenPipe();
        return Run(args, CliStreams.OfProcess());
    }

    /// <summary>Runs one command line; tests come in here too.</summary>
    internal static int Run(string[] args, CliStreams streams)
    {
        int code;
        try
        {
            code = CommandLine.Invoke(args, streams);
            streams.Out.Flush();
        }
        catch (CliException e)
        {
            code = Fail(args, streams, e.ExitCode, e.Message);
        }
        catch (MachineSpecException e)
        {
            code = Fail(args, streams, ExitCode.Usage, e.Message);
        }
        catch (BootException e)
        {
            code = Fail(args, streams, ExitCode.Usage, Printable.Line(e.Message));
        }
        catch (HostException e)
        {
            code = Fail(args, streams, ExitCode.HostCannot, e.Message);
        }
        catch (OutOfMemoryException)
        {
            code = Fail(args, streams, ExitCode.HostCannot, "the host has no memory left; use less --memory");
        }
        catch (IOException e)
        {
            // Most often: whoever read our output has gone.
            code = DescriptorStream.IsClosedPipe(e) ? ExitCode.OutputClosed : Fail(args, streams, ExitCode.Failure, Printable.Line(e.Message));
        }
        catch (Exception e)
        {
            code = Fail(args, streams, ExitCode.Failure, $"an error of Doppel's own: {e.GetType().Name}: {Printable.Line(e.Message)}");
        }

        return code;
    }

    private static int Fail(string[] args, CliStreams streams, int code, string message)
    {
        try
        {
            streams.Out.Flush();
        }
        catch (IOException)
        {
            // The message on standard error is what counts now.
        }

        if (OutputForm.WantsJson(args))
        {
            streams.Report(JsonText.Error(code, message));
        }
        else
        {
            streams.Say(message);
        }

        return code;
    }
}
