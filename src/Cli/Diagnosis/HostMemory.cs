using System;
using System.Globalization;
using System.IO;

namespace Doppel.Cli.Diagnosis;

/// <summary>How much memory this process may hope for: the host's, or less when a control group says so.</summary>
internal static class HostMemory
{
    /// <summary>Bytes in all; <see cref="long.MaxValue"/> when the host does not tell.</summary>
    internal static long Total()
    {
        long total = Field("MemTotal") ?? long.MaxValue;
        return Read("/sys/fs/cgroup/memory.max") is { } limit && long.TryParse(limit.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            ? Math.Min(total, bytes)
            : total;
    }

    /// <summary>A field of /proc/meminfo in bytes, or null.</summary>
    internal static long? Field(string name)
    {
        foreach (string line in (Read("/proc/meminfo") ?? string.Empty).Split('\n'))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0] == name + ":" && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kilobytes))
            {
                return kilobytes << 10;
            }
        }

        return null;
    }

    /// <summary>A small file of /proc or /sys, or null when it cannot be read.</summary>
    internal static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
