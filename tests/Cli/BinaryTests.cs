using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;

namespace Doppel.Cli.Tests;

/// <summary>The built command as scripts and people use it: pipes, signals, a terminal, guests that misbehave. Skips when ./setup has not built it.</summary>
public sealed class BinaryTests : IDisposable
{
    private readonly BuiltBinary _doppel = new();

    public void Dispose() => _doppel.Dispose();

    [Fact]
    public void The_guests_byte_is_the_exit_code_when_asked_for()
    {
        ShellResult result = _doppel.Shell("$D run --kernel exit42 --exit-from-guest </dev/null");
        Assert.Equal((42, string.Empty), (result.Code, result.Output));
        Assert.Equal(0, _doppel.Shell("$D run --kernel exit42 </dev/null").Code);
    }

    [Fact]
    public void A_triple_fault_is_explained()
    {
        ShellResult result = _doppel.Shell("$D run --kernel triple </dev/null");
        Assert.Equal((4, string.Empty), (result.Code, result.Output));
        foreach (string word in (string[])["triple fault", "rip 00100027", "#UD", "#DF", "ud2"])
        {
            Assert.Contains(word, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_spinning_guest_ends_with_its_time()
    {
        ShellResult result = _doppel.Shell("$D run --kernel spin --timeout 0.5 </dev/null");
        Assert.Equal(124, result.Code);
        Assert.Contains("engine interpreter", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", 143, "0.001")]
    [InlineData("TERM", 143, "0.01")]
    [InlineData("TERM", 143, "0.5")]
    [InlineData("HUP", 129, "0.005")]
    [InlineData("HUP", 129, "0.4")]
    [InlineData("INT", 130, "0.015")]
    [InlineData("INT", 130, "0.4")]
    public void A_signal_at_any_moment_ends_it_in_order(string signal, int code, string after)
    {
        ShellResult result = _doppel.Shell($"timeout --preserve-status -s {signal} {after} $D run --kernel spin </dev/null");
        Assert.Equal((code, string.Empty), (result.Code, result.Output));
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_has_enough_ends_it_quietly()
    {
        ShellResult result = _doppel.Shell("$D run --quiet --kernel flood </dev/null | head -c 3; echo \" ${PIPESTATUS[0]}\"");
        Assert.Equal("yyy 141\n", result.Output);
        Assert.Equal(1, result.Error.Count(c => c == '\n'));
    }

    [Fact]
    public void A_reader_that_does_not_read_cannot_hold_it_for_ever()
        => Assert.Equal("124\n", _doppel.Shell("{ $D run --kernel flood --timeout 1 </dev/null; echo $? >&3; } 3>code | sleep 5; cat code").Output);

    [Theory]
    [InlineData("--kernel flood </dev/null")]
    [InlineData("--kernel spin </dev/zero")]
    public void Floods_do_not_grow_it(string run)
    {
        ShellResult result = _doppel.Shell($"$D run {run} >/dev/null 2>&1 & sleep 1; grep VmRSS /proc/$!/status; sleep 2; grep VmRSS /proc/$!/status; kill -TERM $!; wait $!");
        Assert.Equal(143, result.Code);
        int[] kilobytes = [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => int.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))];
        Assert.Equal(2, kilobytes.Length);
        Assert.InRange(kilobytes[1] - kilobytes[0], -100_000, 8_000);
    }

    [Fact]
    public void What_is_piped_in_waits_for_the_guest()
    {
        // 70,000 bytes are more than wait inside, and the guest opens its port late.
        ShellResult result = _doppel.Shell("{ head -c 70000 /dev/zero | tr '\\0' a; printf q; } | $D run --quiet --exit-from-guest --kernel echo | md5sum; head -c 70000 /dev/zero | tr '\\0' b | md5sum");
        string[] sums = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(sums[1], sums[0]);
    }

    [Fact]
    public void What_was_piped_into_a_recorded_run_comes_again()
    {
        ShellResult result = _doppel.Shell("{ printf ab; sleep 0.5; printf cdq; } | $D run --quiet --kernel echo --record log; $D run --quiet --kernel echo --replay log </dev/null");
        Assert.Equal((0, "bcdebcde"), (result.Code, result.Output));
        Assert.Contains("replay: same state, hash ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_recorder_leaves_a_log()
    {
        ShellResult result = _doppel.Shell("{ sleep 1; printf abc; sleep 5; } | { $D run --quiet --kernel echo --record log >out & while [ ! -s out ]; do sleep 0.1; done; sleep 0.3; kill -9 $!; }; $D run --quiet --kernel echo --replay log </dev/null");
        Assert.Equal((1, "bcd"), (result.Code, result.Output));
        Assert.Contains("nothing follows; 1 inputs were replayed, up to instruction ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_that_ended_a_recording_ends_the_replay_too()
    {
        ShellResult result = _doppel.Shell("timeout -s INT 0.7 $D run --quiet --kernel spin --record log </dev/null; $D run --kernel spin --replay log </dev/null");
        Assert.Equal(0, result.Code);
        Assert.Contains("replay: same state, hash ", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Input_that_a_deterministic_run_does_not_take_is_told()
    {
        Assert.Contains("standard input is not connected", _doppel.Shell("echo x | $D run --kernel exit42 --deterministic").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("standard input", _doppel.Shell("$D run --kernel exit42 --deterministic </dev/null").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit42 --exit-from-guest <&-", 42)]
    [InlineData("exit42 --exit-from-guest </dev/null >&-", 42)]
    [InlineData("exit42 --exit-from-guest </dev/null 2>&-", 42)]
    [InlineData("flood </dev/null >/dev/full", 1)]
    [InlineData("flood --serial none --timeout 0.3 <&- >&-", 124)]
    public void Closed_ends_do_no_harm(string run, int code) => Assert.Equal(code, _doppel.Shell($"$D run --kernel {run}").Code);

    [Fact]
    public void The_escape_key_leaves_and_the_terminal_is_as_before()
    {
        ShellResult result = _doppel.Shell("{ sleep 1.5; printf '\\003'; sleep 0.5; printf '\\035'; sleep 1; } | script -qec 'stty -g >before; $D run --kernel spin; echo left=$?; stty -g >after' /dev/null; cmp before after && echo same");
        Assert.Contains("Escape key is Ctrl-]", result.Output, StringComparison.Ordinal);
        Assert.Contains("left=0", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("same\n", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("INT", 130)]
    public void A_signal_leaves_the_terminal_as_before(string signal, int code)
    {
        ShellResult result = _doppel.Shell($"script -qec 'stty -g >before; timeout --foreground --preserve-status -s {signal} 0.7 $D run --kernel spin; echo left=$?; stty -g >after' /dev/null </dev/null; cmp before after && echo same");
        Assert.Contains($"left={code}", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("same\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_user_may_not_read_is_told()
    {
        ShellResult result = _doppel.Shell("chmod 0 spin; chmod 755 .; if [ $(id -u) = 0 ]; then setpriv --reuid 65534 --clear-groups $D run --kernel spin; else $D run --kernel spin; fi");
        Assert.SkipWhen(result.Code == 126 || result.Error.StartsWith("setpriv", StringComparison.Ordinal), "another user cannot run the command here");
        Assert.Equal(3, result.Code);
        Assert.Contains("cannot be read", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_speak_JSON_when_asked()
    {
        ShellResult result = _doppel.Shell("$D run --kernel nothing -o json");
        using JsonDocument document = JsonDocument.Parse(result.Error);
        Assert.Equal(result.Code, document.RootElement.GetProperty("error").GetProperty("code").GetInt32());
        Assert.Equal(3, result.Code);
    }

    [Fact]
    public void Help_answers_at_once()
        => Assert.InRange(int.Parse(_doppel.Shell("b=999; for i in 1 2 3 4 5 6 7 8 9; do s=$(date +%s%N); $D --help >/dev/null; t=$(( ($(date +%s%N)-s)/700000 )); [ $t -lt $b ] && b=$t; done; echo $b").Output, CultureInfo.InvariantCulture), 0, 60);
}
