using System;
using System.IO;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Machine.Boot;

namespace Doppel.Machine.Tests.Display;

/// <summary>A kernel that the host loads, behind a display that its own BIOS starts. Here the BIOS is a few instructions, so that its every step is known.</summary>
public sealed class DisplayStartTests : IDisposable
{
    private const ulong End = 40;
    private const ushort ConsolePort = 0xE9;

    // MOV AL, 'B'; OUT E9, AL; MOV AL, [FS:E1000000], in big real mode; PUSH CS; POP DS; RETF.
    private static readonly byte[] s_bios =
    [
        0x55, 0xAA, 1, 0xB0, (byte)'B', 0xE6, (byte)ConsolePort, 0x66, 0xBB, 0, 0, 0, 0xE1, 0x64, 0x67, 0x8A, 0x03, 0x0E, 0x1F, 0xCB, .. new byte[492],
    ];

    private static readonly byte[] s_kernel = TinyGuest.Image(TinyGuest.Out(ConsolePort, (byte)'K'), TinyGuest.Exit(42));
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-display").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_BIOS_runs_first_then_the_kernel_with_the_registers_of_its_protocol()
    {
        // Multiboot: EAX is the magic number; CMP EAX, 2BADB002; JNE to HLT.
        byte[] kernel = TinyGuest.Image([0x3D, 0x02, 0xB0, 0xAD, 0x2B, 0x75, 0x07], TinyGuest.Out(ConsolePort, (byte)'K'), TinyGuest.Exit(42));
        MemoryCharacter console = new();
        using VirtualMachine machine = new(Spec(kernel) with { DebugConsole = console });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
        Assert.Equal("BK", console.Text);
    }

    [Fact]
    public void It_is_counted_instruction_by_instruction_and_can_be_stopped_at_each()
    {
        string expected = HashAt(End);
        for (ulong at = 1; at < End; at++)
        {
            string path = Path.Combine(_folder, "at");
            using (VirtualMachine machine = new(Spec(s_kernel)))
            {
                machine.StopAt = at;
                Assert.Equal(MachineExitKind.InstructionReached, machine.Run().Kind);
                Assert.Equal(at, machine.RetiredInstructions);
                machine.SaveSnapshot(path);
            }

            using SnapshotFile file = SnapshotFile.Open(path);
            using VirtualMachine restored = new(file, file.Spec with { HashAt = End });
            Assert.Equal(new MachineExit(MachineExitKind.HashReached, 0, expected), restored.Run());
        }
    }

    [Fact]
    public void A_restored_machine_that_resets_itself_starts_the_display_again()
    {
        byte[] resets = TinyGuest.Image(TinyGuest.Out(ConsolePort, (byte)'K'), TinyGuest.Out(0x92, 1));
        string path = Path.Combine(_folder, "machine");
        using (VirtualMachine machine = new(Spec(resets) with { Initrd = new byte[] { 1, 2, 3 } }))
        {
            machine.StopAt = 5;
            _ = machine.Run();
            machine.SaveSnapshot(path);
        }

        using SnapshotFile file = SnapshotFile.Open(path);
        MemoryCharacter console = new();
        using VirtualMachine restored = new(file, file.Spec with { DebugConsole = console });
        restored.StopAt = 200;
        Assert.Equal(MachineExitKind.InstructionReached, restored.Run().Kind);
        Assert.StartsWith("KBKBK", console.Text, StringComparison.Ordinal);
        Assert.Equal(3, restored.ReadBootMedia().Initrd.Length);
    }

    [Fact]
    public void A_machine_that_is_reset_has_the_state_of_one_just_made()
    {
        using VirtualMachine machine = new(Spec(s_kernel) with { HashAt = 0 });
        string first = machine.DescribeState();
        machine.Reset();
        Assert.Equal(first.Split('\n').Length, machine.DescribeState().Split('\n').Length);
    }

    [Fact]
    public void Without_its_BIOS_a_display_changes_nothing_at_the_start_of_a_kernel()
    {
        using VirtualMachine machine = new(Spec(s_kernel) with { VideoRom = default });
        Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
        Assert.Equal(6UL, machine.RetiredInstructions);
    }

    [Fact]
    public void A_file_that_is_no_BIOS_of_an_adapter_is_refused_in_words()
    {
        BootException none = Assert.Throws<BootException>(() => new VirtualMachine(Spec(s_kernel) with { VideoRom = new byte[1024] }));
        Assert.Contains("55 AA", none.Message, StringComparison.Ordinal);
        MachineSpecException display = Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(s_kernel) with { HasDisplay = false }));
        Assert.Contains("display", display.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_BIOS_of_SeaBIOS_leaves_a_text_screen()
    {
        string? rom = FirmwareLocator.FindVideoRom();
        Assert.SkipWhen(rom is null, "no ROM for the display is installed; install the package seabios");
        using VirtualMachine machine = new(Spec(s_kernel) with { VideoRom = default, VideoRomPath = rom });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
        TextScreen text = machine.Screen!.ReadText()!;
        Assert.Equal((80, 25), (text.Columns, text.Rows));
    }

    private static MachineSpec Spec(byte[] kernel) => new() { MemoryBytes = 4 << 20, Kernel = kernel, HasDisplay = true, VideoRom = s_bios, Deterministic = true };

    private static string HashAt(ulong instruction)
    {
        using VirtualMachine machine = new(Spec(s_kernel) with { HashAt = instruction });
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.HashReached, exit.Kind);
        return exit.Report;
    }
}
