using System;
using System.IO;
using Doppel.Host;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>Snapshots in files: what comes back, what is refused, and that damage is always found.</summary>
public sealed class SnapshotFileTests : IDisposable
{
    private const ulong End = 200_000;

    private static readonly byte[] s_image = InterruptGuest.Image(60, 7_001);
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-snapshot").FullName;

    private string Name => Path.Combine(_folder, "machine.snap");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_machine_from_a_file_goes_on_as_if_never_stopped()
    {
        string expected = HashAt(End);
        Random random = new(3);
        for (int round = 0; round < 6; round++)
        {
            ulong instant = (ulong)random.Next(1, (int)End);
            SaveAt(instant);
            using SnapshotFile file = SnapshotFile.Open(Name);
            file.Verify(TestContext.Current.CancellationToken);
            using VirtualMachine restored = new(file, file.Spec with { HashAt = End });
            Assert.Equal(instant, restored.RetiredInstructions);
            Assert.Equal(new MachineExit(MachineExitKind.HashReached, 0, expected), restored.Run());
        }

        Assert.Equal([Name], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_restored_machine_can_be_saved_over_the_file_it_came_from_and_both_go_on()
    {
        string expected = HashAt(End);
        SaveAt(50_000);
        using SnapshotFile file = SnapshotFile.Open(Name);
        using (VirtualMachine first = new(file, file.Spec))
        {
            first.StopAt = 120_000;
            Assert.Equal(MachineExitKind.InstructionReached, first.Run().Kind);
            first.SaveSnapshot(Name);
        }

        using VirtualMachine fromOld = new(file, file.Spec with { HashAt = End });
        Assert.Equal(50_000UL, fromOld.RetiredInstructions);
        Assert.Equal(expected, fromOld.Run().Report);
        using SnapshotFile newer = SnapshotFile.Open(Name);
        newer.Verify(TestContext.Current.CancellationToken);
        using VirtualMachine fromNew = new(newer, newer.Spec with { HashAt = End });
        Assert.Equal(120_000UL, fromNew.RetiredInstructions);
        Assert.Equal(expected, fromNew.Run().Report);
    }

    [Fact]
    public void A_restored_machine_that_resets_itself_boots_again()
    {
        byte[] resets = TinyGuest.Image([0xF3, 0x90, 0xF3, 0x90], TinyGuest.Out(0x92, 1));
        using (VirtualMachine machine = new(Spec(resets)))
        {
            machine.StopAt = 2;
            Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
            machine.SaveSnapshot(Name);
        }

        using SnapshotFile file = SnapshotFile.Open(Name);
        using VirtualMachine restored = new(file, file.Spec);
        restored.StopAt = 20;
        Assert.Equal(MachineExitKind.InstructionReached, restored.Run().Kind);
        Assert.True(restored.ResetCount >= 2, $"{restored.ResetCount} resets");
    }

    [Fact]
    public void Zeros_take_no_room_on_the_disk_and_memory_above_four_GiB_is_saved_too()
    {
        MachineSpec spec = Spec(s_image) with { MemoryBytes = 5L << 30 };
        string hash;
        using (VirtualMachine machine = new(spec))
        {
            machine.Hardware.Ram.Write((5L << 30) - 4096, [1, 2, 3]);
            hash = machine.ComputeStateHash();
            machine.SaveSnapshot(Name);
        }

        Assert.True(new FileInfo(Name).Length > 5L << 30);
        Assert.InRange(BlocksOf(Name), 1, 8 << 20);
        using SnapshotFile file = SnapshotFile.Open(Name);
        using VirtualMachine restored = new(file, file.Spec);
        Assert.Equal(hash, restored.ComputeStateHash());
    }

    [Fact]
    public void Another_machine_is_refused_in_words()
    {
        SaveAt(10);
        using SnapshotFile file = SnapshotFile.Open(Name);
        MachineSpecException memory = Assert.Throws<MachineSpecException>(() => new VirtualMachine(file, file.Spec with { MemoryBytes = 8 << 20 }));
        Assert.Contains("4 MiB", memory.Message, StringComparison.Ordinal);
        MachineSpecException cpu = Assert.Throws<MachineSpecException>(() => new VirtualMachine(file, file.Spec with { CpuModel = "pentium3" }));
        Assert.Contains("x86-64-v2", cpu.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_written_leaves_the_old_file()
    {
        SaveAt(10);
        byte[] old = File.ReadAllBytes(Name);
        using VirtualMachine machine = new(Spec(s_image));
        Assert.Throws<HostException>(() => machine.SaveSnapshot(Path.Combine(_folder, "no", "such", "folder")));
        Assert.Throws<HostException>(() => machine.SaveSnapshot(_folder));
        Assert.Throws<HostException>(() => machine.SaveSnapshot("/proc/machine.snap"));
        Assert.Equal(old, File.ReadAllBytes(Name));
        Assert.Equal([Name], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Damage_of_any_byte_and_any_other_length_is_found()
    {
        SaveAt(100_000);
        byte[] whole = File.ReadAllBytes(Name);
        Random random = new(5);
        int state = whole.Length - 30_000;
        using FileStream stream = new(Name, FileMode.Open, FileAccess.ReadWrite);
        for (int round = 0; round < 10_000; round++)
        {
            // Memory is most of the file; the rest has its share of the damage all the same.
            int at = random.Next(3) switch { 0 => random.Next(whole.Length), 1 => random.Next(200), _ => random.Next(state, whole.Length) };
            byte damage = (byte)(1 << random.Next(8));
            if (random.Next(50) == 0)
            {
                stream.SetLength(at);
                AssertRefused();
                stream.SetLength(0);
                stream.Position = 0;
                stream.Write(whole);
            }
            else
            {
                Put(stream, at, (byte)(whole[at] ^ damage));
                AssertRefused();
                Put(stream, at, whole[at]);
            }
        }

        stream.SetLength(whole.Length + 1);
        stream.Flush();
        AssertRefused();
    }

    private static void Put(FileStream stream, int at, byte value)
    {
        stream.Position = at;
        stream.WriteByte(value);
        stream.Flush();
    }

    private static long BlocksOf(string path)
    {
        using System.Diagnostics.Process stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return long.Parse(stat.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture) * 512;
    }

    private void AssertRefused() => Assert.NotEmpty(Assert.Throws<StateFormatException>(() =>
    {
        using SnapshotFile file = SnapshotFile.Open(Name);
        file.Verify(TestContext.Current.CancellationToken);
    }).Message);

    private void SaveAt(ulong instant)
    {
        using VirtualMachine machine = new(Spec(s_image));
        machine.StopAt = instant;
        Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
        machine.SaveSnapshot(Name);
    }

    private static string HashAt(ulong count)
    {
        using VirtualMachine machine = new(Spec(s_image) with { HashAt = count });
        return machine.Run().Report;
    }

    private static MachineSpec Spec(byte[] image) =>
        new() { Kernel = image, MemoryBytes = 4 << 20, Deterministic = true, MaxTime = TimeSpan.FromSeconds(60) };
}
