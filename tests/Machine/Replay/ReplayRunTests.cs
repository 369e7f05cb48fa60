using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends.Character;
using Doppel.Machine.Replay;
using Doppel.Machine.Snapshot;

namespace Doppel.Machine.Tests.Replay;

/// <summary>What was recorded happens again; what cannot is told.</summary>
public sealed class ReplayRunTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] s_image = EchoGuest.Image();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Input_typed_at_any_moment_comes_again_at_the_same_instruction(bool paced)
    {
        (byte[] log, string typed) = await Type(paced, "ab", "c", "r", "de", new string('f', 40), "ghq");
        using MemoryCharacter serial = new();
        using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log), Serial0 = serial });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), replayed.Run());
        Assert.Equal(typed, serial.Text);
        Assert.Equal(1, replayed.ResetCount);
        Assert.False(replayed.Replayed!.Value.FromOutside);
        Assert.Equal(replayed.ComputeStateHash(), replayed.Replayed.Value.Hash);
    }

    [Fact]
    public void A_recorded_run_differs_from_one_without_that_input()
    {
        // Else the hashes would be compared for nothing.
        string Hash(string input)
        {
            using VirtualMachine machine = new(Spec() with { Script = [new ScriptedInput(50_000, 0, Encoding.ASCII.GetBytes(input))], HashAt = 400_000 });
            return machine.Run().Report;
        }

        Assert.Equal(Hash("x"), Hash("x"));
        Assert.NotEqual(Hash("x"), Hash("y"));
    }

    [Theory]
    [InlineData("sleeping", 0)]
    [InlineData("busy", 200)]
    public async Task An_end_from_outside_is_found_again(string guest, int afterMs)
    {
        MachineSpec spec = Spec() with { PacesIdleTime = true, Kernel = guest == "busy" ? EchoGuest.Image(300) : s_image };
        using MemoryStream log = new();
        string hash;
        using (VirtualMachine machine = new(spec with { RecordTo = log }))
        {
            Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
            machine.PostSerialInput(0, "abc"u8);
            await Task.Delay(50 + afterMs, TestContext.Current.CancellationToken);
            machine.RequestStop();
            Assert.Equal(MachineExitKind.Stopped, (await run.WaitAsync(s_patience, TestContext.Current.CancellationToken)).Kind);
            hash = machine.ComputeStateHash();
        }

        using VirtualMachine replayed = new(spec with { ReplayFrom = new MemoryStream(log.ToArray()) });
        MachineExit exit = replayed.Run();
        Assert.True(exit.Kind == MachineExitKind.Stopped, exit.Report);
        Assert.Equal(new ReplayResult(hash, FromOutside: true), replayed.Replayed);
    }

    [Fact]
    public void Time_limits_and_counts_end_a_replay_where_they_ended_the_recording()
    {
        foreach (MachineSpec limit in (MachineSpec[])[Spec() with { MaxTime = TimeSpan.FromMilliseconds(60) }, Spec() with { HashAt = 300_000 }])
        {
            using MemoryStream log = new();
            MachineExit recorded;
            using (VirtualMachine machine = new(limit with { RecordTo = log }))
            {
                recorded = machine.Run();
            }

            using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log.ToArray()) });
            MachineExit again = replayed.Run();
            Assert.Equal(recorded.Kind == MachineExitKind.Timeout ? MachineExitKind.Stopped : recorded.Kind, again.Kind);
            Assert.True(replayed.Replayed?.FromOutside, again.Report);
            Assert.Equal(recorded.Kind == MachineExitKind.HashReached ? recorded.Report : replayed.ComputeStateHash(), replayed.Replayed!.Value.Hash);
        }
    }

    [Fact]
    public void A_run_that_was_stopped_and_went_on_is_replayed_in_as_many_runs()
    {
        using MemoryStream log = new();
        MachineSpec spec = Spec() with { Script = [new ScriptedInput(2_000_000, 0, "q"u8.ToArray())] };
        using (VirtualMachine machine = new(spec with { RecordTo = log, HashAt = 500_000 }))
        {
            Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
            Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
        }

        using VirtualMachine replayed = new(spec with { ReplayFrom = new MemoryStream(log.ToArray()) });
        Assert.Equal(MachineExitKind.HashReached, replayed.Run().Kind);
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), replayed.Run());
        Assert.NotNull(replayed.Replayed);
    }

    [Fact]
    public void Seed_and_calendar_come_from_the_log()
    {
        byte[] log = Record(Spec() with { Seed = 77, EpochNanoseconds = 1_000_000_000_000_000_000 });
        using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log) });
        Assert.Equal(MachineExitKind.GuestExit, replayed.Run().Kind);
        Assert.NotNull(replayed.Replayed);
        Assert.Equal(77UL, replayed.Spec.Seed);
    }

    [Fact]
    public void Another_machine_is_refused_before_it_starts()
    {
        byte[] log = Record(Spec());
        (MachineSpec Spec, string Word)[] others =
        [
            (Spec() with { MemoryBytes = 16 << 20 }, "8 MiB of memory was recorded, not 16"),
            (Spec() with { CpuModel = "pentium3" }, "CPU model"),
            (Spec() with { CommandLine = "other" }, "command line"),
            (Spec() with { Seed = 1 }, "seed 0 was recorded, not 1"),
            (Spec() with { EpochNanoseconds = 0 }, "calendar"),
            (Spec() with { Unpack = false }, "unpacks"),
            (Spec() with { Kernel = EchoGuest.Image(77) }, "another kernel"),
            (Spec() with { Initrd = new byte[] { 1 } }, "another initrd"),
        ];
        foreach ((MachineSpec spec, string word) in others)
        {
            MachineSpecException e = Assert.Throws<MachineSpecException>(() => new VirtualMachine(spec with { ReplayFrom = new MemoryStream(log) }));
            Assert.Contains(word, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Logs_need_a_deterministic_machine_with_such_a_port()
    {
        MachineSpec real = Spec() with { Deterministic = false };
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(real with { RecordTo = new MemoryStream() }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(real with { ReplayFrom = new MemoryStream() }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(real with { Script = [new ScriptedInput(1, 0, default)] }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec() with { Script = [new ScriptedInput(1, 4, default)] }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec() with { ReplayFrom = new MemoryStream([1, 2, 3]) }));
    }

    [Fact]
    public void A_log_of_a_restored_machine_begins_in_its_snapshot()
    {
        using MemoryStream saved = new();
        using (VirtualMachine machine = new(Spec() with { HashAt = 100_000 }))
        {
            machine.Run();
            using BinaryStateWriter writer = new(saved);
            machine.Save(writer);
            writer.Finish();
        }

        MachineSpec spec = Spec() with { Script = [new ScriptedInput(300_000, 0, "abq"u8.ToArray())] };
        using MemoryStream log = new();
        using (VirtualMachine machine = new(spec with { RecordTo = log }))
        {
            machine.Restore(new BinaryStateReader(saved.ToArray()));
            Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
        }

        using (VirtualMachine again = new(Spec() with { ReplayFrom = new MemoryStream(log.ToArray()) }))
        {
            again.Restore(new BinaryStateReader(saved.ToArray()));
            Assert.Equal(MachineExitKind.GuestExit, again.Run().Kind);
            Assert.NotNull(again.Replayed);
        }

        using VirtualMachine fresh = new(Spec() with { ReplayFrom = new MemoryStream(log.ToArray()) });
        Assert.Contains("snapshot", Assert.Throws<MachineSpecException>(() => fresh.Run()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replayed_machine_takes_no_other_input_and_a_recorded_one_no_reset()
    {
        byte[] log = Record(Spec());
        using VirtualMachine replayed = new(Spec() with { ReplayFrom = new MemoryStream(log) });
        Assert.Equal(0, replayed.PostSerialInput(0, "x"u8));
        Assert.Throws<InvalidOperationException>(replayed.Reset);
        Assert.Equal(MachineExitKind.GuestExit, replayed.Run().Kind);
    }

    [Fact]
    public void A_full_disk_ends_the_recording_with_a_reason()
    {
        using VirtualMachine machine = new(Spec() with { RecordTo = new FullDisk(), Script = [new ScriptedInput(1000, 0, "a"u8.ToArray())] });
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.LogFailed, exit.Kind);
        Assert.Contains("no space", exit.Report, StringComparison.Ordinal);
    }

    [Fact]
    public void Idle_time_is_waited_for_only_while_somebody_may_type()
    {
        // 65,536 ticks of the 8254 are 55 ms; most of it is spent in HLT.
        MachineSpec spec = Spec() with { HashAt = 10 * EchoGuest.WorkInstructions };
        long At(bool paced, bool ends)
        {
            using VirtualMachine machine = new(spec with { PacesIdleTime = paced });
            long began = Environment.TickCount64;
            if (ends)
            {
                machine.StopPacing();
            }

            Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
            return Environment.TickCount64 - began;
        }

        Assert.InRange(At(paced: true, ends: false), 350, 20_000);
        Assert.InRange(At(paced: false, ends: false), 0, 300);
        Assert.InRange(At(paced: true, ends: true), 0, 300);
    }

    internal static MachineSpec Spec() => new() { MemoryBytes = 8 << 20, Kernel = s_image, Deterministic = true };

    internal static byte[] Record(MachineSpec spec)
    {
        using MemoryStream log = new();
        using VirtualMachine machine = new(spec with { RecordTo = log, Script = [new ScriptedInput(20_000, 0, "abc"u8.ToArray()), new ScriptedInput(90_000, 0, "deq"u8.ToArray())] });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
        return log.ToArray();
    }

    private static async Task<(byte[] Log, string Typed)> Type(bool paced, params string[] keys)
    {
        using MemoryStream log = new();
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec() with { RecordTo = log, Serial0 = serial, PacesIdleTime = paced });
        Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
        string typed = string.Empty;
        foreach (string key in keys)
        {
            typed += key;
            machine.PostSerialInput(0, Encoding.ASCII.GetBytes(key));
            Assert.True(SpinWait.SpinUntil(() => serial.Text.Length >= typed.Length || run.IsCompleted, s_patience));
        }

        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), await run.WaitAsync(s_patience, TestContext.Current.CancellationToken));
        Assert.Equal(typed, serial.Text);
        return (log.ToArray(), typed);
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("no space left");
    }
}
