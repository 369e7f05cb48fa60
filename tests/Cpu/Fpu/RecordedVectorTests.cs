using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.Fpu;

/// <summary>Single instructions recorded on a real processor, run through the lowering. Known vendor differences are counted, not hidden.</summary>
// SAFETY: pointers are the bench's own FXSAVE image.
public sealed unsafe class RecordedVectorTests
{
    private const int WindowOffset = 0x800;
    private const int WindowLength = 512;

    [Theory]
    [InlineData("x87")]
    [InlineData("mmx")]
    [InlineData("ssefp")]
    [InlineData("sse2int")]
    public void Recorded_instructions_agree(string group)
    {
        string? folder = SharedFolder();
        string path = Path.Combine(folder ?? string.Empty, "conformance", "hwvec", group + ".jsonl.gz");
        Assert.SkipUnless(folder is not null && File.Exists(path), "recorded vectors are not beside the repository and DOPPEL_SHARED does not name their folder");
        using FpuBench bench = new();
        List<string> failures = [];
        int count = 0;
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            count++;
            string difference = Differences(bench, document.RootElement);
            if (difference.Length > 0)
            {
                failures.Add($"{document.RootElement.GetProperty("n").GetString()} {document.RootElement.GetProperty("c").GetString()}: {difference}");
            }
        }

        string report = $"{count - failures.Count} of {count} agree\n{string.Join('\n', failures.Take(40))}";
        TestContext.Current.SendDiagnosticMessage(report);
        if (Environment.GetEnvironmentVariable("DOPPEL_VECTOR_REPORT") is { Length: > 0 } file)
        {
            File.WriteAllText(file + "." + group, $"{count - failures.Count} of {count} agree\n{string.Join('\n', failures)}\n");
        }

        Assert.True(count > 1000, "too few cases");
        Assert.True(failures.Count * 100 <= count, report);
    }

    private static string Differences(FpuBench bench, JsonElement test)
    {
        JsonElement before = test.GetProperty("i");
        JsonElement after = test.GetProperty("o");
        byte[] pattern = Bytes(before.GetProperty("m"));
        byte[] window = new byte[WindowLength];
        for (int i = 0; i < WindowLength; i++)
        {
            window[i] = pattern[i & 63];
        }

        bench.Memory.Clear();
        bench.WriteMemory(WindowOffset, window);
        SetState(bench, before);
        Vector? raised = bench.Run(Bytes(test.GetProperty("c")));

        int? expected = after.TryGetProperty("v", out JsonElement vector) ? vector.GetInt32() : null;
        if ((int?)raised != expected)
        {
            return $"vector {raised} instead of {expected}";
        }

        foreach (JsonElement change in after.GetProperty("m").EnumerateArray())
        {
            window[change[0].GetInt32()] = change[1].GetByte();
        }

        List<string> found = [];
        Span<byte> memory = bench.Memory.Slice(WindowOffset, WindowLength);
        for (int i = 0; i < WindowLength; i++)
        {
            if (memory[i] != window[i])
            {
                found.Add($"memory[{i}] {memory[i]:x2} not {window[i]:x2}");
            }
        }

        CompareState(bench, test, after, expected is null, found);
        return string.Join(", ", found.Take(6));
    }

    private static void SetState(FpuBench bench, JsonElement state)
    {
        for (int i = 0; i < 8; i++)
        {
            bench.Core.Gpr(i) = state.GetProperty("r")[i].GetUInt32();
        }

        bench.Core.Rflags = state.GetProperty("f").GetUInt32() | 0x202;
        byte* fx = bench.Fx;
        new Span<byte>(fx, 512).Clear();
        FxLayout.MxcsrOf(fx) = 0x1F80;
        FxLayout.Control(fx) = state.GetProperty("cw").GetUInt16();
        FxLayout.Status(fx) = state.GetProperty("sw").GetUInt16();
        FxLayout.Tags(fx) = state.GetProperty("tw").GetByte();
        byte[] registers = Bytes(state.GetProperty("st"));
        for (int i = 0; i < 8; i++)
        {
            registers.AsSpan(i * 10, 10).CopyTo(new Span<byte>(FxLayout.St(fx, i), 10));
        }

        if (state.TryGetProperty("mx", out JsonElement mxcsr))
        {
            FxLayout.MxcsrOf(fx) = mxcsr.GetUInt32();
            Bytes(state.GetProperty("x")).CopyTo(new Span<byte>(fx + FxLayout.Xmm, 128));
        }
    }

    private static void CompareState(FpuBench bench, JsonElement test, JsonElement after, bool completed, List<string> found)
    {
        byte* fx = bench.Fx;
        for (int i = 0; i < 8; i++)
        {
            Check($"r{i}", bench.Core.Gpr(i), after.GetProperty("r")[i].GetUInt32(), found);
        }

        if (completed)
        {
            uint mask = test.GetProperty("fm").GetUInt32();
            Check("flags", bench.Core.Rflags & mask, after.GetProperty("f").GetUInt32() & mask, found);
        }

        Check("control", FxLayout.Control(fx), after.GetProperty("cw").GetUInt16(), found);
        Check("status", FxLayout.Status(fx), after.GetProperty("sw").GetUInt16(), found);
        Check("tags", FxLayout.Tags(fx), after.GetProperty("tw").GetByte(), found);
        byte[] registers = Bytes(after.GetProperty("st"));
        for (int i = 0; i < 8; i++)
        {
            ReadOnlySpan<byte> actual = new(FxLayout.St(fx, i), 10);
            bool used = (FxLayout.Tags(fx) & (1 << ((i + FxLayout.Top(fx)) & 7))) != 0;
            if (used && !actual.SequenceEqual(registers.AsSpan(i * 10, 10)))
            {
                found.Add($"st{i} {Convert.ToHexString(actual)} not {Convert.ToHexString(registers.AsSpan(i * 10, 10))}");
            }
        }

        if (after.TryGetProperty("mx", out JsonElement mxcsr))
        {
            Check("mxcsr", FxLayout.MxcsrOf(fx), mxcsr.GetUInt32(), found);
            byte[] xmm = Bytes(after.GetProperty("x"));
            for (int i = 0; i < 8; i++)
            {
                ReadOnlySpan<byte> actual = new(FxLayout.XmmAt(fx, i), 16);
                if (!actual.SequenceEqual(xmm.AsSpan(i * 16, 16)))
                {
                    found.Add($"xmm{i} {Convert.ToHexString(actual)} not {Convert.ToHexString(xmm.AsSpan(i * 16, 16))}");
                }
            }
        }
    }

    private static void Check(string what, ulong actual, ulong expected, List<string> found)
    {
        if (actual != expected)
        {
            found.Add($"{what} {actual:x} not {expected:x}");
        }
    }

    private static byte[] Bytes(JsonElement hex) => Convert.FromHexString(hex.GetString()!);

    private static string? SharedFolder()
    {
        if (Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named)
        {
            return named;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string shared = Path.Combine(at.FullName, "..", "shared");
            if (Directory.Exists(Path.Combine(shared, "conformance")))
            {
                return Path.GetFullPath(shared);
            }
        }

        return null;
    }
}
