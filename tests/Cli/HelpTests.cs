using System;
using System.Linq;
using System.Text.Json;

namespace Doppel.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("--help", "doppel run debian")]
    [InlineData("-h", "doppel run debian")]
    [InlineData("run --help", "--hash-at")]
    [InlineData("run debian --help", "--hash-at")]
    [InlineData("fetch --help", "--anew")]
    [InlineData("doctor --help", "json")]
    public void Help_is_data_with_examples(string line, string word)
    {
        InProcess result = InProcess.Run(line.Split(' '));
        Assert.Equal(0, result.Code);
        Assert.Equal(string.Empty, result.Error);
        Assert.Contains(word, result.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public void Version_is_one_line()
    {
        InProcess result = InProcess.Run("--version");
        Assert.Equal(0, result.Code);
        Assert.Matches(@"\Adoppel \d+\.\d+\.\d+\n\z", result.Output);
    }

    [Fact]
    public void The_doctor_prints_a_table()
    {
        InProcess result = InProcess.Run("doctor");
        Assert.Equal(0, result.Code);
        foreach (string row in (string[])["processor", "memory", "memfd", "executable memory", "/dev/kvm", "native toolchain", "guest debian"])
        {
            Assert.Contains(result.Output.Split('\n'), l => l.StartsWith(row, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_doctor_speaks_JSON()
    {
        InProcess result = InProcess.Run("doctor", "-o", "json");
        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement[] rows = [.. document.RootElement.EnumerateArray()];
        Assert.Contains(rows, r => r.GetProperty("name").GetString() == "memfd");
        Assert.All(rows, r => Assert.Contains(r.GetProperty("standing").GetString(), (string[])["works", "limited", "missing"]));
        Assert.Equal(rows.Length, InProcess.Run("doctor").Output.Count(c => c == '\n'));
    }
}
