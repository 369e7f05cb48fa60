using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Doppel.Machine;
using Doppel.Machine.Snapshot;

namespace Doppel.Guests.Tests;

/// <summary>Debian's own kernels, unmodified, to a shell on the serial console, and commands whose output is known.</summary>
public sealed class DebianTests
{
    [Theory]
    [InlineData("debian", "i686")]
    [InlineData("debian64", "x86_64")]
    public void Ten_commands_and_power_off(string guest, string machine)
    {
        using GuestSession session = GuestSession.Boot(guest);
        Assert.Equal(machine, session.Command("uname -m"));
        Assert.Equal("42 3 -7", session.Command("echo $((6*7)) $((10/3)) $((-14/2))"));
        Assert.Equal("1", session.Command("grep -c ^processor /proc/cpuinfo"));
        Assert.Matches("fpu.* tsc.* cx8.* cmov", session.Command("grep ^flags /proc/cpuinfo"));
        Assert.Contains("proc", session.Command("ls -1 /").Split('\n'));
        Assert.Equal("alpha\nbeta\ngamma", session.Command("printf 'beta\\ngamma\\nalpha\\n' | sort"));
        Assert.Equal("900150983cd24fb0d6963f7d28e17f72  -", session.Command("printf abc | md5sum"));
        Assert.StartsWith("a9993e364706816aba3e25717850c26c9cd0d89d", session.Command("printf abc | sha1sum"), StringComparison.Ordinal);
        Assert.Equal("x1\nx2\nx3", session.Command("for i in 1 2 3; do echo x$i; done"));
        Assert.InRange(int.Parse(Word(session.Command("grep MemTotal /proc/meminfo"), 1), CultureInfo.InvariantCulture), 180_000, 262_144);
        Assert.Matches(@"Mem: +\d+ +\d+", session.Command("free"));
        Assert.Contains("Linux version 6.1", session.Command("dmesg | grep -m1 Linux"), StringComparison.Ordinal);
        Assert.Equal("console=ttyS0 quiet panic=-1", session.Command("cat /proc/cmdline").Trim());
        Assert.Equal("3.1415926535", session.Command("echo 'scale=12; 4*a(1)' | bc -l | cut -c1-12"));
        Assert.Equal("5000", session.Command("seq 5000 | awk '{n++} END {print n}'"));

        ControlCEndsTheProgramNotTheShell(session);
        TimePassesAtItsRate(session);

        session.Type("poweroff -f\n");
        Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
    }

    [Fact]
    public void What_is_typed_early_reaches_the_shell_late()
    {
        using GuestSession session = GuestSession.Start("debian");
        session.Type("echo early-$((6*7))\npoweroff -f\n");
        Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
        Assert.Contains("early-42", session.Printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("debian")]
    [InlineData("debian64")]
    public void A_reboot_boots_again(string guest)
    {
        using GuestSession session = GuestSession.Boot(guest);
        session.Type("echo first > /tmp/mark; reboot -f\n").Expect("reboot: ");
        session.AwaitPrompt();
        Assert.Equal("gone", session.Command("test -e /tmp/mark || echo gone"));
        session.Type("poweroff -f\n");
        Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
    }

    [Theory]
    [InlineData("debian")]
    [InlineData("debian64")]
    public void A_booting_kernel_restored_at_some_instant_goes_on_as_if_never_stopped(string guest)
    {
        const ulong Instant = 31_234_567;
        const ulong End = 60_000_000;
        MachineSpec spec = GuestSession.SpecOf(guest) with { Deterministic = true, HashAt = End };
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

    [Fact]
    public void The_kernel_can_unpack_itself()
    {
        using GuestSession session = GuestSession.Start("debian", append: "run=uname+-m", change: spec => spec with { Unpack = false });
        Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
        Assert.Contains("i686", session.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_deterministic_runs_print_the_same()
    {
        string[] printed = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            using GuestSession session = GuestSession.Start("debian", append: "run=cat+/proc/uptime;date;exit+7", change: spec => spec with { Deterministic = true, Seed = 7 });
            Assert.Equal(MachineExitKind.PowerOff, session.End().Kind);
            return session.Printed;
        })];
        Assert.Matches(new Regex(@"^\d+\.\d+ \d+\.\d+", RegexOptions.Multiline), printed[0]);
        Assert.Contains("GUEST-DONE rc=7", printed[0], StringComparison.Ordinal);
        Assert.Equal(printed[0], printed[1]);
    }

    private static void ControlCEndsTheProgramNotTheShell(GuestSession session)
    {
        // The program itself says that it runs: before that, the key would reach the shell while it still sets the job up.
        session.Type("sh -c 'echo run\"\"ning; exec sleep 1000'\n").Expect("running");
        Assert.Equal("on", session.Type("\u0003").Expect("guest# ").Command("echo on"));
    }

    private static void TimePassesAtItsRate(GuestSession session)
    {
        long before = Environment.TickCount64;
        string[] stamps = session.Command("cut -d. -f1 /proc/uptime; sleep 3; cut -d. -f1 /proc/uptime").Split('\n');
        long host = Environment.TickCount64 - before;
        int guest = int.Parse(stamps[^1], CultureInfo.InvariantCulture) - int.Parse(stamps[0], CultureInfo.InvariantCulture);
        Assert.InRange(guest, 2, 60);
        Assert.InRange(host, 2000, 60_000);
    }

    private static string Word(string line, int index) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[index];
}
