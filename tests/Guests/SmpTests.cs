using System;
using System.IO;
using System.Linq;
using Doppel.Machine;
using Doppel.Machine.Snapshot;

namespace Doppel.Guests.Tests;

/// <summary>Kernels on several processors.</summary>
public sealed class SmpTests
{
    [Theory]
    [InlineData("debian", 2)]
    [InlineData("debian64", 4)]
    public void A_kernel_uses_all_processors(string guest, int cpus)
    {
        using GuestSession session = GuestSession.Start(guest, change: spec => spec with { Cpus = cpus });
        session.AwaitPrompt();
        Assert.Equal($"{cpus}", session.Command("nproc"));
        Assert.Equal($"{cpus}", session.Command("grep -c ^processor /proc/cpuinfo"));
        Assert.Equal($"0-{cpus - 1}", session.Command("cat /sys/devices/system/cpu/online"));

        // Every processor's timer ticks, and work in the background comes out right.
        string ticks = session.Command("grep LOC: /proc/interrupts");
        Assert.All(ticks.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(cpus), count => Assert.True(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture) > 10, ticks));
        Assert.Equal("12497500\n12497500\n12497500", session.Command("for i in 1 2 3; do seq 0 4999 | awk '{n+=$1} END {print n}' & done; wait").Replace("[1] ", string.Empty, StringComparison.Ordinal)
            .Split('\n').Where(line => line == "12497500").Aggregate((a, b) => a + "\n" + b));
        session.Type("poweroff -f\n");
        Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
    }

    [Fact]
    public void A_booting_kernel_on_two_processors_restored_at_some_instant_goes_on_as_if_never_stopped()
    {
        const ulong Instant = 301_234_567;
        const ulong End = 340_000_000;
        MachineSpec spec = GuestSession.SpecOf("debian") with { Cpus = 2, Deterministic = true, HashAt = End };
        string expected;
        using (VirtualMachine straight = new(spec))
        {
            expected = straight.Run().Report;
        }

        using MemoryStream stream = new();
        using (VirtualMachine saved = new(spec with { HashAt = Instant }))
        {
            Assert.Equal(MachineExitKind.HashReached, saved.Run().Kind);
            BinaryStateWriter writer = new(stream);
            saved.Save(writer);
            _ = writer.Finish();
        }

        using VirtualMachine restored = new(spec);
        restored.Restore(new BinaryStateReader(stream.ToArray()));
        Assert.Equal(new MachineExit(MachineExitKind.HashReached, 0, expected), restored.Run());
    }
}
