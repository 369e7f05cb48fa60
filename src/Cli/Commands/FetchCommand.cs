using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using System.Threading;
using Doppel.Cli.Guests;
using Doppel.Cli.Reporting;
using Doppel.Cli.Running;

namespace Doppel.Cli.Commands;

/// <summary>The command <c>doppel fetch</c>: brings guests into the cache ahead of time and says where they lie.</summary>
internal sealed class FetchCommand
{
    private readonly Argument<string[]> _guests = new("GUEST")
    {
        Arity = new ArgumentArity(0, 100),
        Description = "Guests by name [default: all]: " + string.Join(", ", GuestCatalogue.All.Select(g => g.Name)),
    };

    private readonly Option<bool> _anew = new("--anew") { Description = "Fetch again what is there already", Arity = ArgumentArity.Zero };

    private readonly Option<string> _output = OutputForm.NewOption("table or json, errors too [default: table]");

    internal Command Build(CliStreams streams)
    {
        var command = new Command("fetch", "Fetch guests into the cache; prints their kernel and initrd");
        command.Arguments.Add(_guests);
        command.Options.Add(_anew);
        command.Options.Add(_output);
        command.SetAction(result => Run(result, streams));
        return command;
    }

    private int Run(ParseResult result, CliStreams streams)
    {
        string[] names = result.GetValue(_guests) is { Length: > 0 } given ? given : [.. GuestCatalogue.All.Select(g => g.Name)];
        bool json = OutputForm.IsJson(result.GetValue(_output));
        var fetched = new List<(string Name, GuestFiles Files)>();
        GuestDefinition[] guests = [.. names.Select(GuestCatalogue.Find)];
        using var stop = new CancellationTokenSource();
        using var signals = new EndSignals(_ => stop.Cancel());
        foreach (GuestDefinition guest in guests)
        {
            try
            {
                GuestFiles files = GuestCache.OfUser().Open(guest, result.GetValue(_anew), streams.Say, stop.Token);
                fetched.Add((guest.Name, files));
                if (!json)
                {
                    streams.Out.WriteLine($"{guest.Name}\t{files.KernelPath}\t{files.InitrdPath}");
                }
            }
            catch (OperationCanceledException)
            {
                return signals.ExitCode;
            }
        }

        if (json)
        {
            streams.Out.Write(FetchedText.Json(fetched));
        }

        return ExitCode.Success;
    }
}
