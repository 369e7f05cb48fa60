using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Agreement.Tests;

/// <summary>Engines in real mode against instructions recorded on a real 80286.</summary>
public sealed class Sst286Tests
{
    private static readonly string[] Gprs = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
    private static readonly string[] Segments = ["es", "cs", "ss", "ds"];

    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("class", "sst286"), MemberData(nameof(EngineNames))]
    public void Real_mode_instructions_agree_with_the_hardware(string engine)
    {
        string path = SharedMaterial.Require("conformance/sst286/sst286.jsonl.gz");
        using RealModeBench bench = new(Engines.Create(engine));
        Tally tally = new("sst286");
        byte[] expected = new byte[RealModeBench.ReachLength];
        int line = 0;
        foreach (string text in SharedMaterial.Lines(path))
        {
            line++;
            Sst286Case test = Sst286Case.Parse(text);
            if (test.IsOf286Only())
            {
                continue;
            }

            List<string> differences = Run(bench, test, expected);
            if (differences.Count == 0)
            {
                tally.Pass();
            }
            else
            {
                tally.Fail(test.Form, $"line {line} {Convert.ToHexString(test.Code)} \"{test.Text}\": {string.Join("; ", differences.Take(6))}");
            }
        }

        tally.Conclude();
    }

    [Theory]
    [InlineData("F000F4", true)]
    [InlineData("F001D8F4", true)]
    [InlineData("65F4", true)]
    [InlineData("0F05F4", true)]
    [InlineData("0F01E0F4", false)]
    [InlineData("8EE0F4", true)]
    [InlineData("8ED8F4", false)]
    [InlineData("268B07F4", false)]
    [InlineData("2E2E3E2626C784E3CCFE5BF4", true)]
    public void Cases_that_only_a_286_runs_are_dropped(string code, bool dropped) => Assert.Equal(dropped, Case(code).IsOf286Only());

    // Instruction, register that holds FFFF, exception; whether the case is dropped.
    [Theory]
    [InlineData("C3F4", "sp", 13, true)]
    [InlineData("C3F4", "sp", -1, false)]
    [InlineData("C3F4", "bx", 13, false)]
    [InlineData("C9F4", "bp", 13, true)]
    [InlineData("8B02F4", "bx", 13, true)]
    [InlineData("8B04F4", "si", 13, false)]
    [InlineData("8F04F4", "si", 13, true)]
    [InlineData("36A7F4", "si", 13, true)]
    [InlineData("36A7F4", "di", 13, false)]
    [InlineData("A7F4", "si", 13, false)]
    public void Faults_of_the_stack_segment_are_dropped(string code, string register, int exception, bool dropped)
    {
        string before = string.Join(',', Gprs.Select(name => $"\"{name}\":{(name == register ? 0xFFFF : 2)}"));
        string thrown = exception < 0 ? "" : $"\"x\":{exception},";
        Sst286Case test = Sst286Case.Parse("{\"f\":\"00\",\"n\":\"\"," + thrown + $"\"b\":\"{code}\",\"i\":{{\"r\":{{{before}}},\"m\":[]}},\"o\":{{\"r\":{{ }} }} }}");
        Assert.Equal(dropped, test.IsOf286Only());
        Assert.Equal(exception == 13 && code.EndsWith("A7F4", StringComparison.Ordinal), test.IsStringFault());
    }

    [Theory]
    [InlineData("D3E0F4", 1, 0x10)]
    [InlineData("D3E0F4", 5, 0x810)]
    [InlineData("D3E0F4", 17, 0x811)]
    [InlineData("01D8F4", 0, 0)]
    public void Undefined_flags_are_known(string code, int cx, int expected)
    {
        Sst286Case test = Case(code);
        test.Before["cx"] = (ushort)cx;
        Assert.Equal(expected, test.UndefinedFlags() & ~(cx == 1 ? 0x800 : 0));
    }

    private static Sst286Case Case(string code) => Sst286Case.Parse($$$"""{"f":"00","n":"","b":"{{{code}}}","i":{"r":{ },"m":[] },"o":{"r":{} } }""");

    private static List<string> Run(RealModeBench bench, Sst286Case test, byte[] expected)
    {
        foreach ((int at, byte value) in test.Memory)
        {
            bench.Poke(at, value);
            expected[at] = value;
        }

        ref Cpu.VcpuRecord r = ref bench.State.R;
        for (int i = 0; i < Gprs.Length; i++)
        {
            r.Gpr[i] = test.Before[Gprs[i]];
        }

        for (int i = 0; i < Segments.Length; i++)
        {
            bench.SetSegment(i, test.Before[Segments[i]]);
        }

        r.Rip = test.Before["ip"];
        r.Rflags = (ulong)(test.Before["flags"] & Sst286Case.ComparedFlags) | 2;
        List<string> differences = [];
        if (!bench.RunToHalt())
        {
            differences.Add("did not halt");
        }
        else
        {
            CompareRegisters(bench, test, differences);
        }

        CompareMemory(bench, test, expected, differences);
        return differences;
    }

    private static void CompareRegisters(RealModeBench bench, Sst286Case test, List<string> differences)
    {
        ref Cpu.VcpuRecord r = ref bench.State.R;
        bool moved = test.IsStringFault();
        for (int i = 0; i < Gprs.Length; i++)
        {
            Expect(test, Gprs[i], (ushort)r.Gpr[i], moved && Gprs[i] is "cx" or "si" or "di" ? (ushort)0 : ushort.MaxValue, differences);
        }

        for (int i = 0; i < Segments.Length; i++)
        {
            Expect(test, Segments[i], r.Segment[i].Selector, ushort.MaxValue, differences);
        }

        Expect(test, "ip", (ushort)r.Rip, ushort.MaxValue, differences);
        Expect(test, "flags", (ushort)r.Rflags, (ushort)(Sst286Case.ComparedFlags & ~test.UndefinedFlags()), differences);
    }

    private static void Expect(Sst286Case test, string register, ushort actual, ushort mask, List<string> differences)
    {
        ushort wanted = test.Changed.TryGetValue(register, out ushort changed) ? changed : test.Before[register];
        if (((wanted ^ actual) & mask) != 0)
        {
            differences.Add($"{register} {actual & mask:X4}, expected {wanted & mask:X4}");
        }
    }

    // Compares and then clears every page that the case or the engine wrote.
    private static void CompareMemory(RealModeBench bench, Sst286Case test, byte[] expected, List<string> differences)
    {
        foreach ((int at, byte value) in test.MemoryChanged)
        {
            expected[at] = value;
        }

        int mask = Sst286Case.ComparedFlags & ~test.UndefinedFlags();
        for (int page = 0; page < RealModeBench.ReachLength >> 12; page++)
        {
            if (!bench.IsTouched(page))
            {
                continue;
            }

            ReadOnlySpan<byte> actual = bench.Page(page);
            Span<byte> wanted = expected.AsSpan(page << 12, 4096);
            for (int i = 0; i < 2 && test.PushedFlagsAt >= 0; i++)
            {
                int at = test.PushedFlagsAt + i - (page << 12);
                if (at is >= 0 and < 4096 && ((actual[at] ^ wanted[at]) & (mask >> (8 * i)) & 0xFF) == 0)
                {
                    wanted[at] = actual[at];
                }
            }

            int first = actual.CommonPrefixLength(wanted);
            if (first < 4096)
            {
                differences.Add($"memory at {(page << 12) + first:X6} is {actual[first]:X2}, expected {wanted[first]:X2}");
            }

            bench.Forget(page);
            wanted.Clear();
        }

        // Bytes that should have been written on pages that nobody wrote.
        foreach ((int at, byte value) in test.MemoryChanged)
        {
            if (expected[at] != 0)
            {
                differences.Add($"memory at {at:X6} was not written, expected {value:X2}");
                expected[at] = 0;
            }
        }
    }
}
