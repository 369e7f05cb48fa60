using System;
using System.IO;
using System.Text;
using Doppel.Machine;
using Doppel.Machine.Replay;

namespace Doppel.Guests.Tests;

/// <summary>A session with a real kernel, typed at counts of instructions, recorded and run again.</summary>
public sealed class ReplayTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_recorded_session_is_replayed_to_the_same_state(int cpus)
    {
        MachineSpec spec = GuestSession.SpecOf("debian64") with { Cpus = cpus, Deterministic = true, Seed = 42 };
        using MemoryStream log = new();
        string printed = Run(spec with
        {
            RecordTo = log,
            Script =
            [
                new ScriptedInput(1_300_000_000, 0, Encoding.ASCII.GetBytes("cat /proc/uptime /proc/sys/kernel/random/uuid; date\r")),
                new ScriptedInput(1_500_000_000, 0, Encoding.ASCII.GetBytes("echo $((6*7)); poweroff -f\r")),
            ],
        }).Printed;
        Assert.Matches(@"[0-9a-f]{8}-[0-9a-f]{4}-4", printed);
        Assert.Contains("42\r\n", printed, StringComparison.Ordinal);

        (string again, ReplayResult? result) = Run(spec with { ReplayFrom = new MemoryStream(log.ToArray()) });
        Assert.Equal(printed, again);
        Assert.False(result!.Value.FromOutside);
    }

    private static (string Printed, ReplayResult? Replayed) Run(MachineSpec spec)
    {
        using Transcript transcript = new();
        using VirtualMachine machine = new(spec with { Serial0 = transcript, MaxTime = TimeSpan.FromMinutes(8) });
        MachineExit exit = machine.Run();
        Assert.True(exit.Kind == MachineExitKind.PowerOff, $"{exit}\n{transcript}");
        return (transcript.ToString(), machine.Replayed);
    }
}
