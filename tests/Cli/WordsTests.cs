using System;
using Doppel.Cli.Reporting;
using Doppel.Cli.Running;

namespace Doppel.Cli.Tests;

/// <summary>Sizes, suggestions and safe text.</summary>
public sealed class WordsTests
{
    [Theory]
    [InlineData("256M", 256L << 20)]
    [InlineData("1g", 1L << 30)]
    [InlineData("2GiB", 2L << 30)]
    [InlineData("4096K", 4L << 20)]
    [InlineData("8388608", 8L << 20)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_are_binary(string text, long bytes) => Assert.Equal(bytes, MemorySize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("iB")]
    [InlineData("1.5G")]
    [InlineData("0x100M")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775807K")]
    [InlineData(" 1G")]
    public void What_is_no_size_is_refused(string text) => Assert.Equal(ExitCode.Usage, Assert.Throws<CliException>(() => MemorySize.Parse(text)).ExitCode);

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1536, "1536 bytes")]
    [InlineData(1L << 20, "1 MiB")]
    [InlineData(1L << 40, "1 TiB")]
    public void Sizes_are_shown_exactly(long bytes, string text) => Assert.Equal(text, MemorySize.Describe(bytes));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("kernl", "kernel", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ABC", "abc", 0)]
    public void Distance_counts_edits(string a, string b, int edits) => Assert.Equal(edits, Suggestion.Distance(a, b));

    [Fact]
    public void Nothing_near_means_no_suggestion() => Assert.Null(Suggestion.Nearest("qqqqqq", ["run", "doctor"]));

    [Fact]
    public void Long_text_is_cut()
    {
        string line = Printable.Line(new string('a', 5000));
        Assert.Equal(203, line.Length);
        Assert.EndsWith("...", line, StringComparison.Ordinal);
    }
}
