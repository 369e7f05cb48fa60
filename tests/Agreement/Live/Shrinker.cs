using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Makes a failing case small: sets one thing after another to zero (or to its resting value) and keeps what still fails.</summary>
internal sealed class Shrinker(HostProcess host, LiveBench bench)
{
    private readonly LiveOutcome[] _host = [.. Enumerable.Range(0, CaseLayout.BatchCases).Select(_ => new LiveOutcome())];
    private readonly LiveOutcome _engine = new();

    /// <summary>The smallest case found, and how it differs. The steps that succeed alone are tried together, then one by one.</summary>
    internal (LiveCase Case, IReadOnlyList<string> Differences) Shrink(LiveCase failing)
    {
        Action<LiveCase>[] steps = [.. Steps()];
        IReadOnlyList<string>[] alone = Check([failing, .. steps.Select(step => With(failing, step))]);
        if (alone[0].Count == 0)
        {
            return (failing, ["did not fail again"]);
        }

        Action<LiveCase>[] useful = [.. steps.Where((_, i) => alone[i + 1].Count > 0)];
        LiveCase together = With(failing, useful);
        IReadOnlyList<string> differences = Check([together])[0];
        if (differences.Count > 0)
        {
            return (together, differences);
        }

        LiveCase best = failing;
        differences = alone[0];
        foreach (Action<LiveCase> step in useful)
        {
            LiveCase candidate = With(best, step);
            IReadOnlyList<string> now = Check([candidate])[0];
            if (now.Count > 0)
            {
                (best, differences) = (candidate, now);
            }
        }

        return (best, differences);
    }

    private static LiveCase With(LiveCase test, params ReadOnlySpan<Action<LiveCase>> steps)
    {
        LiveCase copy = test.Copy();
        foreach (Action<LiveCase> step in steps)
        {
            step(copy);
        }

        return copy;
    }

    private static IEnumerable<Action<LiveCase>> Steps()
    {
        yield return test => test.Flags = 0x302;
        yield return test => Array.Clear(test.Pattern);
        yield return test => Array.Clear(test.Fx, FxBytes.Xmm0, 256);
        yield return test => Array.Clear(test.Fx, FxBytes.St0, 128);
        yield return test => BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x1F80);
        yield return test => BitConverter.TryWriteBytes(test.Fx.AsSpan(0), (ushort)0x37F);
        yield return test => test.Fx[FxBytes.TagByte] = 0xFF;
        yield return test => BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.StatusWord), (ushort)0);
        foreach (int bit in (int[])[0, 2, 4, 6, 7, 10, 11])
        {
            yield return test => test.Flags &= ~(1UL << bit);
        }

        for (int i = 0; i < 16; i++)
        {
            int register = i;
            yield return test => test.Registers[register] = register == 4 && test.Bits != 64 && !test.Segments.IsStack32 ? CaseLayout.NarrowStack : 0;
        }

        for (int i = 0; i < 48; i++)
        {
            int at = FxBytes.St0 + i * 8;
            yield return test => Array.Clear(test.Fx, at, 8);
        }

        for (int i = 0; i < CaseLayout.PatternLength; i += 8)
        {
            int at = i;
            yield return test => Array.Clear(test.Pattern, at, 8);
        }
    }

    private IReadOnlyList<string>[] Check(IReadOnlyList<LiveCase> tests)
    {
        try
        {
            host.Run(tests, _host);
        }
        catch (HostStubException e)
        {
            throw new InvalidOperationException($"{e.Message}: {tests[e.Case]}", e);
        }

        List<IReadOnlyList<string>> found = [];
        for (int i = 0; i < tests.Count; i++)
        {
            bench.Run(tests[i], _engine);
            List<string> differences = Comparison.Differences(tests[i], _host[i], _engine, masked: true);
            found.Add(KnownDifferences.Of(tests[i], _host[i], _engine, differences) is null ? differences : []);
        }

        return [.. found];
    }
}
