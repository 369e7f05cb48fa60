using System;

namespace Doppel.Cli.Reporting;

/// <summary>The end of a command: one line for people on standard error, and an exit code.</summary>
internal sealed class CliException : Exception
{
    internal CliException(int exitCode, string message)
        : base(message) => ExitCode = exitCode;

    internal int ExitCode { get; }

    internal static CliException Usage(string message) => new(Reporting.ExitCode.Usage, message);

    internal static CliException NotFound(string message) => new(Reporting.ExitCode.NotFound, message);

    internal static CliException HostCannot(string message) => new(Reporting.ExitCode.HostCannot, message);
}
