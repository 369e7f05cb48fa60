using System;
using Doppel.Backends.Character;
using Doppel.Machine.Boot;
using static Doppel.Machine.Tests.TinyFirmware;

namespace Doppel.Machine.Tests.Firmware;

/// <summary>Machines that start from the reset vector, with a firmware of a few instructions.</summary>
public sealed class FirmwareMachineTests
{
    private const int Pam0 = 0x59;
    private const int Pam1 = 0x5A;
    private const int Smram = 0x72;

    [Fact]
    public void The_processor_starts_in_the_rom_below_4_gib() => Assert.Equal("", Run(Exit(3), 3));

    [Fact]
    public void A_segment_reads_rom_and_takes_no_writes_after_reset() =>
        Assert.Equal([0x5A, 0x5A], Bytes([.. Tell(0xF000, 0x8000), .. Poke(0xF000, 0x8000, 1), .. Tell(0xF000, 0x8000)], 0x5A));

    [Fact]
    public void Firmware_copies_itself_into_shadow_ram_and_locks_it() => Assert.Equal(
        [0x5A, 0x5A, 1, 1, 0x5A],
        Bytes(
        [
            .. PciByte(0, 0, Pam0, 0x20), // reads ROM, writes RAM
            .. CopyRomOntoItself(),
            .. Poke(0xF000, 0x8000, 1),
            .. Tell(0xF000, 0x8000),
            .. Poke(0xF000, 0x8001, 0x5A),
            .. Tell(0xF000, 0x8001),
            .. PciByte(0, 0, Pam0, 0x10), // reads RAM, takes no writes
            .. Tell(0xF000, 0x8000),
            .. Poke(0xF000, 0x8000, 2),
            .. Tell(0xF000, 0x8000),
            .. PciByte(0, 0, Pam0, 0), // ROM again
            .. Tell(0xF000, 0x8000),
        ],
        0x5A));

    [Fact]
    public void A_segment_without_rom_reads_all_ones_until_ram_is_shown() => Assert.Equal(
        [0xFF, 0xFF, 7],
        Bytes(
        [
            .. Tell(0xC000, 0x10),
            .. PciByte(0, 0, Pam1, 0x02), // writes RAM only
            .. Poke(0xC000, 0x10, 7),
            .. Tell(0xC000, 0x10),
            .. PciByte(0, 0, Pam1, 0x03),
            .. Tell(0xC000, 0x10),
        ],
        0));

