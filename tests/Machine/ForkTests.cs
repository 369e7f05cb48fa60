using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Doppel.Memory;

namespace Doppel.Machine.Tests;

/// <summary>Forks: parent and children go on from the same instant, each with its own memory.</summary>
public sealed class ForkTests
{
    private const ulong End = 200_000;

    private static readonly byte[] s_image = InterruptGuest.Image(60, 7_001);

    [Fact]
    public void Parent_and_children_of_every_generation_go_on_as_if_never_forked()
    {
        string expected = Hash(Spec() with { HashAt = End });
        using VirtualMachine parent = new(Spec() with { HashAt = End });
        List<VirtualMachine> family = [parent];
        try
        {
            for (ulong instant = 20_000; instant < End; instant += 45_001)
            {
                foreach (VirtualMachine machine in family.ToArray())
                {
                    machine.StopAt = instant;
                    Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
                    family.Add(machine.Fork(machine.Spec));
                }
            }

            Assert.Equal(16, family.Count);
            string[] hashes = [.. family.AsParallel().Select(machine => machine.Run().Report)];
            Assert.All(hashes, hash => Assert.Equal(expected, hash));
        }
        finally
        {
            family.ForEach(machine => machine.Dispose());
        }
    }

    [Fact]
    public void What_one_writes_no_other_sees()
    {
        const int At = 0x30_0000;
        using VirtualMachine parent = new(Spec());
        parent.Hardware.Ram.Write(At, [1]);
        using VirtualMachine first = parent.Fork(parent.Spec);
        parent.Hardware.Ram.Write(At, [2]);
        using VirtualMachine second = parent.Fork(parent.Spec);
        first.Hardware.Ram.Write(At, [3]);
        using VirtualMachine third = first.Fork(first.Spec);
        parent.Hardware.Ram.Write(At, [4]);
        Assert.Equal([4, 3, 2, 3], new[] { parent, first, second, third }.Select(machine => machine.Hardware.Ram.Read(At, 1)[0]).Select(b => (int)b));
    }

    [Fact]
    public void A_child_outlives_its_parent_and_boots_again_when_it_resets()
    {
        VirtualMachine parent = new(Spec());
        using VirtualMachine child = parent.Fork(parent.Spec with { HashAt = 10_000 });
        parent.Dispose();
        child.Reset();
        Assert.Equal(MachineExitKind.HashReached, child.Run().Kind);
        Assert.Throws<ObjectDisposedException>(() => parent.Fork(parent.Spec));
    }

    [Fact]
    public async Task A_running_machine_is_forked_between_two_instructions()
    {
        using VirtualMachine parent = new(Spec());
        Task<MachineExit> running = Task.Run(() => parent.Run(), TestContext.Current.CancellationToken);
        TaskCompletionSource<VirtualMachine> made = new();
        parent.Post(machine => made.SetResult(machine.Fork(machine.Spec with { HashAt = machine.RetiredInstructions + 1000 })));
        using VirtualMachine child = await made.Task;
        Assert.Equal(MachineExitKind.HashReached, child.Run().Kind);
        parent.RequestStop();
        Assert.Equal(MachineExitKind.Stopped, (await running).Kind);
    }

    [Fact]
    public void Stores_after_a_collection_of_the_dirty_log_are_in_the_next_one()
    {
        using VirtualMachine machine = new(Spec());
        DirtyLog log = new(machine.Hardware.Ram);
        long counters = 0x20_3000 >> 12;
        for (ulong instant = 50_000; instant <= 150_000; instant += 50_000)
        {
            machine.StopAt = instant;
            Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
            DirtyBitmap written = log.NewBitmap();
            log.CollectAndClear(written);
            Assert.True(written[counters], $"page {counters} at {instant}");
        }
    }

    [Fact]
    public void Another_seed_gives_other_random_numbers_and_the_same_seed_the_same()
    {
        using VirtualMachine parent = new(Spec() with { Seed = 1 });
        using VirtualMachine same = parent.Fork(parent.Spec);
        using VirtualMachine second = parent.Fork(parent.Spec with { Seed = 2 });
        using VirtualMachine third = parent.Fork(parent.Spec with { Seed = 3 });
        ulong[] drawn = [.. new[] { parent, same, second, third }.Select(machine => machine.Hardware.Board.Random.Next())];
        Assert.Equal(drawn[0], drawn[1]);
        Assert.Equal(3, drawn.Distinct().Count());
    }

    [Fact]
    public void Another_shape_is_refused()
    {
        using VirtualMachine parent = new(Spec());
        Assert.Throws<MachineSpecException>(() => parent.Fork(parent.Spec with { MemoryBytes = 8 << 20 }));
        Assert.Throws<MachineSpecException>(() => parent.Fork(parent.Spec with { CpuModel = "pentium3" }));
    }

    private static string Hash(MachineSpec spec)
    {
        using VirtualMachine machine = new(spec);
        return machine.Run().Report;
    }

    private static MachineSpec Spec() =>
        new() { Kernel = s_image, MemoryBytes = 4 << 20, Deterministic = true, MaxTime = TimeSpan.FromSeconds(60) };
}
