using System;

namespace Doppel.Bench;

/// <summary>Ends the program with one line for people and an exit code.</summary>
internal sealed class BenchException(int exitCode, string message) : Exception(message)
{
    internal int ExitCode { get; } = exitCode;

    internal static BenchException Usage(string message) => new(2, message);

    internal static BenchException Missing(string message) => new(5, message);
}
