using System;
using System.IO;
using System.Linq;
using Doppel.Cli.Diagnosis;
using Doppel.Cli.Reporting;
using Doppel.Cpu;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>What can be said before a machine is built: are the files there, has the host the memory, does the engine work.</summary>
internal static class HostChecks
{
    private const long MaxFileBytes = 1L << 30;

    /// <summary>Throws when the file named by <paramref name="option"/> cannot be what it should be.</summary>
    internal static void File(string option, string path)
    {
        long length = IsFile(option, path);
        if (length > MaxFileBytes)
        {
            throw CliException.Usage($"{option}: {Printable.Line(path)} has {length >> 20} MiB; more than {MaxFileBytes >> 20} MiB is no {option[2..]}");
        }
    }

    /// <summary>Length of the file named by <paramref name="option"/>; throws when it is not an ordinary file that can be read.</summary>
    internal static long IsFile(string option, string path)
    {
        string shown = Printable.Line(path);
        if (Directory.Exists(path))
        {
            throw CliException.Usage($"{option}: {shown} is a folder, not a file");
        }

        if (!System.IO.File.Exists(path))
        {
            throw CliException.NotFound($"{option}: no file {shown}{Neighbour(path)}");
        }

        try
        {
            // Looked at before it is opened: opening a pipe without a writer would wait, and a device has no end. Neither has a length.
            var file = new FileInfo(path);
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            if (file.Length == 0)
            {
                throw CliException.Usage($"{option}: {shown} is empty, or not an ordinary file");
            }

            System.IO.File.OpenHandle(path, share: FileShare.ReadWrite).Dispose();
            return file.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.NotFound($"{option}: {shown} cannot be read: {Reason(e)}");
        }
    }

    /// <summary>Throws when the host has less memory than the machine would have.</summary>
    internal static void Memory(long bytes)
    {
        long host = HostMemory.Total();
        if (bytes > host)
        {
            throw CliException.HostCannot($"--memory: {MemorySize.Describe(bytes)} is more than this host has ({host >> 20} MiB); use less");
        }
    }

    /// <summary>The engine's name and why it is this one, for people; throws when there is none.</summary>
    internal static string Engine(string asked)
    {
        string[] names = [.. Engines.All.Select(e => e.Name)];
        ICpuEngine? engine = Engines.Find(asked);
        if (engine is null)
        {
            throw asked == "auto"
                ? CliException.HostCannot(names.Length == 0 ? "this build holds no engine" : $"no engine works on this host ({string.Join(", ", names)}); see \"doppel doctor\"")
                : CliException.Usage($"--engine: \"{Printable.Line(asked)}\" is no engine{Suggestion.For(asked, names.Append("auto"))} (engines: {string.Join(", ", names.Prepend("auto"))})");
        }

        EngineProbe probe = engine.Probe();
        if (probe.Fitness == EngineFitness.Unusable)
        {
            throw CliException.HostCannot($"--engine: {engine.Name} does not work on this host: {probe.Why}");
        }

        string why = asked == "auto" ? names.Length == 1 ? "the only one in this build" : "the best that works on this host" : "as asked";
        return $"engine {engine.Name} ({why}{(probe.Fitness == EngineFitness.Degraded ? "; " + probe.Why : string.Empty)})";
    }

    /// <summary>A short reason, without the path that .NET puts into its messages.</summary>
    internal static string Reason(Exception e) => e is UnauthorizedAccessException ? "permission denied" : Printable.Line(e.Message);

    private static string Neighbour(string path)
    {
        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
            if (!Directory.Exists(folder))
            {
                return $" (there is no folder {Printable.Line(folder)})";
            }

            return Suggestion.For(Path.GetFileName(path), Directory.EnumerateFiles(folder).Take(1000).Select(f => Path.GetFileName(f)!));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return string.Empty;
        }
    }
}
