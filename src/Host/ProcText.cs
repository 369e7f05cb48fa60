using System;
using System.Globalization;
using System.IO;

namespace Doppel.Host;

/// <summary>Reads the kernel's small text files.</summary>
internal static class ProcText
{
    /// <summary>The whole text, or nothing when it cannot be read.</summary>
    internal static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return string.Empty;
        }
        catch (UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }

    /// <summary>What stands behind "key :" on the first line that has it, or null.</summary>
    internal static string? Value(string text, string key)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            int colon = line.IndexOf(':');
            if (colon >= 0 && line[..colon].Trim().SequenceEqual(key))
            {
                return line[(colon + 1)..].Trim().ToString();
            }
        }

        return null;
    }

    /// <summary>A line "key: 123 kB" in bytes, or 0.</summary>
    internal static long Kibibytes(string text, string key)
    {
        string? value = Value(text, key);
        long count = value is null ? 0 : Number(value.Split(' ')[0]);
        return count <= long.MaxValue / 1024 ? count * 1024 : 0;
    }

    /// <summary>A text that is one number of 0 or more, or 0.</summary>
    internal static long Number(string text) =>
        long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : 0;
}
