using System;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace Doppel.Bench;

/// <summary>Finds the shared material and builds the guest program from it.</summary>
internal sealed class Material(string repository)
{
    private readonly string? _shared = FindShared(repository);

    internal static string FindRepository()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Doppel.slnx")))
            {
                return at.FullName;
            }
        }

        throw BenchException.Missing("this program does not stand in a checkout of Doppel");
    }

    /// <summary>Path of a command, or a message that names what to install.</summary>
    internal static string Command(string name, string package)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return File.Exists(name) ? Path.GetFullPath(name) : throw BenchException.Missing(name + " does not exist");
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw BenchException.Missing($"{name} is missing; apt-get install {package}");
    }

    internal string Kernel(string? asked)
    {
        string path = asked ?? Path.Combine(Shared(), "guests/linux/i386/vmlinuz");
        return File.Exists(path) ? path : throw BenchException.Missing("no kernel at " + path + "; use --kernel FILE");
    }

    /// <summary>Builds guestbench32 and i32.gz once; returns the folder.</summary>
    internal string Build()
    {
        string to = Path.Combine(repository, "artifacts/bench");
        string script = Path.Combine(Shared(), "bench/build.sh");
        if (File.Exists(Path.Combine(to, "i32.gz")) && File.GetLastWriteTimeUtc(Path.Combine(to, "i32.gz")) > File.GetLastWriteTimeUtc(Path.Combine(Shared(), "bench/guestbench.c")))
        {
            return to;
        }

        Command("gcc", "gcc gcc-multilib");
        Command("cpio", "cpio");
        using Process build = Process.Start(new ProcessStartInfo("/bin/sh", [script, to]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        string errors = build.StandardError.ReadToEnd();
        build.WaitForExit();
        return build.ExitCode == 0
            ? to
            : throw BenchException.Missing("cannot build guestbench (32-bit needs gcc-multilib): " + (errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "no message"));
    }

    private static string? FindShared(string repository)
    {
        if (Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named)
        {
            return named;
        }

        for (DirectoryInfo? at = new(repository); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "bench")))
            {
                return candidate;
            }
        }

        return null;
    }

    private string Shared() => _shared ?? throw BenchException.Missing("no ../shared beside the checkout; set DOPPEL_SHARED, or use --kernel and --initrd");
}
