using System;
using System.IO;
using Doppel.Backends.Character;

namespace Doppel.Machine.Tests.Firmware;

/// <summary>SeaBIOS as distributions ship it, from the reset vector to where it looks for something to boot.</summary>
public sealed class SeaBiosTests : IDisposable
{
    private const ulong Instructions = 40_000_000;
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-firmware").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(4L << 20)]
    [InlineData(256L << 20)]
    [InlineData(4L << 30)]
    public void It_runs_until_there_is_nothing_to_boot(long memory)
    {
        using MemoryCharacter log = new();
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec() with { MemoryBytes = memory, FirmwareLog = log, Serial0 = serial });
        machine.StopAt = Instructions;
        Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
        Assert.Contains("SeaBIOS", log.Text, StringComparison.Ordinal);
        Assert.Contains("Running on QEMU (i440fx)", log.Text, StringComparison.Ordinal);
        Assert.Contains("ACPI: parse DSDT", log.Text, StringComparison.Ordinal);
        Assert.Contains("Copying SMBIOS", log.Text, StringComparison.Ordinal);
        Assert.Contains("Booting from", log.Text, StringComparison.Ordinal);
        Assert.Contains("No bootable device", log.Text, StringComparison.Ordinal);
        Assert.Contains("SeaBIOS (version", serial.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_ends_in_the_same_state_each_time_with_or_without_a_log()
    {
        string first = HashAt(Instructions);
        using MemoryCharacter log = new();
        using VirtualMachine machine = new(Spec() with { HashAt = Instructions, FirmwareLog = log, Serial0 = log });
        Assert.Equal(first, machine.Run().Report);
    }

    [Fact]
    public void It_goes_on_from_snapshots_in_the_middle_as_if_never_stopped()
    {
        string expected = HashAt(Instructions);
        string path = Path.Combine(_folder, "post.snap");
        foreach (ulong instant in (ulong[])[1, 100_003, 3_000_001, 9_000_000, 20_000_005])
        {
            using (VirtualMachine machine = new(Spec()))
            {
                machine.StopAt = instant;
                Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
                machine.SaveSnapshot(path);
            }

            using SnapshotFile file = SnapshotFile.Open(path);
            file.Verify(TestContext.Current.CancellationToken);
            Assert.True(file.Spec.HasFirmware);
            using VirtualMachine restored = new(file, file.Spec with { HashAt = Instructions });
            Assert.Equal(expected, restored.Run().Report);
        }
    }

    [Fact]
    public void A_reset_starts_it_again()
    {
        using MemoryCharacter log = new();
        using VirtualMachine machine = new(Spec() with { FirmwareLog = log });
        machine.StopAt = Instructions;
        _ = machine.Run();
        string uuid = LineAfter(log.Text, "Machine UUID ");
        int before = log.Text.Length;
        machine.Reset();
        machine.StopAt = 2 * Instructions;
        Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
        string again = log.Text[before..];
        Assert.Contains("Running on QEMU", again, StringComparison.Ordinal);
        Assert.Contains("Booting from", again, StringComparison.Ordinal);
        Assert.Equal(uuid, LineAfter(again, "Machine UUID "));
    }

    [Fact]
    public void A_fork_has_another_generation_in_the_guests_memory()
    {
        using VirtualMachine machine = new(Spec());
        machine.StopAt = Instructions;
        _ = machine.Run();
        ulong at = machine.Hardware.Firmware!.Config.GenerationAddress ?? 0;
        Assert.NotEqual(0UL, at);
        using VirtualMachine child = machine.Fork(machine.Spec with { Seed = 77 });
        Assert.NotEqual(machine.Hardware.Ram.Read((long)at, 16).ToArray(), child.Hardware.Ram.Read((long)at, 16).ToArray());
        Assert.NotEqual(machine.Hardware.Firmware.Config.Uuid, child.Hardware.Firmware!.Config.Uuid);
        Assert.Throws<MachineSpecException>(() => machine.Fork(machine.Spec with { HasDisplay = true }));
    }

    private static string LineAfter(string text, string mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        Assert.NotEqual(-1, at);
        return text[at..text.IndexOf('\n', at)];
    }

    private static string HashAt(ulong instructions)
    {
        using VirtualMachine machine = new(Spec() with { HashAt = instructions });
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.HashReached, exit.Kind);
        return exit.Report;
    }

    private static MachineSpec Spec()
    {
        string path = string.Empty;
        try
        {
            path = FirmwareLocator.FindBios();
        }
        catch (MachineSpecException e)
        {
            Assert.Skip(e.Message);
        }

        return new MachineSpec { FirmwarePath = path, MemoryBytes = 32 << 20, Deterministic = true, MaxTime = TimeSpan.FromMinutes(3) };
    }
}
