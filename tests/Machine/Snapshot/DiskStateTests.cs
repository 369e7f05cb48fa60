using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Backends;
using Doppel.Backends.Disk;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>Disks that keep their changes apart are part of the machine: of its hash, its saved state, its snapshots and its forks.</summary>
public sealed class DiskStateTests : IDisposable
{
    private const ulong End = 400_000;

    private static readonly byte[] s_image = DiskGuest.Image();
    private static readonly byte[] s_ground = Pattern(DiskGuest.DiskBytes);
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-disks").FullName;

    private string Name => Path.Combine(_folder, "machine.snap");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_guest_that_writes_its_disk_goes_on_from_twenty_instants_as_if_never_stopped()
    {
        using OverlayDisk expectedDisk = NewDisk();
        string expected = HashAt(expectedDisk, End);
        Assert.InRange(expectedDisk.ChangedBlockCount, 3, 8);
        Random random = new(7);
        for (int round = 0; round < 20; round++)
        {
            ulong instant = (ulong)random.Next(1, (int)End);
            using (OverlayDisk disk = NewDisk())
            using (VirtualMachine machine = StoppedAt(disk, instant))
            {
                machine.SaveSnapshot(Name);
            }

            using SnapshotFile file = SnapshotFile.Open(Name);
            file.Verify(TestContext.Current.CancellationToken);
            using OverlayDisk again = NewDisk();
            _ = again.Write(900_000, "left over"u8);
            using VirtualMachine restored = new(file, With(file.Spec, again) with { HashAt = End });
            Assert.Equal(new MachineExit(MachineExitKind.HashReached, 0, expected), restored.Run());
            Assert.Equal(All(expectedDisk), All(again));
        }
    }

    [Fact]
    public void A_state_stream_carries_the_changes_too()
    {
        using OverlayDisk disk = NewDisk();
        string expected;
        byte[] saved;
        using (VirtualMachine machine = StoppedAt(disk, 100_000))
        {
            saved = StreamOf(machine);
            machine.StopAt = End;
            Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
            expected = machine.ComputeStateHash();
        }

        using OverlayDisk again = NewDisk();
        using VirtualMachine restored = new(Spec(again) with { HashAt = End });
        restored.Restore(new BinaryStateReader(saved));
        Assert.Equal(expected, restored.Run().Report);
    }

    [Fact]
    public void One_byte_on_the_disk_makes_another_hash()
    {
        using OverlayDisk disk = NewDisk();
        using VirtualMachine machine = new(Spec(disk));
        string before = machine.ComputeStateHash();
        _ = disk.Write(5000, [1]);
        string after = machine.ComputeStateHash();
        _ = disk.Write(5000, [2]);
        string last = machine.ComputeStateHash();
        disk.DiscardChanges();
        Assert.Equal(3, new HashSet<string> { before, after, last }.Count);
        Assert.Equal(before, machine.ComputeStateHash());
    }

    [Fact]
    public void Parent_and_children_write_disks_of_their_own()
    {
        using OverlayDisk expectedDisk = NewDisk();
        string expected = HashAt(expectedDisk, End);
        using OverlayDisk disk = NewDisk();
        VirtualMachine parent = StoppedAt(disk, 150_000);
        using VirtualMachine child = parent.Fork(parent.Spec with { HashAt = End });
        child.StopAt = 250_000;
        Assert.Equal(MachineExitKind.InstructionReached, child.Run().Kind);
        using VirtualMachine grandchild = child.Fork(child.Spec);
        byte[] before = All(disk);
        Assert.Equal(expected, child.Run().Report);
        Assert.Equal(before, All(disk));
        parent.Dispose();
        disk.Dispose();
        Assert.Equal(expected, grandchild.Run().Report);
        Assert.Equal(All(expectedDisk), All(grandchild.Spec.Drives[0].Medium!));
    }

    [Fact]
    public void A_fork_gets_what_stands_in_the_drive_now()
    {
        using OverlayDisk first = new(new MemoryDisk(new byte[1_474_560]));
        using OverlayDisk second = new(new MemoryDisk(new byte[1_474_560]));
        using VirtualMachine parent = new(new MachineSpec { Kernel = s_image, MemoryBytes = 4 << 20, Drives = [new DriveSpec(DriveKind.Floppy, 0, first)] });
        parent.ChangeMedium(parent.Drives[0], second);
        _ = second.Write(0, "second"u8);
        using VirtualMachine child = parent.Fork(parent.Spec);
        _ = second.Write(0, "parent"u8);
        byte[] here = new byte[6];
        Assert.Equal(BlockStatus.Done, child.Drives[0].Medium!.Read(0, here));
        Assert.Equal("second"u8.ToArray(), here);
        using OverlayDisk third = new(new MemoryDisk(new byte[1_474_560]));
        using VirtualMachine other = parent.Fork(parent.Spec with { Drives = [new DriveSpec(DriveKind.Floppy, 0, third)] });
        Assert.Same(third, other.Drives[0].Medium);
    }

