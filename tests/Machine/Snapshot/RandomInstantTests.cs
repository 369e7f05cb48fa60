using System;
using System.IO;
using Doppel.Machine.Snapshot;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>Save at any instant, restore into a machine that never ran, go on: the same state as never stopped.</summary>
public sealed class RandomInstantTests
{
    private const ulong End = 400_000;

    [Theory]
    [InlineData(60, 7_001u)]
    [InlineData(11_932, 25_000u)]
    [InlineData(2, 1u)]
    public void A_machine_restored_at_any_instant_goes_on_as_if_never_stopped(ushort pitCount, uint apicCount)
    {
        byte[] image = InterruptGuest.Image(pitCount, apicCount);
        string expected = HashAt(image, End);
        Random random = new(pitCount);
        for (int round = 0; round < 12; round++)
        {
            ulong instant = (ulong)random.Next(1, (int)End);
            byte[] saved = SaveAt(image, instant);
            using VirtualMachine restored = new(Spec(image, End));
            restored.Restore(new BinaryStateReader(saved));
            Assert.Equal(instant, restored.RetiredInstructions);
            MachineExit exit = restored.Run();
            Assert.True(expected == exit.Report, $"saved at {instant}: {exit}");
        }
    }

    [Fact]
    public void The_guest_takes_interrupts_of_every_clock()
    {
        using VirtualMachine machine = new(Spec(InterruptGuest.Image(60, 7_001), 3_000_000));
        Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
        Assert.True(machine.Now.Nanoseconds > 3_000_000, "no idle time was skipped");
        for (int counter = 0; counter < 4; counter++)
        {
            Assert.True(BitConverter.ToUInt32(machine.Hardware.Ram.Read(0x20_3000 + (counter == 0 ? 0 : 4 + (counter * 4)), 4)) > 2, $"counter {counter}");
        }
    }

    private static byte[] SaveAt(byte[] image, ulong instant)
    {
        using VirtualMachine machine = new(Spec(image, instant));
        Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
        return Save(machine);
    }

    private static byte[] Save(VirtualMachine machine)
    {
        using MemoryStream stream = new();
        BinaryStateWriter writer = new(stream);
        machine.Save(writer);
        _ = writer.Finish();
        return stream.ToArray();
    }

    private static string HashAt(byte[] image, ulong count)
    {
        using VirtualMachine machine = new(Spec(image, count));
        MachineExit exit = machine.Run();
        Assert.True(exit.Kind == MachineExitKind.HashReached, exit.Report);
        return exit.Report;
    }

    private static MachineSpec Spec(byte[] image, ulong hashAt) =>
        new() { Kernel = image, MemoryBytes = 4 << 20, Deterministic = true, HashAt = hashAt, MaxTime = TimeSpan.FromSeconds(60) };
}
