using System;
using System.IO;
using System.Linq;
using Doppel.Cli.Running;
using Doppel.Machine.Replay;

namespace Doppel.Cli.Tests;

/// <summary><c>--record</c>, <c>--replay</c> and <c>--input-at</c>, in this process.</summary>
public sealed class ReplayTests : IDisposable
{
    private static readonly string[] s_typing = ["--deterministic", "--input-at", "5000:ab", "--input-at", "250_000:c\\x71"];

    private readonly TemporaryFolder _folder = new();
    private readonly string _kernel;
    private readonly string _log;

    public ReplayTests()
    {
        // FIFO on; raise RTS; echo every byte plus one until 'q'; end with 42.
        byte[] echo = [0x66, 0xBA, 0xFD, 0x03, 0xEC, 0xA8, 1, 0x74, 0xF7, 0x66, 0xBA, 0xF8, 0x03, 0xEC, 0x3C, (byte)'q', 0x74, 5, 0xFE, 0xC0, 0xEE, 0xEB, 0xE9];
        byte[] code = [.. BuiltBinary.Out(0x3FA, 1), .. BuiltBinary.Out(0x3FC, 2), .. echo, .. BuiltBinary.Out(0xF4, 42), 0xFA, 0xF4];
        _kernel = _folder.Write("echo", BuiltBinary.Multiboot(code));
        _log = _folder.At("log");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_recorded_run_ends_again_as_it_ended()
    {
        Assert.Equal(42, Run([.. s_typing, "--record", _log]).Code);
        InProcess replayed = Run("--replay", _log);
        Assert.Equal(42, replayed.Code);
        Assert.Matches("replay: same state, hash [0-9a-f]{64}\n", replayed.Error);
        string atInstruction = Run(["--hash-at", "200000", .. s_typing]).Output;
        Assert.Equal(65, atInstruction.Length);
        Assert.Equal(atInstruction, Run("--hash-at", "200000", "--replay", _log).Output);
    }

    [Fact]
    public void A_recording_that_is_not_asked_to_be_repeatable_takes_seed_and_calendar_from_the_host()
    {
        string[] end = ["--hash-at", "1000"];
        string[] hashes = [.. Enumerable.Range(0, 2).Select(i => Run([.. end, "--record", _log + i]).Output)];
        Assert.NotEqual(hashes[0], hashes[1]);
        Assert.Equal(hashes[1], Run("--replay", _log + "1").Output);
        Assert.Equal(Run([.. end, "--deterministic", "--record", _log]).Output, Run([.. end, "--deterministic"]).Output);
        Run("--seed", "5", "--replay", _log).IsRefused(2, "seed 0 was recorded, not 5");
    }

    [Fact]
    public void A_cut_log_is_replayed_as_far_as_it_goes_and_told_with_exit_1()
    {
        Run([.. s_typing, "--record", _log]);
        byte[] whole = File.ReadAllBytes(_log);
        foreach ((int cut, string words) in new[] { (1, "the record is cut off; 2 inputs were replayed, up to instruction "), (64, "nothing follows; 2 inputs") })
        {
            string path = _folder.Write("cut", whole[..^cut]);
            Run("--replay", path).IsRefused(1, "replay: the log ends at byte ", words);
        }

        whole[^70] ^= 1;
        Run("--replay", _folder.Write("damaged", whole)).IsRefused(1, "the record is damaged; 1 inputs were replayed");
    }

    [Fact]
    public void What_is_no_log_of_this_machine_is_refused_before_the_start()
    {
        Run([.. s_typing, "--record", _log]);
        InProcess.Run("run", "--kernel", _kernel, "--memory", "16M", "--serial", "none", "--replay", _log).IsRefused(2, "8 MiB of memory was recorded, not 16");
        string other = _folder.Write("other", BuiltBinary.Multiboot([0xFA, 0xF4]));
        InProcess.Run("run", "--kernel", other, "--memory", "8M", "--serial", "none", "--replay", _log).IsRefused(2, "another kernel was recorded");
        Run("--replay", _kernel).IsRefused(2, "not a log of outside input");
        Run("--replay", _folder.Write("empty", [])).IsRefused(2, "is empty");
        Run("--replay", _log + "x").IsRefused(3, "no file");
        Run("--record", Path.Combine(_folder.Path, "no", "folder")).IsRefused(3, "--record");
    }

    [Theory]
    [InlineData("5:a\\r\\n\\t\\\\\\x00\\xfFz", 5UL, "610D0A095C00FF7A")]
    [InlineData("3_000:a:ü", 3000UL, "613AC3BC")]
    public void Text_has_escapes(string text, ulong at, string bytes)
    {
        ScriptedInput input = ScriptText.Parse(text);
        Assert.Equal((at, 0, bytes), (input.Instruction, input.Port, Convert.ToHexString(input.Bytes.Span)));
    }

    private InProcess Run(params string[] more) => InProcess.Run(["run", "--kernel", _kernel, "--memory", "8M", "--serial", "none", "--exit-from-guest", "--timeout", "30", .. more]);
}
