using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Agreement.Tests;

/// <summary>Engines against single instructions recorded on a real CPU.</summary>
public sealed class HwvecTests
{
    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("class", "int"), MemberData(nameof(EngineNames))]
    public void Integer_instructions_agree_with_the_hardware(string engine) => RunClass(engine, "int");

    [Theory, Trait("class", "x87"), MemberData(nameof(EngineNames))]
    public void X87_instructions_agree_with_the_hardware(string engine) => RunClass(engine, "x87");

    [Theory, Trait("class", "mmx"), MemberData(nameof(EngineNames))]
    public void Mmx_instructions_agree_with_the_hardware(string engine) => RunClass(engine, "mmx");

    [Theory, Trait("class", "ssefp"), MemberData(nameof(EngineNames))]
    public void Sse_floating_point_instructions_agree_with_the_hardware(string engine) => RunClass(engine, "ssefp");

    [Theory, Trait("class", "sse2int"), MemberData(nameof(EngineNames))]
    public void Sse2_integer_instructions_agree_with_the_hardware(string engine) => RunClass(engine, "sse2int");

    private static void RunClass(string engine, string name)
    {
        string path = SharedMaterial.Require($"conformance/hwvec/{name}.jsonl.gz");
        using FlatBench bench = new(Engines.Create(engine));
        HwRunner runner = new(bench);
        Tally tally = new(name);
        int line = 0;
        foreach (string text in SharedMaterial.Lines(path))
        {
            HwCase test = HwCase.Parse(text, ++line);
            IReadOnlyList<string> differences = runner.Run(test);
            if (differences.Count == 0)
            {
                tally.Pass();
            }
            else
            {
                tally.Fail(HwRunner.FormOf(test.Code), $"line {line} {Convert.ToHexString(test.Code)} \"{HwRunner.TextOf(test.Code)}\": {string.Join("; ", differences.Take(6))}");
            }
        }

        tally.Conclude();
    }
}
