using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Runs cases of many forms on host and engine at once and collects what disagrees.</summary>
internal sealed class LiveRun(HostProcess host, LiveBench bench, ulong seed, int shownPerForm)
{
    private const int MaxShrunk = 24;
    private const int ShownDifferences = 6;
    private const int MaxKnownShown = 2000;

    private readonly LiveOutcome[] _outcomes = [.. Enumerable.Range(0, CaseLayout.BatchCases).Select(_ => new LiveOutcome())];
    private readonly LiveOutcome[] _engine = [.. Enumerable.Range(0, CaseLayout.BatchCases).Select(_ => new LiveOutcome())];
    private readonly List<LiveCase> _batch = [];
    private readonly SortedDictionary<string, (int Count, List<string> Shown)> _failures = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _unmasked = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly List<string> _knownCases = [];
    private readonly List<string> _notMade = [];
    private readonly Shrinker _shrinker = new(host, bench);
    private int _shrunk;
    private int _forms;
    private long _cases;
    private long _faults;

    /// <summary>Runs the cases of one form; they depend on seed, form and mode alone.</summary>
    internal void Form(Code code, int bits, CaseStyle style, int perForm)
    {
        CaseMaker maker = new(seed * 1_000_003 + (ulong)code * 7919 + (ulong)bits + ((ulong)style << 40), bits, style);
        _forms++;
        for (int done = 0; done < perForm; done += CaseLayout.BatchCases)
        {
            _batch.Clear();
            for (int i = done; i < Math.Min(perForm, done + CaseLayout.BatchCases); i++)
            {
                if (maker.Make(code) is { } test)
                {
                    _batch.Add(test);
                }
            }

            if (_batch.Count == 0)
            {
                _notMade.Add(code.ToString());
                return;
            }

            RunBatch(code);
        }
    }

    /// <summary>Names of the known differences met so far.</summary>
    internal IEnumerable<string> Known => _known.Keys;

    /// <summary>Says how it went, and fails if anything differed that is not known.</summary>
    internal void Report(string set, TimeSpan time)
    {
        int failed = _failures.Sum(entry => entry.Value.Count);
        string summary = string.Create(CultureInfo.InvariantCulture, $"{set}: seed {seed}, {_forms - _notMade.Count} forms, {_cases} cases ({_faults} faults) in {time.TotalSeconds:F1} s ({_cases / Math.Max(time.TotalSeconds, 0.001):F0}/s), "
            + $"{failed} unexplained in {_failures.Count} forms; known: {string.Join(", ", _known.Select(entry => entry.Key + " " + entry.Value))}; not encodable: {string.Join(' ', _notMade)}");
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        if (Environment.GetEnvironmentVariable("DOPPEL_REPORT") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, set + ".txt"), Everything(summary));
        }

        Assert.True(_cases > 0, set + ": no case was run");
        Assert.True(failed == 0, summary + "\n" + string.Join('\n', _failures.Take(20).Select(entry => $"{entry.Key}: {entry.Value.Count} fail; {entry.Value.Shown[0]}")));
    }

    private void RunBatch(Code code)
    {
        host.Begin(_batch);
        for (int i = 0; i < _batch.Count; i++)
        {
            bench.Run(_batch[i], _engine[i]);
        }

        try
        {
            host.End(_batch.Count, _outcomes);
        }
        catch (HostStubException e)
        {
            throw new InvalidOperationException($"{e.Message}: {_batch[e.Case]}", e);
        }

        _cases += _batch.Count;
        List<(LiveCase Case, List<string> Differences)> failed = [];
        for (int i = 0; i < _batch.Count; i++)
        {
            _faults += _outcomes[i].Vector == 1 ? 0 : 1;
            if (Comparison.Differences(_batch[i], _outcomes[i], _engine[i], masked: false).Count == 0)
            {
                continue;
            }

            List<string> differences = Comparison.Differences(_batch[i], _outcomes[i], _engine[i], masked: true);
            if (differences.Count == 0)
            {
                _unmasked[code.ToString()] = _unmasked.GetValueOrDefault(code.ToString()) + 1;
                continue;
            }

            KnownDifference? known = KnownDifferences.Of(_batch[i], _outcomes[i], _engine[i], differences);
            if (known is not null)
            {
                _known[known.Name] = _known.GetValueOrDefault(known.Name) + 1;
                _knownCases.Add($"{known.Name}: {_batch[i]}: host vector {_outcomes[i].Vector}; {string.Join("; ", differences.Take(ShownDifferences))}");
                continue;
            }

            failed.Add((_batch[i], differences));
        }

        foreach ((LiveCase test, List<string> differences) in failed)
        {
            Fail(code.ToString(), test, differences);
        }
    }

    private void Fail(string form, LiveCase test, IReadOnlyList<string> first)
    {
        (int count, List<string> shown) = _failures.TryGetValue(form, out (int, List<string>) entry) ? entry : (0, []);
        if (shown.Count < shownPerForm)
        {
            (LiveCase small, IReadOnlyList<string> differences) = _shrunk++ < MaxShrunk ? _shrinker.Shrink(test) : (test, first);
            shown.Add($"{string.Join("; ", differences.Take(ShownDifferences))}; case {small}");
        }

        _failures[form] = (count + 1, shown);
    }

    private string Everything(string summary)
    {
        StringBuilder text = new(summary + "\n\n");
        foreach ((string form, (int count, List<string> shown)) in _failures)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,6} {form}\n       ").AppendJoin("\n       ", shown).Append('\n');
        }

        text.Append("\nKnown differences:\n").AppendJoin('\n', _knownCases.Take(MaxKnownShown)).Append('\n');
        text.Append("\nDifferences in undefined state alone:\n");
        foreach ((string form, int count) in _unmasked)
        {
            text.Append(CultureInfo.InvariantCulture, $"{count,6} {form}\n");
        }

        return text.ToString();
    }
}
