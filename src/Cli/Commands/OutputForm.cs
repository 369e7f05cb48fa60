using System;
using System.CommandLine;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Commands;

/// <summary>The option <c>-o</c>: data and errors for people or for programs.</summary>
internal static class OutputForm
{
    private const string Name = "--output";
    private const string ShortName = "-o";
    private const string Json = "json";

    internal static Option<string> NewOption(string description) => new(Name, ShortName) { HelpName = "FORM", Description = description };

    /// <summary>Whether the option's value asks for JSON; throws when it is no form at all.</summary>
    internal static bool IsJson(string? form) => form switch
    {
        null or "table" => false,
        Json => true,
        _ => throw CliException.Usage($"{Name}: \"{Printable.Line(form)}\" is none of table, json{Suggestion.For(form, ["table", Json])}"),
    };

    /// <summary>Whether a command line asks for JSON, however wrong the rest of it is: the error about it then comes as JSON.</summary>
    internal static bool WantsJson(ReadOnlySpan<string> args)
    {
        for (int i = 0; i < args.Length; i++)
        {
            string? value = args[i] is Name or ShortName
                ? i + 1 < args.Length ? args[i + 1] : null
                : args[i].StartsWith(Name + "=", StringComparison.Ordinal) || args[i].StartsWith(ShortName + "=", StringComparison.Ordinal) ? args[i][(args[i].IndexOf('=', StringComparison.Ordinal) + 1)..] : null;
            if (value == Json)
            {
                return true;
            }
        }

        return false;
    }
}
