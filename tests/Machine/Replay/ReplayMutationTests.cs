using System;
using System.IO;
using Doppel.Machine.Replay;

namespace Doppel.Machine.Tests.Replay;

/// <summary>Logs that somebody or something changed: the replay ends with an error or with the recorded state, and does end.</summary>
public sealed class ReplayMutationTests
{
    private static readonly byte[] s_log = ReplayRunTests.Record(ReplayRunTests.Spec() with { MemoryBytes = 4 << 20 });

    [Fact]
    public void Thousands_of_damaged_logs_are_refused_or_replayed()
    {
        Random random = new(1);
        int replayed = 0;
        int failed = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] log = [.. s_log];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                log[random.Next(log.Length)] = (byte)random.Next(256);
            }

            if (i % 3 == 0)
            {
                log = log[..random.Next(log.Length)];
            }

            Count(Replay(log), ref replayed, ref failed);
        }

        Assert.True(failed > 2000, $"{failed} of 3000 failed");
    }

    [Fact]
    public void Forged_logs_with_fitting_check_sums_end_too()
    {
        // Any instant that is not years ahead, in any order, with any end: what a forger could write.
        Random random = new(2);
        int replayed = 0;
        int failed = 0;
        ReplayFacts facts = new ReplayLogReader(new MemoryStream(s_log)).Facts;
        long[] times = [0, 1, -1, long.MinValue, 20_000, 100_000, 60_000_000, 10_000_000_000];
        for (int i = 0; i < 300; i++)
        {
            using MemoryStream stream = new();
            ReplayLogWriter writer = new(stream);
            writer.Begin(facts);
            for (int records = random.Next(4); records > 0; records--)
            {
                writer.Input(Instant(), random.Next(2), new byte[random.Next(1, 40)]);
            }

            if (random.Next(3) != 0)
            {
                writer.End(new EndEntry(Instant(), (byte)random.Next(256), (byte)random.Next(256), random.Next(2) == 0, new string('0', 64)));
            }

            Count(Replay(stream.ToArray()), ref replayed, ref failed);
        }

        Assert.Equal((0, 300), (replayed, failed));

        ReplayInstant Instant()
        {
            long time = times[random.Next(times.Length)] + random.Next(3);
            return new ReplayInstant(random.Next(2) == 0 ? (ulong)time : (ulong)random.Next(200_000), time, (uint)random.Next(2));
        }
    }

    private static void Count(bool isReplayed, ref int replayed, ref int failed)
    {
        replayed += isReplayed ? 1 : 0;
        failed += isReplayed ? 0 : 1;
    }

    // False: an error.
    private static bool Replay(byte[] log)
    {
        VirtualMachine machine;
        try
        {
            machine = new VirtualMachine(ReplayRunTests.Spec() with { MemoryBytes = 4 << 20, ReplayFrom = new MemoryStream(log), MaxTime = TimeSpan.FromSeconds(20) });
        }
        catch (MachineSpecException)
        {
            return false;
        }

        using (machine)
        {
            MachineExit exit = machine.Run();
            Assert.True(exit.Kind is MachineExitKind.GuestExit or MachineExitKind.LogFailed, $"{exit}");
            Assert.Equal(exit.Kind == MachineExitKind.GuestExit, machine.Replayed is not null);
            Assert.True(exit.Kind != MachineExitKind.LogFailed || exit.Report.StartsWith("replay: ", StringComparison.Ordinal), exit.Report);
            return machine.Replayed is not null;
        }
    }
}
