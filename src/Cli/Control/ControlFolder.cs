using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Control;

/// <summary>
/// Where running machines can be found by their user: a folder for this user only, with a socket for each machine, called PID-NAME.sock.
/// </summary>
internal static class ControlFolder
{
    private const int MaxSocketPath = 107;
    private const string Ending = ".sock";

    /// <summary>The folder, made when it was not there; null when there is no place for one.</summary>
    internal static string? Open()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string? parent = Directory.Exists(runtime) ? runtime : home.Length != 0 ? Path.Combine(home, ".cache") : null;
        if (parent is null || !OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            string folder = Path.Combine(parent, "doppel", "run");
            _ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The socket of this process's machine; null when its path would be longer than a socket's may be.</summary>
    internal static string? SocketFor(string folder, string name)
    {
        string safe = new([.. name.Take(32).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_')]);
        string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{safe}{Ending}"));
        return System.Text.Encoding.UTF8.GetByteCount(path) <= MaxSocketPath ? path : null;
    }

    /// <summary>The machines that run, by process number and name; removes the sockets of those that died.</summary>
    internal static IReadOnlyList<RunningMachine> List(string? folder)
    {
        List<RunningMachine> found = [];
        foreach (string path in folder is null ? Enumerable.Empty<string>() : Directory.EnumerateFiles(folder, "*" + Ending).Order(StringComparer.Ordinal))
        {
            string[] parts = Path.GetFileNameWithoutExtension(path).Split('-', 2);
            if (parts.Length != 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            {
                continue;
            }

            if (Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}")))
            {
                found.Add(new RunningMachine(process, parts[1], path));
            }
            else
            {
                File.Delete(path);
            }
        }

        return found;
    }

    /// <summary>The machine that <paramref name="which"/> (a name, a process number, or null for the only one) means.</summary>
    internal static RunningMachine Find(string? which)
    {
        IReadOnlyList<RunningMachine> all = List(Open());
        RunningMachine[] fitting = [.. all.Where(m => which is null || m.Name == which || m.Process.ToString(CultureInfo.InvariantCulture) == which)];
        string names = string.Join(", ", all.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} ({m.Process})")));
        return fitting.Length switch
        {
            1 => fitting[0],
            0 when all.Count == 0 => throw CliException.NotFound("no machine of yours is running; start one with \"doppel run\""),
            0 => throw CliException.NotFound($"no machine \"{Printable.Line(which!)}\" is running{Suggestion.For(which!, all.Select(m => m.Name))} (running: {names})"),
            _ => throw CliException.Usage($"which machine? say --of NAME or --of PID (running: {names})"),
        };
    }
}

/// <summary>A machine that runs in a process of the same user.</summary>
/// <param name="Process">Process number.</param>
/// <param name="Name">Its name, not always its only bearer.</param>
/// <param name="SocketPath">Where it listens.</param>
internal sealed record RunningMachine(int Process, string Name, string SocketPath);
