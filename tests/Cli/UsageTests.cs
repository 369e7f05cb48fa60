using System;
using System.IO;
using System.Runtime.Versioning;

namespace Doppel.Cli.Tests;

/// <summary>Mistakes on the command line: one line that says what is wrong, and exit 2.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("no command", "")]
    [InlineData("unknown command \"rum\"|did you mean \"run\"?", "rum")]
    [InlineData("unknown option --foo", "--foo")]
    [InlineData("nothing to run|debian, debian64", "run")]
    [InlineData("unknown option --kernl|did you mean \"--kernel\"?", "run --kernl x")]
    [InlineData("unknown option --memroy|did you mean \"--memory\"?", "run debian --memroy=1G")]
    [InlineData("unknown option -z", "run debian -z")]
    [InlineData("unknown option --determinstic|\"--deterministic\"", "run --determinstic")]
    [InlineData("--kernel needs a value: --kernel FILE", "run --kernel")]
    [InlineData("--kernel needs a value", "run --kernel --initrd x")]
    [InlineData("--memory is given more than once", "run debian --memory 1G --memory 2G")]
    [InlineData("\"a\" and \"b\" are two", "run a b")]
    [InlineData("no guest is called \"debain\"|did you mean \"debian\"?", "run debain")]
    [InlineData("no guest is called \"@x\"", "run @x")]
    [InlineData("no guest is called \"windows\"|(guests: debian, debian64)", "run windows")]
    [InlineData("brings its own kernel|--kernel", "run debian --kernel x")]
    [InlineData("brings its own kernel|--initrd", "run debian --initrd x")]
    [InlineData("--initrd needs --kernel", "run --initrd x")]
    [InlineData("0 bytes is too small", "run debian --memory 0")]
    [InlineData("1 MiB is too small; the least is 2 MiB", "run debian --memory 1M")]
    [InlineData("\"lots\" is not a size", "run debian --memory lots")]
    [InlineData("\"-1G\" is not a size", "run debian --memory -1G")]
    [InlineData("\"99999999999T\" is not a size", "run debian --memory 99999999999T")]
    [InlineData("not a multiple of 4096", "run debian --memory 5000001")]
    [InlineData("\"9\" is not a number of processors from 1 to 8", "run debian --smp 9")]
    [InlineData("\"0\" is not a number of processors", "run debian --smp 0")]
    [InlineData("\"two\" is not a number of processors", "run debian --smp two")]
    [InlineData("\"-5\" is not a number of seconds", "run debian --timeout -5")]
    [InlineData("\"0\" is not a number of seconds", "run debian --timeout 0")]
    [InlineData("\"NaN\" is not a number of seconds", "run debian --timeout NaN")]
    [InlineData("is none of stdio, file:PATH, pty, unix:PATH[,server], tcp:HOST:PORT[,server], none|did you mean \"stdio\"?", "run debian --serial stdoi")]
    [InlineData("--serial: file: needs a path", "run debian --serial file:")]
    [InlineData("--serial: unix: needs a path", "run debian --serial unix:,server")]
    [InlineData("\"tcp:4444\" is no TCP port, such as tcp:127.0.0.1:4444,server", "run debian --serial tcp:4444")]
    [InlineData("is no TCP port", "run debian --serial tcp:localhost:http")]
    [InlineData("is no TCP port", "run debian --serial tcp:localhost:65536,server")]
    [InlineData("is no TCP port", "run debian --serial tcp:localhost:0")]
    [InlineData("is no TCP port", "run debian --serial tcp:localhost:-1")]
    [InlineData("\"pty:\" is none of", "run debian --serial pty:")]
    [InlineData("\"stdio\" can be at one port only", "run debian --serial stdio --serial stdio")]
    [InlineData("\"file:x\" can be at one port only", "run debian --serial file:x --serial file:x")]
    [InlineData("there are two serial ports; 3 are too many", "run debian --serial none --serial none --serial none")]
    [InlineData("--serial needs a value: --serial WHERE", "run debian --serial")]
    [InlineData("--parallel: \"stdio\" is none of file:PATH, none", "run debian --parallel stdio")]
    [InlineData("--parallel: file: needs a path", "run debian --parallel file:")]
    [InlineData("--parallel is given more than once", "run debian --parallel none --parallel none")]
    [InlineData("--seed: \"x\" is not a number", "run debian --seed x")]
    [InlineData("--hash-at: \"-1\" is not a number", "run debian --deterministic --hash-at -1")]
    [InlineData("--hash-at needs --deterministic", "run debian --hash-at 5")]
    [InlineData("--input-at needs --deterministic", "run debian --input-at 5:x")]
    [InlineData("\"x\" does not begin with an instruction count", "run debian --deterministic --input-at x")]
    [InlineData("\"-5:x\" does not begin", "run debian --deterministic --input-at -5:x")]
    [InlineData("\"5:\" types nothing", "run debian --deterministic --input-at 5:x --input-at 5:")]
    [InlineData("\"\\q\" is none of", "run debian --deterministic --input-at 5:a\\q")]
    [InlineData("\"\\x\" is none of", "run debian --deterministic --input-at 5:a\\x4")]
    [InlineData("\"\\\" is none of", "run debian --deterministic --input-at 5:a\\")]
    [InlineData("--input-at needs a value: --input-at N:TEXT", "run debian --input-at")]
    [InlineData("--record and --replay contradict", "run debian --record a --replay b")]
    [InlineData("--input-at and --replay contradict", "run debian --deterministic --input-at 5:x --replay b")]
    [InlineData("--record needs a value: --record FILE", "run debian --record=")]
    [InlineData("\"yml\" is none of table, json", "doctor -o yml")]
    [InlineData("unknown argument \"x\"", "doctor x")]
    [InlineData("no guest is called \"x\"", "fetch x")]
    public void A_mistake_gives_one_line_and_exit_2(string words, string line)
        => InProcess.Run(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).IsOneLine(2, words.Split('|'));

    [Fact]
    public void Control_characters_of_an_argument_do_not_reach_the_terminal()
    {
        InProcess result = InProcess.Run("run", "a\u001b[2J\nb");
        result.IsOneLine(2, "a?[2J?b");
    }

    [Fact]
    public void Letters_that_no_kernel_takes_are_refused() => InProcess.Run("run", "debian", "--append", "a\nb").IsOneLine(2, "--append");

    [Fact]
    public void A_command_line_that_is_too_long_is_refused() => InProcess.Run("run", "debian", "--append", new string('x', 3000)).IsOneLine(2, "3000", "2047");

    [Fact]
    public void What_follows_append_may_look_like_an_option()
        => InProcess.Run("run", "--kernel", "/nonexistent/kernel", "--append", "-b").IsOneLine(3, "/nonexistent/kernel");

    [Fact]
    public void A_terabyte_is_more_than_the_host_has()
    {
        long host = Diagnosis.HostMemory.Total();
        Assert.SkipWhen(host >= 1L << 40, "this host has a terabyte of memory");
        InProcess.Run("run", "debian", "--memory", "1T").IsOneLine(5, "1 TiB", "more than this host has");
    }

    [Fact]
    public void A_missing_kernel_is_exit_3() => InProcess.Run("run", "--kernel", "/nonexistent/vmlinuz").IsOneLine(3, "/nonexistent");

    [Fact]
    public void A_near_file_name_is_suggested()
    {
        using var folder = new TemporaryFolder();
        folder.Write("vmlinuz", [1]);
        InProcess.Run("run", "--kernel", folder.At("vmlinux")).IsOneLine(3, "did you mean \"vmlinuz\"?");
    }

    [Fact]
    public void A_folder_is_no_kernel() => InProcess.Run("run", "--kernel", "/").IsOneLine(2, "folder");

    [Fact]
    public void An_empty_kernel_is_refused()
    {
        using var folder = new TemporaryFolder();
        InProcess.Run("run", "--kernel", folder.Write("kernel", [])).IsOneLine(2, "empty");
    }

    [Fact]
    public void A_missing_initrd_is_exit_3()
    {
        using var folder = new TemporaryFolder();
        InProcess.Run("run", "--kernel", folder.Write("kernel", [1]), "--initrd", folder.At("initrd")).IsOneLine(3, "--initrd");
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void An_unreadable_kernel_is_exit_3()
    {
        using var folder = new TemporaryFolder();
        string kernel = folder.Write("kernel", [1]);
        File.SetUnixFileMode(kernel, UnixFileMode.None);
        Assert.SkipWhen(Environment.UserName == "root", "root can read every file");
        InProcess.Run("run", "--kernel", kernel).IsOneLine(3, "permission denied");
    }
}
