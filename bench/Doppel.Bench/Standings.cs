using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Doppel.Bench;

/// <summary>All runs of all contestants, and the table of their medians.</summary>
internal sealed class Standings(IReadOnlyList<Contestant> contestants)
{
    private readonly Dictionary<string, List<Measurement>> _runs = contestants.ToDictionary(contestant => contestant.Name, _ => new List<Measurement>(), StringComparer.Ordinal);

    internal void Add(Contestant contestant, Measurement measured) => _runs[contestant.Name].Add(measured);

    /// <summary>Sentences about what makes the figures doubtful: differing checksums, guest clocks that are wrong.</summary>
    internal IEnumerable<string> Doubts()
    {
        foreach (string row in Measurement.RowNames)
        {
            string[] sums = [.. _runs.SelectMany(entry => entry.Value.Select(run => run.Checksums[row])).Distinct(StringComparer.Ordinal)];
            if (sums.Length > 1)
            {
                yield return $"{row}: checksums differ: {string.Join(", ", sums)}";
            }
        }

        // A pipe holds back the first line of the native program, which has no console.
        foreach ((string name, List<Measurement> runs) in _runs.Where(entry => entry.Key != "native"))
        {
            double ratio = Median(runs.Select(run => run.ClockRatio));
            if (ratio is < 0.9 or > 1.1)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{name}: the host's clock says {ratio:0.00} times what the guest's says; rows are the guest's");
            }
        }
    }

    /// <summary>The table as Markdown, which reads well as plain text too.</summary>
    internal string Table()
    {
        string first = contestants[0].Name;
        string[] others = [.. contestants.Skip(1).Select(contestant => contestant.Name)];
        StringBuilder text = new();
        text.Append("| row       |").AppendJoin("", contestants.Select(contestant => $" {contestant.Name,9} |")).AppendJoin("", others.Select(name => $" {first + "/" + name,14} |")).Append('\n');
        text.Append("|-----------|").AppendJoin("", contestants.Select(_ => "----------:|")).AppendJoin("", others.Select(_ => "---------------:|")).Append('\n');
        foreach (string row in Rows())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row,-9} |");
            foreach (Contestant contestant in contestants)
            {
                text.Append(CultureInfo.InvariantCulture, $" {Seconds(contestant.Name, row),9:0.000} |");
            }

            foreach (string other in others)
            {
                text.Append(CultureInfo.InvariantCulture, $" {Seconds(first, row) / Seconds(other, row),14:0.00} |");
            }

            text.Append('\n');
        }

        text.Append("| geomean   |").AppendJoin("", contestants.Select(_ => "           |"));
        foreach (string other in others)
        {
            text.Append(CultureInfo.InvariantCulture, $" {Math.Exp(Measurement.RowNames.Average(row => Math.Log(Seconds(first, row) / Seconds(other, row)))),14:0.00} |");
        }

        return text.Append('\n').ToString();
    }

    private IEnumerable<string> Rows() => contestants.Any(contestant => contestant.Name == "native") ? Measurement.RowNames.Append("total") : Measurement.RowNames.Append("total").Append("boot");

    // The clock of a fast run may show 0.000.
    private double Seconds(string name, string row) => Math.Max(0.0005, Median(_runs[name].Select(run => run.Seconds.GetValueOrDefault(row))));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
