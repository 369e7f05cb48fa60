using System;
using System.Globalization;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Running;

/// <summary>Reads and writes sizes as people type them: binary units, <c>256M</c> = 256 MiB; a bare number is bytes.</summary>
internal static class MemorySize
{
    /// <summary>Smallest RAM in which the kernel that is asked for could even be placed: 1 MiB ends below where Linux starts.</summary>
    internal const long Minimum = 2L << 20;

    private const string Units = "KMGT";

    /// <summary>The size in bytes, a multiple of 4096; throws the usage error otherwise.</summary>
    internal static long Parse(string text)
    {
        string digits = text;
        if (digits.EndsWith("iB", StringComparison.OrdinalIgnoreCase))
        {
            digits = digits[..^2];
        }

        int unit = digits.Length == 0 ? -1 : Units.IndexOf(char.ToUpperInvariant(digits[^1]), StringComparison.Ordinal);
        digits = unit < 0 ? digits : digits[..^1];
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > long.MaxValue >> (10 * (unit + 1)))
        {
            throw CliException.Usage($"--memory: \"{Printable.Line(text)}\" is not a size; write for example 256M or 1G");
        }

        long bytes = count << (10 * (unit + 1));
        if (bytes < Minimum)
        {
            throw CliException.Usage($"--memory: {Describe(bytes)} is too small; the least is {Describe(Minimum)}");
        }

        return (bytes & 0xFFF) == 0 ? bytes : throw CliException.Usage($"--memory: {bytes} bytes is not a multiple of 4096; write for example 256M");
    }

    /// <summary>Shortest exact form.</summary>
    internal static string Describe(long bytes)
    {
        int unit = 0;
        while (unit < Units.Length && bytes != 0 && (bytes & 0x3FF) == 0)
        {
            bytes >>= 10;
            unit++;
        }

        return unit == 0 ? $"{bytes} bytes" : $"{bytes} {Units[unit - 1]}iB";
    }
}