    [Fact]
    public void A_disk_that_both_would_write_is_refused_and_one_that_nobody_can_is_shared()
    {
        MachineSpec spec = new() { Kernel = s_image, MemoryBytes = 4 << 20, Drives = [new DriveSpec(DriveKind.IdeDisk, 0, new MemoryDisk(new byte[1 << 20]))] };
        using VirtualMachine writer = new(spec);
        Assert.Contains("disk 0", Assert.Throws<MachineSpecException>(() => writer.Fork(writer.Spec)).Message, StringComparison.Ordinal);
        MemoryDisk shared = new(new byte[1 << 20], isReadOnly: true);
        using VirtualMachine reader = new(spec with { Drives = [new DriveSpec(DriveKind.IdeDisk, 0, shared)] });
        using VirtualMachine child = reader.Fork(reader.Spec);
        Assert.Same(shared, child.Spec.Drives[0].Medium);
    }

    [Fact]
    public void A_snapshot_with_changes_needs_a_disk_of_that_length_that_keeps_them_apart()
    {
        SaveAt(100_000);
        using SnapshotFile file = SnapshotFile.Open(Name);
        Assert.Contains("bring it again", Assert.Throws<MachineSpecException>(() => new VirtualMachine(file, file.Spec)).Message, StringComparison.Ordinal);
        MemoryDisk plain = new([.. s_ground]);
        Assert.Contains("discard", Assert.Throws<StateFormatException>(() => new VirtualMachine(file, With(file.Spec, plain))).Message, StringComparison.Ordinal);
        using OverlayDisk longer = new(new MemoryDisk(new byte[DiskGuest.DiskBytes * 2]));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(file, With(file.Spec, longer)));
        Assert.Equal(s_ground, All(plain));
    }

    [Fact]
    public void Adv73_state_bounds_changes_that_cannot_be_are_refused()
    {
        const int SectionAt = 0;
        const int RunAt = 24;
        Refuses(SectionAt, 1UL);
        Refuses(SectionAt, 0x200UL);
        Refuses(SectionAt + 8, DiskGuest.DiskBytes - 512UL);
        Refuses(SectionAt + 16, 0UL);
        Refuses(SectionAt + 16, ulong.MaxValue);
        Refuses(RunAt, DiskGuest.DiskBytes);
        Refuses(RunAt, ulong.MaxValue);
        Refuses(RunAt, unchecked((ulong)long.MinValue));
        Refuses(RunAt + 8, 0UL);
        Refuses(RunAt + 8, 1UL << 40);
        Refuses(RunAt + 8, ulong.MaxValue);
    }

    // A forger makes all checksums fit.
    private void Refuses(int at, ulong value)
    {
        SaveAt(100_000);
        byte[] whole = File.ReadAllBytes(Name);
        SnapshotHeader header = SnapshotHeader.Parse(whole.AsSpan(0, SnapshotHeader.HeaderBytes), whole.Length);
        BitConverter.TryWriteBytes(whole.AsSpan((int)header.Media.At + at), value);
        UInt128 sum = System.IO.Hashing.XxHash128.HashToUInt128(whole.AsSpan((int)header.Media.At, (int)header.Media.Length));
        (header with { Media = header.Media with { Sum = sum } }).ToBytes().CopyTo(whole, 0);
        File.WriteAllBytes(Name, whole);
        using SnapshotFile file = SnapshotFile.Open(Name);
        file.Verify(TestContext.Current.CancellationToken);
        using OverlayDisk disk = NewDisk();
        Assert.Throws<StateFormatException>(() => new VirtualMachine(file, With(file.Spec, disk)));
    }

    private void SaveAt(ulong instant)
    {
        using OverlayDisk disk = NewDisk();
        using VirtualMachine machine = StoppedAt(disk, instant);
        machine.SaveSnapshot(Name);
    }

    private static VirtualMachine StoppedAt(OverlayDisk disk, ulong instant)
    {
        VirtualMachine machine = new(Spec(disk)) { StopAt = instant };
        Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
        return machine;
    }

    private static string HashAt(OverlayDisk disk, ulong count)
    {
        using VirtualMachine machine = new(Spec(disk) with { HashAt = count });
        return machine.Run().Report;
    }

    private static byte[] StreamOf(VirtualMachine machine)
    {
        using MemoryStream stream = new();
        BinaryStateWriter writer = new(stream);
        machine.Save(writer);
        _ = writer.Finish();
        return stream.ToArray();
    }

    private static OverlayDisk NewDisk() => new(new MemoryDisk(s_ground, isReadOnly: true));

    private static MachineSpec With(MachineSpec spec, IBlockBackend disk) => spec with { Drives = [new DriveSpec(DriveKind.IdeDisk, 0, disk)] };

    private static MachineSpec Spec(OverlayDisk disk) =>
        With(new MachineSpec { Kernel = s_image, MemoryBytes = 4 << 20, Deterministic = true, MaxTime = TimeSpan.FromSeconds(60) }, disk);

    private static byte[] All(IBlockBackend disk)
    {
        byte[] bytes = new byte[disk.LengthBytes];
        Assert.Equal(BlockStatus.Done, disk.Read(0, bytes));
        return bytes;
    }

    private static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        new Random(11).NextBytes(bytes);
        return bytes;
    }
}
