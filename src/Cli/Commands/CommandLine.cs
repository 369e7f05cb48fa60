using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Linq;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>
/// The grammar of the whole command line, and its mistakes: an unknown option or command ends with one line, a suggestion and exit 2
/// (System.CommandLine itself would take an unknown option for a guest's name).
/// </summary>
internal static class CommandLine
{
    private static readonly ParserConfiguration Grammar = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    internal static int Invoke(string[] args, CliStreams streams)
    {
        RootCommand root = Build(streams);
        ParseResult result = root.Parse(args, Grammar);
        if (result.Action is not (ExampleHelp or VersionLine))
        {
            Check(result, args);
        }

        return result.Invoke(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
            Output = streams.Out,
            Error = streams.Error,
        });
    }

    private static RootCommand Build(CliStreams streams)
    {
        var root = new RootCommand("Runs unmodified x86 operating systems in virtual machines.");
        root.Directives.Clear();
        root.Subcommands.Add(new RunCommand().Build(streams));
        root.Subcommands.Add(new SnapshotCommand().Build(streams));
        root.Subcommands.Add(new ControlCommand().Build(streams));
        root.Subcommands.Add(new FetchCommand().Build(streams));
        root.Subcommands.Add(new DoctorCommand().Build(streams));
        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
            {
                option.Action = new ExampleHelp(help);
            }
            else if (option is VersionOption)
            {
                option.Action = new VersionLine();
            }
        }

        root.SetAction(result => result.CommandResult.Command == root ? throw CliException.Usage("no command given: try \"doppel run debian\" or \"doppel --help\"") : 0);
        return root;
    }

    private static void Check(ParseResult result, string[] args)
    {
        string? stray = StrayOption(result, args);
        if (stray is not null)
        {
            OptionResult? eater = result.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => o.Tokens.Any(t => t.Value == stray));
            if (eater is not null)
            {
                throw CliException.Usage(NeedsValue(eater.Option));
            }

            string[] known = [.. Options(result).SelectMany(o => o.Aliases.Append(o.Name)).Where(n => n.StartsWith("--", StringComparison.Ordinal))];
            string word = stray.Split('=', ':')[0];
            throw CliException.Usage($"unknown option {Printable.Line(word)}{Suggestion.For(word, known)} (see \"{Path(result)} --help\")");
        }

        if (result.UnmatchedTokens.Count > 0)
        {
            string word = result.UnmatchedTokens[0];
            string kind = result.CommandResult.Command is RootCommand ? "command" : "argument";
            throw CliException.Usage($"unknown {kind} \"{Printable.Line(word)}\"{Suggestion.For(word, result.CommandResult.Command.Subcommands.Select(c => c.Name))} (see \"{Path(result)} --help\")");
        }

        if (result.Errors.Count > 0)
        {
            throw CliException.Usage(Complaint(result.Errors[0]));
        }
    }

    private static string Complaint(ParseError error)
    {
        if (error.SymbolResult is OptionResult { Option: { } option } given)
        {
            return given.Tokens.Count == 0 ? NeedsValue(option) : $"{option.Name} is given more than once";
        }

        return Printable.Line(error.Message.Replace("\n", " ", StringComparison.Ordinal));
    }

    private static string NeedsValue(Option option) => $"{option.Name} needs a value: {option.Name} {option.HelpName}";

    /// <summary>The first word that looks like an option and was taken for something else. Only what follows --append may look so.</summary>
    private static string? StrayOption(ParseResult result, string[] args)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (OptionResult option in result.CommandResult.Children.OfType<OptionResult>())
        {
            taken.Add(option.IdentifierToken?.Value ?? option.Option.Name);
            if (option.Option.Name == "--append")
            {
                taken.UnionWith(option.Tokens.Select(t => t.Value));
            }
        }

        return args.FirstOrDefault(a => a.Length > 1 && a[0] == '-' && a != "--" && !taken.Contains(a) && !taken.Contains(a.Split('=', ':')[0]) && !IsNegativeValue(a));
    }

    // "--timeout -5" is a bad number, and the option says so itself.
    private static bool IsNegativeValue(string word) => word.Length > 1 && char.IsAsciiDigit(word[1]);

    private static IEnumerable<Option> Options(ParseResult result) => result.CommandResult.Command.Options.Concat(result.RootCommandResult.Command.Options);

    private static string Path(ParseResult result) => result.CommandResult.Command is RootCommand ? "doppel" : $"doppel {result.CommandResult.Command.Name}";

    /// <summary>System.CommandLine's help, followed by examples.</summary>
    private sealed class ExampleHelp(HelpAction inner) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = inner.Invoke(parseResult);
            parseResult.InvocationConfiguration.Output.Write(HelpText.After(parseResult.CommandResult.Command.Name));
            return code;
        }
    }

    private sealed class VersionLine : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.Write($"doppel {ProductVersion.Text}\n");
            return ExitCode.Success;
        }
    }
}