    [Theory]
    [InlineData(false, 0xFF, 0xFF, 0x7F)]
    [InlineData(true, 0xFF, 0x7F, 0x7F)]
    public void A_bios_switches_the_ide_channels_on_and_uefi_finds_them_so(bool isUefi, byte atReset, byte withIo, byte decoded)
    {
        byte[] code =
        [
            .. TellPort(0x1F7),
            .. PciByte(1, 1, 0x04, 0x01),
            .. TellPort(0x1F7),
            .. PciByte(1, 1, 0x41, 0x80),
            .. TellPort(0x1F7),
        ];
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(isUefi ? UefiImage(code, Exit(0)) : Image(code, Exit(0))) with { Serial0 = serial });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 0), machine.Run());
        Assert.Equal([atReset, withIo, decoded], serial.ToArray());
    }

    [Fact]
    public void Management_memory_shows_while_it_is_open_and_is_locked_shut() => Assert.Equal(
        [0xFF, 9, 0xFF, 0xFF],
        Bytes(
        [
            .. Tell(0xA000, 0x20),
            .. PciByte(0, 0, Smram, 0x4A),
            .. Poke(0xA000, 0x20, 9),
            .. Tell(0xA000, 0x20),
            .. PciByte(0, 0, Smram, 0x5A), // locked: closes
            .. Tell(0xA000, 0x20),
            .. PciByte(0, 0, Smram, 0x4A),
            .. Tell(0xA000, 0x20),
        ],
        0));

    [Fact]
    public void A_hard_reset_goes_back_to_the_vector_and_the_rom()
    {
        // The first time memory at 0x500 is 0: counts, spoils the shadow and resets.
        byte[] code =
        [
            0x31, 0xC0, 0x8E, 0xD8, 0xFE, 0x06, 0x00, 0x05, // xor ax, ax; mov ds, ax; inc byte [0x500]
            0x80, 0x3E, 0x00, 0x05, 0x02, 0x74, 0x1D, // cmp byte [0x500], 2; je end
            .. PciByte(0, 0, Pam0, 0x20), // 17 bytes
            .. Out(0xCF9, 2),
            .. Out(0xCF9, 6),
            .. Exit(9),
        ];
        using VirtualMachine machine = new(Spec(Image(code)));
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 9), machine.Run());
        Assert.Equal(1, machine.ResetCount);
    }

    [Fact]
    public void A_command_enters_management_mode_and_the_machine_can_be_copied_at_every_instruction_of_it()
    {
        // At 3000:8000, where SMBASE points after reset: tells 'S' and returns.
        byte[] handler = [.. Out(0x3F8, (byte)'S'), 0x0F, 0xAA];
        byte[] code = [.. PciByte(0, 0, Smram, 0x0A)];
        for (int i = 0; i < handler.Length; i++)
        {
            code = [.. code, .. Poke(0x3800, (ushort)i, handler[i])];
        }

        code = [.. code, .. Out(0xB2, 1), .. PciByte(1, 3, 0x5B, 2), .. Out(0xB2, 2), .. Out(0x3F8, (byte)'D'), .. Exit(5)];
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(Image(code)) with { Serial0 = serial });
        using VirtualMachine copied = new(Spec(Image(code)));
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 5), machine.Run());
        Assert.Equal("SD", serial.Text);
        string expected = machine.ComputeStateHash();
        for (ulong at = machine.RetiredInstructions - 20; at < machine.RetiredInstructions; at++)
        {
            copied.StopAt = at;
            Assert.Equal(MachineExitKind.InstructionReached, copied.Run().Kind);
            using VirtualMachine copy = copied.Fork(copied.Spec);
            Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 5), copy.Run());
            Assert.Equal(expected, copy.ComputeStateHash());
        }
    }

    [Fact]
    public void Flash_keeps_what_was_programmed_over_a_reset_and_in_its_medium()
    {
        // Protected mode reaches the chip at FFFC0000: programs 0x5A at its start, then halts with interrupts off.
        byte[] code =
        [
            0xFA, 0x2E, 0x66, 0x0F, 0x01, 0x16, 0x40, 0x00, // cli; lgdt cs:[0x40]
            0x0F, 0x20, 0xC0, 0x0C, 0x01, 0x0F, 0x22, 0xC0, // mov eax, cr0; or al, 1; mov cr0, eax
            0xB8, 0x08, 0x00, 0x8E, 0xD8, // mov ax, 8; mov ds, ax
            0x67, 0xC6, 0x05, 0x00, 0x00, 0xFC, 0xFF, 0x10, // mov byte [0xFFFC0000], 0x10
            0x67, 0xC6, 0x05, 0x00, 0x00, 0xFC, 0xFF, 0x5A,
            0x67, 0xC6, 0x05, 0x00, 0x00, 0xFC, 0xFF, 0xFF,
            0xF4,
        ];
        byte[] image = UefiImage(code);
        byte[] table = [0x0F, 0x00, 0x48, 0x00, 0x0F, 0x00, 0, 0, .. new byte[8], 0xFF, 0xFF, 0, 0, 0, 0x93, 0xCF, 0];
        table.CopyTo(image, 0x2_0040);
        using MemoryMedium medium = new(0x1_0000);
        using VirtualMachine machine = new(Spec(image) with { FirmwareVariables = medium });
        Assert.Equal("UEFI", machine.BootProtocol);
        Assert.Equal(MachineExitKind.Stopped, machine.Run().Kind);
        Assert.Equal(0x5A, medium.Bytes[0]);
        Assert.Equal(0xFF, medium.Bytes[1]);
        Assert.Throws<BootException>(() => new VirtualMachine(Spec(image) with { FirmwareVariables = new MemoryMedium(5) }));
    }

    [Fact]
    public void What_is_no_firmware_is_refused()
    {
        Assert.Throws<BootException>(() => new VirtualMachine(Spec(new byte[100])));
        Assert.Throws<BootException>(() => new VirtualMachine(new MachineSpec { FirmwarePath = "/nowhere/bios.bin" }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(Image(Exit(0))) with { BootOrder = "x" }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(Image(Exit(0))) with { Drives = [new DriveSpec(DriveKind.Floppy, 2, null)] }));
        Assert.Throws<MachineSpecException>(() => FirmwareLocator.FindBios("/nowhere/bios.bin"));
    }

    private static byte[] CopyRomOntoItself() =>
    [
        0xB8, 0x00, 0xF0, 0x8E, 0xD8, 0x8E, 0xC0, // mov ax, 0xF000; mov ds, ax; mov es, ax
        0x31, 0xF6, 0x31, 0xFF, 0xB9, 0x00, 0x80, 0xFC, 0xF3, 0xA5, // xor si, si; xor di, di; mov cx, 0x8000; cld; rep movsw
    ];

    private static byte[] Bytes(byte[] code, byte fill)
    {
        byte[] image = Image(code, Exit(0));
        Array.Fill(image, fill, 0x8000, 0x100);
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(image) with { Serial0 = serial });
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 0), machine.Run());
        return serial.ToArray();
    }

    private static string Run(byte[] code, byte expected)
    {
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(Image(code)) with { Serial0 = serial });
        Assert.Equal("BIOS", machine.BootProtocol);
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, expected), machine.Run());
        return serial.Text;
    }

    private static MachineSpec Spec(byte[] firmware) => new()
    {
        Firmware = firmware,
        MemoryBytes = 4 << 20,
        Deterministic = true,
        MaxTime = TimeSpan.FromSeconds(20),
    };
}
