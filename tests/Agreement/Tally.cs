using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text;

namespace Doppel.Agreement.Tests;

/// <summary>
/// Counts agreements and disagreements of one set of cases by instruction form and holds them against known-failures-SET.txt, lines
/// "FORM COUNT reason". That file may only shrink: a form that fails more often, or less often, than it says is an error, until the line is corrected.
/// With DOPPEL_REPORT=FOLDER all disagreements are written there.
/// </summary>
internal sealed class Tally(string set)
{
    private const int MaxShown = 20;

    private readonly SortedDictionary<string, List<string>> _failures = new(StringComparer.Ordinal);

    internal int Passed { get; private set; }

    internal int Failed => _failures.Values.Sum(list => list.Count);

    internal void Pass() => Passed++;

    internal void Fail(string form, string what)
    {
        if (!_failures.TryGetValue(form, out List<string>? list))
        {
            _failures.Add(form, list = []);
        }

        list.Add(what);
    }

    /// <summary>Reports, and fails the test unless the failures are exactly the known ones.</summary>
    internal void Conclude()
    {
        string summary = string.Create(CultureInfo.InvariantCulture, $"{set}: {Passed} of {Passed + Failed} agree");
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        if (Environment.GetEnvironmentVariable("DOPPEL_REPORT") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, set + ".txt"), Everything(summary));
        }

        Assert.True(Passed + Failed > 0, set + ": no case was run");
        string[] complaints = [.. Complaints(ReadKnown(Path.Combine(SourceFolder(), "known-failures-" + set + ".txt")))];
        Assert.True(complaints.Length == 0, summary + "\n" + string.Join('\n', complaints));
    }

    internal IEnumerable<string> Complaints(IReadOnlyDictionary<string, int> known)
    {
        foreach ((string form, List<string> list) in _failures.Where(entry => entry.Value.Count > known.GetValueOrDefault(entry.Key)).Take(MaxShown))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{form}: {list.Count} fail, {known.GetValueOrDefault(form)} known; first: {list[0]}");
        }

        foreach ((string form, int count) in known)
        {
            int now = _failures.TryGetValue(form, out List<string>? list) ? list.Count : 0;
            if (now < count)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{form}: {now} fail, {count} known; correct known-failures-{set}.txt");
            }
        }
    }

    internal static Dictionary<string, int> ParseKnown(IEnumerable<string> lines)
    {
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        foreach (string[] words in lines.Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', 3)))
        {
            Assert.True(words.Length == 3 && words[2].Length > 9, "a known failure has a form, a count and a reason: " + string.Join(' ', words));
            known.Add(words[0], int.Parse(words[1], CultureInfo.InvariantCulture));
        }

        return known;
    }

    private static Dictionary<string, int> ReadKnown(string path) => File.Exists(path) ? ParseKnown(File.ReadLines(path)) : [];

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private string Everything(string summary)
    {
        StringBuilder text = new(summary + "\n\n");
        foreach ((string form, List<string> list) in _failures.OrderByDescending(entry => entry.Value.Count))
        {
            text.Append(CultureInfo.InvariantCulture, $"{list.Count,6} {form}: {list[0]}\n");
        }

        foreach ((string form, List<string> list) in _failures)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {form}\n").AppendJoin('\n', list).Append('\n');
        }

        return text.ToString();
    }
}
