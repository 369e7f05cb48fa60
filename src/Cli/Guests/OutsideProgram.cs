using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>Runs a program of the host (apt, dpkg) to its end, without a shell and without a terminal to ask on.</summary>
internal static class OutsideProgram
{
    private const int MaxMessages = 200;

    internal readonly record struct Outcome(int Code, string Output, IReadOnlyList<string> Messages);

    /// <summary>Runs it and keeps its output as text.</summary>
    internal static Outcome Run(string program, IEnumerable<string> arguments, string directory, string? aptConfig, CancellationToken stop)
    {
        string output = string.Empty;
        Outcome outcome = Run(program, arguments, directory, aptConfig, stream => output = new StreamReader(stream).ReadToEnd(), stop);
        return outcome with { Output = output };
    }

    /// <summary>Runs it and gives its output to <paramref name="consume"/>, which may stop reading early.</summary>
    internal static Outcome Run(string program, IEnumerable<string> arguments, string directory, string? aptConfig, Action<Stream> consume, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        start.Environment.Remove("APT_CONFIG");
        if (aptConfig is not null)
        {
            start.Environment["APT_CONFIG"] = aptConfig;
        }

        using Process process = Start(start);
        using CancellationTokenRegistration kill = stop.Register(() => Kill(process));
        process.StandardInput.Close();
        Task<List<string>> messages = Task.Run(() => Messages(process.StandardError), CancellationToken.None);
        try
        {
            consume(process.StandardOutput.BaseStream);
            process.StandardOutput.Close();
        }
        catch
        {
            Kill(process);
            throw;
        }

        process.WaitForExit();
        stop.ThrowIfCancellationRequested();
        return new Outcome(process.ExitCode, string.Empty, messages.GetAwaiter().GetResult());
    }

    /// <summary>Whether <paramref name="program"/> is on the search path.</summary>
    internal static bool Exists(string program) => Find(program) is not null;

    /// <summary>Where <paramref name="program"/> is on the search path, or null.</summary>
    internal static string? Find(string program)
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            string path = Path.Combine(directory, program);
            if (File.Exists(path))
            {
                return path;
            }
        }

        return null;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw CliException.HostCannot($"cannot run {start.FileName}: it is not installed here");
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static List<string> Messages(StreamReader from)
    {
        var lines = new List<string>();
        while (from.ReadLine() is { } line)
        {
            if (lines.Count < MaxMessages)
            {
                lines.Add(line);
            }
        }

        return lines;
    }
}
