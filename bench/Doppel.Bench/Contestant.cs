using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace Doppel.Bench;

/// <summary>One way to run the program.</summary>
/// <param name="Name">Column heading.</param>
/// <param name="Command">Program to start.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record Contestant(string Name, string Command, IReadOnlyList<string> Arguments)
{
    private const int LinesInMessages = 5;

    /// <summary>Runs once. The child is ended when it takes longer than <paramref name="timeout"/>.</summary>
    internal Measurement Run(TimeSpan timeout)
    {
        Measurement measured = new();
        List<string> errors = [];
        using Process process = new();
        process.StartInfo = new ProcessStartInfo(Command, Arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        Stopwatch clock = Stopwatch.StartNew();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
            {
                measured.Take(line.Data, clock.Elapsed.TotalSeconds);
            }
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (!string.IsNullOrWhiteSpace(line.Data))
            {
                errors.Add(line.Data);
            }
        };
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit((int)timeout.TotalMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            throw new BenchException(124, $"{Name} took longer than {timeout.TotalSeconds:0} s; last it said: {Last(measured.OtherLines)}");
        }

        process.WaitForExit();
        measured.WallSeconds = clock.Elapsed.TotalSeconds;
        return measured.IsComplete ? measured : throw new BenchException(1, $"{Name} ended with {process.ExitCode} before the last row; it said: {Last([.. measured.OtherLines, .. errors])}");
    }

    private static string Last(IReadOnlyList<string> lines) => lines.Count == 0 ? "nothing" : string.Join(" | ", lines.TakeLast(LinesInMessages));
}
