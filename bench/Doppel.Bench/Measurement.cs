using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Doppel.Bench;

/// <summary>The rows of one run, as the guest measured them, with the host's clock as a check.</summary>
internal sealed partial class Measurement
{
    /// <summary>Row names in the order the program prints them.</summary>
    internal static readonly string[] RowNames = ["sieve", "crc", "fp", "qsort", "fib", "syscall", "fork", "pgfault", "pipe"];

    private readonly Dictionary<string, double> _seconds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _checksums = new(StringComparer.Ordinal);
    private double _bootedAt;
    private double _endedAt;

    /// <summary>Seconds of each row, "boot" (host's seconds from start to init's first line) and "total".</summary>
    internal IReadOnlyDictionary<string, double> Seconds => _seconds;

    internal IReadOnlyDictionary<string, string> Checksums => _checksums;

    /// <summary>Lines that are no rows: kernel messages and panics.</summary>
    internal List<string> OtherLines { get; } = [];

    internal double WallSeconds { get; set; }

    internal bool IsComplete => _seconds.ContainsKey("total") && _checksums.Count == RowNames.Length;

    /// <summary>The host's seconds between the first and the last line, divided by the guest's: 1 when the guest's clock is right.</summary>
    internal double ClockRatio => _seconds.TryGetValue("total", out double total) && total > 0 ? (_endedAt - _bootedAt) / total : 1;

    internal void Take(string line, double atSeconds)
    {
        Match row = Row().Match(line);
        if (row.Success)
        {
            string name = row.Groups["name"].Value;
            _seconds[name] = Number(row.Groups["seconds"].Value);
            _checksums[name] = row.Groups["sum"].Value;
        }
        else if (line.Contains("BOOTED up=", StringComparison.Ordinal))
        {
            _bootedAt = atSeconds;
            _seconds["boot"] = atSeconds;
        }
        else if (Total().Match(line) is { Success: true } total)
        {
            _endedAt = atSeconds;
            _seconds["total"] = Number(total.Groups["seconds"].Value);
        }
        else
        {
            OtherLines.Add(line);
        }
    }

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?<name>sieve|crc|fp|qsort|fib|syscall|fork|pgfault|pipe)\s+(?<seconds>[0-9.]+) s  \((?<sum>[0-9]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Row();

    [GeneratedRegex(@"\bTOTAL (?<seconds>[0-9.]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Total();
}
