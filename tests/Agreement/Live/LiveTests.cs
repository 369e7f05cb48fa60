using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Engines against the CPU that the tests run on. DOPPEL_SEED and DOPPEL_CASES (cases of each form) change the run.</summary>
public sealed class LiveTests
{
    private const ulong DefaultSeed = 20_260_101;
    private const int DefaultCases = 150;
    private const int ShownPerForm = 2;

    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("bits", "32"), MemberData(nameof(EngineNames))]
    public void Instructions_of_32_bit_code_agree_with_this_host(string engine) => RunAll(engine, 32);

    [Theory, Trait("bits", "64"), MemberData(nameof(EngineNames))]
    public void Instructions_of_64_bit_code_agree_with_this_host(string engine) => RunAll(engine, 64);

    private static void RunAll(string engine, int bits)
    {
        using HostProcess host = HostProcess.StartOrSkip();
        using LiveBench bench = new(Engines.Create(engine));
        ulong seed = ulong.Parse(Environment.GetEnvironmentVariable("DOPPEL_SEED") ?? DefaultSeed.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        int perForm = int.Parse(Environment.GetEnvironmentVariable("DOPPEL_CASES") ?? DefaultCases.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        LiveRun run = new(host, bench, seed, perForm, ShownPerForm);
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<Code> forms = LiveForms.For(bits);
        foreach (Code code in forms)
        {
            run.Form(code, bits);
        }

        run.Report("live" + bits.ToString(CultureInfo.InvariantCulture), watch.Elapsed);
    }
}
