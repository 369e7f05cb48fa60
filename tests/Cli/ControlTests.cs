using System;
using System.Linq;
using System.Text.Json;

namespace Doppel.Cli.Tests;

/// <summary>The built command runs a floppy and is asked things from outside.</summary>
public sealed class ControlTests : IDisposable
{
    private readonly BuiltBinary _doppel = new();

    public void Dispose() => _doppel.Dispose();

    [Fact]
    public void A_running_machine_shows_its_screen_takes_keys_and_changes_media()
    {
        ShellResult result = Run("""
            $D control --of me type 'hello there'
            until $D control --of me screen | grep -q 'hello there'; do sleep 0.2; done
            echo "== screen"; $D control --of me screen
            $D control --of me send-key shift-a 1 ret
            $D control --of me screenshot shot.png; head -c 4 shot.png | od -An -tx1
            echo "== status"; $D control --of me status
            $D control --of me pause; $D control --of me status; sleep 0.3; $D control --of me status; $D control --of me resume
            $D control --of me eject floppy0; $D control --of me status
            $D control --of me change-medium floppy0 echo.img,ro; $D control --of me status
            $D control --of me mouse move 10 -10; $D control --of me mouse click left
            $D control --of me reset; $D control --of me status
            $D control --of me quit
            """);
        Assert.Equal(0, result.Code);
        Assert.Contains("hello there", result.Output, StringComparison.Ordinal);
        Assert.Contains("89 50 4e 47", result.Output, StringComparison.Ordinal);
        JsonElement[] states = [.. result.Output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(["running", "paused", "paused", "running", "running", "running"], states.Select(state => state.GetProperty("state").GetString()));
        Assert.Equal(states[1].GetProperty("instructions").GetUInt64(), states[2].GetProperty("instructions").GetUInt64());
        Assert.Equal(states[1].GetProperty("guestSeconds").GetDouble(), states[2].GetProperty("guestSeconds").GetDouble());
        Assert.Equal((720, 400), (states[0].GetProperty("screen").GetProperty("width").GetInt32(), states[0].GetProperty("screen").GetProperty("height").GetInt32()));
        Assert.Equal(JsonValueKind.Null, states[3].GetProperty("drives")[0].GetProperty("medium").ValueKind);
        Assert.Contains("echo.img", states[4].GetProperty("drives")[0].GetProperty("medium").GetString(), StringComparison.Ordinal);
        Assert.Equal((0, 1), (states[4].GetProperty("resets").GetInt32(), states[5].GetProperty("resets").GetInt32()));
    }

    [Fact]
    public void What_cannot_be_done_is_one_line_and_the_machine_goes_on()
    {
        ShellResult result = Run("""
            for request in 'statsu' 'type \q' 'send-key ctrl-alt-delte' 'mouse move 1' 'mouse click up' 'eject cdrom0' 'change-medium floppy0' 'change-medium floppy0 nowhere.img' 'screenshot /no/such/folder/x.png' 'pause now'; do
                $D control --of me $request && echo "no error: $request"
            done
            $D control --of me status
            $D control --of me quit
            """);
        Assert.Equal(0, result.Code);
        Assert.DoesNotContain("no error", result.Output, StringComparison.Ordinal);
        string[] errors = [.. result.Error.Split('\n').Where(line => line.Contains("doppel: ", StringComparison.Ordinal) && !line.Contains("engine", StringComparison.Ordinal) && !line.Contains("screen is", StringComparison.Ordinal) && !line.Contains("left;", StringComparison.Ordinal))];
        Assert.Equal(10, errors.Length);
        Assert.Contains(errors, line => line.Contains("did you mean \"status\"", StringComparison.Ordinal));
        Assert.Contains("\"running\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_a_machine_writes_to_is_not_given_to_another()
    {
        ShellResult result = Run("""
            $D run echo.img </dev/null; echo "code $?"
            $D control --of me quit
            """);
        Assert.Contains("code 2", result.Output, StringComparison.Ordinal);
        Assert.Contains("echo.img", result.Error, StringComparison.Ordinal);
    }

    // A boot sector that shows on the screen what is typed; its machine is called "me".
    private ShellResult Run(string script)
    {
        Assert.SkipUnless(Machine.FirmwareLocator.FindVideoRom() is not null, "no PC firmware is installed (package seabios)");
        byte[] sector = new byte[1_474_560];
        byte[] echo = [0x31, 0xC0, 0xCD, 0x16, 0xB4, 0x0E, 0xBB, 0x07, 0x00, 0xCD, 0x10, 0xEB, 0xF3];
        echo.CopyTo(sector, 0);
        (sector[510], sector[511]) = (0x55, 0xAA);
        _doppel.Write("echo.img", sector);
        return _doppel.Shell($$"""
            export XDG_RUNTIME_DIR=$PWD
            $D run echo.img --name me --memory 32M </dev/null >/dev/null & job=$!
            for i in $(seq 200); do $D control --of me screen 2>/dev/null | grep -q 'Booting from Floppy' && break; sleep 0.2; done
            {{script}}
            wait $job
            """);
    }
}
