using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Doppel.Host;

/// <summary>What this host offers, for <c>doctor</c> and for choosing an engine. Measured when <see cref="Collect"/> is called; never throws.</summary>
public sealed class HostFacts
{
    /// <summary>Model name of the first processor, or "unknown".</summary>
    public string CpuModel { get; private init; } = "unknown";

    /// <summary>Instruction sets that Doppel makes use of, and whether this processor and runtime have them.</summary>
    public IReadOnlyList<KeyValuePair<string, bool>> CpuFeatures { get; private init; } = [];

    /// <summary>Processors this process may use, at least 1; a container's quota is taken into account.</summary>
    public int Cores { get; private init; }

    /// <summary>All memory of the host in bytes, or 0 when unknown.</summary>
    public long MemoryBytes { get; private init; }

    /// <summary>Memory that can be had without swapping in bytes, or 0 when unknown.</summary>
    public long AvailableMemoryBytes { get; private init; }

    /// <summary>The container's memory limit in bytes, or 0 for none.</summary>
    public long MemoryLimitBytes { get; private init; }

    /// <summary>Kernel name and release, for example "Linux 6.1.0".</summary>
    public string Kernel { get; private init; } = "unknown";

    /// <summary>Name of the distribution, for example "Debian GNU/Linux 12 (bookworm)".</summary>
    public string Distribution { get; private init; } = string.Empty;

    /// <summary>How many separate mappings a process may have (vm.max_map_count), or 0 when unknown.</summary>
    public long MaxMappings { get; private init; }

    /// <summary>Whether guest RAM can be made and used, with the reason when not.</summary>
    public HostCheck GuestMemory { get; private init; }

    /// <summary>Whether this process may run code it made, with the reason when not.</summary>
    public HostCheck ExecutableMemory { get; private init; }

    /// <summary>Whether /dev/kvm can be opened, with the reason when not.</summary>
    public HostCheck Kvm { get; private init; }

    /// <summary>Signs of a container, for example "docker"; empty when there are none.</summary>
    public string Container { get; private init; } = string.Empty;

    /// <summary>Looks at the host.</summary>
    public static HostFacts Collect() => new()
    {
        CpuModel = ProcText.Value(ProcText.Read("/proc/cpuinfo"), "model name") ?? "unknown",
        CpuFeatures = Features(),
        Cores = Environment.ProcessorCount,
        MemoryBytes = ProcText.Kibibytes(ProcText.Read("/proc/meminfo"), "MemTotal"),
        AvailableMemoryBytes = ProcText.Kibibytes(ProcText.Read("/proc/meminfo"), "MemAvailable"),
        MemoryLimitBytes = ProcText.Number(ProcText.Read("/sys/fs/cgroup/memory.max")),
        Kernel = "Linux " + ProcText.Read("/proc/sys/kernel/osrelease").Trim(),
        Distribution = RuntimeInformation.OSDescription,
        MaxMappings = ProcText.Number(ProcText.Read("/proc/sys/vm/max_map_count")),
        GuestMemory = CheckGuestMemory(),
        ExecutableMemory = Host.ExecutableMemory.IsAvailable(out string why) ? new HostCheck(true, string.Empty) : new HostCheck(false, why),
        Kvm = CheckKvm(),
        Container = ContainerSigns(),
    };

    private static KeyValuePair<string, bool>[] Features() =>
    [
        new("SSE4.2", Sse42.IsSupported),
        new("AES", Aes.IsSupported),
        new("PCLMULQDQ", Pclmulqdq.IsSupported),
        new("POPCNT", Popcnt.IsSupported),
        new("BMI1", Bmi1.IsSupported),
        new("BMI2", Bmi2.IsSupported),
        new("AVX", Avx.IsSupported),
        new("AVX2", Avx2.IsSupported),
    ];

    private static HostCheck CheckGuestMemory()
    {
        try
        {
            using SharedMemory memory = new("doppel-check", 4096);
            memory.Span(0, 1)[0] = 0x5A;
            return new HostCheck(memory.Span(0, 1)[0] == 0x5A, string.Empty);
        }
        catch (HostException error)
        {
            return new HostCheck(false, error.Message);
        }
    }

    private static HostCheck CheckKvm()
    {
        int fd = NativeDescriptors.Open("/dev/kvm", NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenCloexec);
        if (fd < 0)
        {
            return new HostCheck(false, "cannot open /dev/kvm: " + Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }

        _ = NativeMethods.Close(fd);
        return new HostCheck(true, string.Empty);
    }

    private static string ContainerSigns()
    {
        List<string> signs = [];
        if (Environment.GetEnvironmentVariable("container") is { Length: > 0 } named)
        {
            signs.Add(named);
        }

        if (File.Exists("/.dockerenv"))
        {
            signs.Add("docker");
        }

        if (File.Exists("/run/.containerenv"))
        {
            signs.Add("podman");
        }

        foreach (string word in new[] { "kubepods", "docker", "lxc", "libpod" })
        {
            if (ProcText.Read("/proc/1/cgroup").Contains(word, StringComparison.Ordinal) && !signs.Contains(word))
            {
                signs.Add(word);
            }
        }

        return string.Join(", ", signs);
    }
}

/// <summary>Outcome of trying something on the host.</summary>
/// <param name="Works">Whether it worked.</param>
/// <param name="Why">One line for people when it did not, else empty.</param>
public readonly record struct HostCheck(bool Works, string Why);
