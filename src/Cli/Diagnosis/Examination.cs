using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Doppel.Cli.Guests;
using Doppel.Cli.Reporting;
using Doppel.Cpu;
using Doppel.Host;
using Doppel.Machine;

namespace Doppel.Cli.Diagnosis;

/// <summary>Tries what Doppel needs of a host. Each thing is done, not guessed from a version number, where that is cheap.</summary>
internal static class Examination
{
    private static readonly string[] Telling = ["sse4_2", "popcnt", "aes", "pclmulqdq", "avx2", "bmi2", "xsave", "smap", "vmx", "svm"];

    internal static Finding[] All() =>
    [
        new("doppel", Standing.Works, $"{ProductVersion.Text}, {(File.Exists(Path.Combine(AppContext.BaseDirectory, "doppel.dll")) ? "compiled as it runs" : "native code")}, .NET {Environment.Version}"),
        Processor(),
        Memory(),
        Memfd(),
        ExecutableCode(),
        KernelVirtualization(),
        .. EngineFindings(),
        Toolchain(),
        PackageTools(),
        .. GuestCatalogue.All.Select(Guest),
    ];

    private static Finding Processor()
    {
        string[] lines = (HostMemory.Read("/proc/cpuinfo") ?? string.Empty).Split('\n');
        string Value(string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? string.Empty;
        var flags = new HashSet<string>(Value("flags").Split(' '), StringComparer.Ordinal);
        string model = Value("model name");
        bool right = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        string detail = $"{(model.Length == 0 ? "unknown model" : model)}, {Environment.ProcessorCount} CPUs; {string.Join(' ', Telling.Where(flags.Contains))}";
        return new Finding("processor", right ? Standing.Works : Standing.Missing, right ? detail : "not x86-64: Doppel runs on x86-64 hosts only");
    }

    private static Finding Memory()
    {
        long total = HostMemory.Total();
        long free = HostMemory.Field("MemAvailable") ?? 0;
        return new Finding("memory", free >= 512L << 20 ? Standing.Works : Standing.Limited, $"{free >> 20} MiB available of {total >> 20} MiB");
    }

    private static Finding Memfd()
    {
        try
        {
            using var memory = new SharedMemory("doppel-doctor", 1 << 20);
            memory.Span(0, 1)[0] = 1;
            return new Finding("memfd", Standing.Works, "guest memory can be shared and mapped");
        }
        catch (HostException e)
        {
            return new Finding("memfd", Standing.Missing, e.Message);
        }
    }

    private static Finding ExecutableCode()
        => ExecutableMemory.IsAvailable(out string why)
            ? new Finding("executable memory", Standing.Works, "written through one mapping, run through another")
            : new Finding("executable memory", Standing.Missing, why);

    private static Finding KernelVirtualization()
    {
        const string Name = "/dev/kvm";
        if (!File.Exists(Name))
        {
            return new Finding(Name, Standing.Limited, "not there; no engine of this build needs it");
        }

        try
        {
            using FileStream device = new(Name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            return new Finding(Name, Standing.Works, "opens; no engine of this build uses it yet");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Finding(Name, Standing.Limited, "is there but cannot be opened; no engine of this build needs it");
        }
    }

    private static IEnumerable<Finding> EngineFindings()
    {
        foreach (ICpuEngine engine in Engines.All)
        {
            EngineProbe probe = engine.Probe();
            var standing = (Standing)(int)probe.Fitness;
            yield return new Finding($"engine {engine.Name}", standing, probe.Why.Length > 0 ? probe.Why : "usable");
        }

        if (Engines.All.Count == 0)
        {
            yield return new Finding("engine", Standing.Missing, "this build holds none");
        }
    }

    private static Finding Toolchain()
    {
        bool clang = OutsideProgram.Exists("clang") || OutsideProgram.Exists("gcc");
        bool zlib = File.Exists("/usr/include/zlib.h");
        return clang && zlib
            ? new Finding("native toolchain", Standing.Works, "a C linker and zlib's headers are there: ./setup builds native code")
            : new Finding("native toolchain", Standing.Limited, $"missing: {(clang ? string.Empty : "clang ")}{(zlib ? string.Empty : "zlib1g-dev")}".TrimEnd() + "; ./setup can install it");
    }

    private static Finding PackageTools()
    {
        bool tools = OutsideProgram.Exists("apt-get") && OutsideProgram.Exists("dpkg-deb") && File.Exists(AptSources.Keyring);
        bool mirror = tools && AptSources.Mirrors("/etc/apt").Count > 0;
        return mirror
            ? new Finding("guest fetching", Standing.Works, "apt knows a Debian mirror and its keys")
            : new Finding("guest fetching", Standing.Missing, tools ? "apt knows no Debian mirror" : "no apt, or no keys of the Debian archive; guests by name need them once");
    }

    private static Finding Guest(GuestDefinition guest)
        => GuestCache.OfUser().TryOpen(guest) is { } files
            ? new Finding($"guest {guest.Name}", Standing.Works, Path.GetDirectoryName(files.KernelPath)!)
            : new Finding($"guest {guest.Name}", Standing.Limited, "not fetched yet; the first run fetches it");
}
