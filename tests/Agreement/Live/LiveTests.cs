using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>
/// Engines against the CPU that the tests run on. Every form has <see cref="DefaultCases"/> cases, and <see cref="ChosenForms"/> forms of each mode, which
/// the seed chooses, have <see cref="ManyCases"/>. DOPPEL_SEED changes the cases and the choice, DOPPEL_CASES the number of cases for all forms.
/// </summary>
public sealed class LiveTests
{
    internal const int ManyCases = 1000;

    private const ulong DefaultSeed = 20_260_101;
    private const int DefaultCases = 150;
    private const int LimitCases = 40;
    private const int SelectorCases = 1000;
    private const int ChosenForms = 110;
    private const int ShownPerForm = 2;

    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("bits", "16"), MemberData(nameof(EngineNames))]
    public void Instructions_of_16_bit_code_agree_with_this_host(string engine) => RunAll(engine, "live16", CaseStyle.Results, DefaultCases, 16);

    [Theory, Trait("bits", "32"), MemberData(nameof(EngineNames))]
    public void Instructions_of_32_bit_code_agree_with_this_host(string engine) => RunAll(engine, "live32", CaseStyle.Results, DefaultCases, 32);

    [Theory, Trait("bits", "64"), MemberData(nameof(EngineNames))]
    public void Instructions_of_64_bit_code_agree_with_this_host(string engine) => RunAll(engine, "live64", CaseStyle.Results, DefaultCases, 64);

    [Theory, MemberData(nameof(EngineNames))]
    public void Segment_limits_agree_with_this_host(string engine) => RunAll(engine, "limits", CaseStyle.Limits, LimitCases, 16, 32);

    [Theory, MemberData(nameof(EngineNames))]
    public void Instructions_on_selectors_agree_with_this_host(string engine) => RunAll(engine, "selectors", CaseStyle.Selectors, SelectorCases, 16, 32, 64);

    [Fact]
    public void At_least_300_forms_have_1000_cases()
    {
        int count = 0;
        foreach (int bits in (int[])[16, 32, 64])
        {
            IReadOnlyList<Code> forms = LiveForms.For(bits, CaseStyle.Results);
            count += LiveForms.Chosen(forms, bits, DefaultSeed, ChosenForms).Count;
        }

        Assert.True(count >= 300 && ManyCases >= 1000 && ManyCases > DefaultCases, count + " forms");
    }

    private static void RunAll(string engine, string set, CaseStyle style, int usual, params ReadOnlySpan<int> modes)
    {
        using HostProcess host = HostProcess.StartOrSkip();
        using LiveBench bench = new(Engines.Create(engine), LiveForms.HostVendor);
        ulong seed = ulong.Parse(Environment.GetEnvironmentVariable("DOPPEL_SEED") ?? DefaultSeed.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int? all = int.TryParse(Environment.GetEnvironmentVariable("DOPPEL_CASES"), CultureInfo.InvariantCulture, out int asked) ? asked : null;
        LiveRun run = new(host, bench, seed, ShownPerForm);
        Stopwatch watch = Stopwatch.StartNew();
        foreach (int bits in modes)
        {
            IReadOnlyList<Code> forms = LiveForms.For(bits, style);
            IReadOnlySet<Code> chosen = LiveForms.Chosen(forms, bits, seed, style == CaseStyle.Results ? ChosenForms : 0);
            foreach (Code code in forms)
            {
                run.Form(code, bits, style, all ?? (chosen.Contains(code) ? ManyCases : usual));
            }
        }

        run.Report(set, watch.Elapsed);
    }
}
