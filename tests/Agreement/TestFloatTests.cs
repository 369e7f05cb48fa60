using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Doppel.Agreement.Tests;

/// <summary>Engines' floating point against the vectors of TestFloat.</summary>
public sealed class TestFloatTests
{
    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("class", "testfloat"), MemberData(nameof(EngineNames))]
    public void Floating_point_results_and_flags_agree_with_the_vectors(string engine)
    {
        string folder = SharedMaterial.Require("conformance/testfloat");
        using FlatBench bench = new(Engines.Create(engine));
        Tally tally = new("testfloat");
        foreach (string path in Directory.EnumerateFiles(folder, "*.gz").Order(System.StringComparer.Ordinal))
        {
            string[] name = Path.GetFileNameWithoutExtension(path).Split('_', 2);
            string[] parts = name[1].Split('.');
            string[][] lines = [.. SharedMaterial.Lines(path).Select(line => line.Split(' '))];

            // Files of operations with one operand are empty in the present material.
            if (lines.Length > 0)
            {
                FloatFormat format = name[0] switch { "f32" => FloatFormat.Single, "f64" => FloatFormat.Double, _ => FloatFormat.Extended };
                RunFile(new FloatProgram(bench, parts[0], format, parts[1], parts[2]), Path.GetFileNameWithoutExtension(path), lines, tally);
            }
        }

        tally.Conclude();
    }

    private static void RunFile(FloatProgram program, string name, string[][] lines, Tally tally)
    {
        for (int from = 0; from < lines.Length; from += FloatProgram.BatchLength)
        {
            string[][] batch = [.. lines.Skip(from).Take(FloatProgram.BatchLength)];
            for (int i = 0; i < batch.Length; i++)
            {
                program.SetOperands(i, batch[i][0], batch[i][1]);
            }

            if (!program.Run(batch.Length))
            {
                tally.Fail(name, $"vectors from {from}: the program did not end");
                continue;
            }

            for (int i = 0; i < batch.Length; i++)
            {
                string result = program.Result(i);
                int flags = int.Parse(batch[i][3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                bool same = result == batch[i][2] || (program.IsNan(result) && program.IsNan(batch[i][2]));
                if (same && program.Flags(i) == flags)
                {
                    tally.Pass();
                }
                else
                {
                    tally.Fail(name, $"vector {from + i}: {batch[i][0]} {batch[i][1]}: {result} {program.Flags(i):X2}, expected {batch[i][2]} {flags:X2}");
                }
            }
        }
    }
}
