using System;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends.Character;
using Doppel.Machine.Boot;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;

namespace Doppel.Machine.Tests;

public sealed class VirtualMachineTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    // l: inc ebx; jmp l
    private static readonly byte[] s_endless = [0x43, 0xEB, 0xFD];

    // Counts in memory, and stores the timer's low byte and the time-stamp: what depends on time shows in the hash.
    // l: inc dword [0x200000]; in al, 0x40; mov [0x200004], al; rdtsc; mov [0x200008], eax; jmp l
    private static readonly byte[] s_busy =
        [0xFF, 0x05, 0, 0, 0x20, 0, 0xE4, 0x40, 0xA2, 4, 0, 0x20, 0, 0x0F, 0x31, 0xA3, 8, 0, 0x20, 0, 0xEB, 0xEA];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_guest_writes_to_the_serial_port_and_ends_with_its_code(bool deterministic)
    {
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(TinyGuest.Image(TinyGuest.Out(0x3F8, (byte)'H'), TinyGuest.Out(0x3F8, (byte)'i'), TinyGuest.Exit(42)), deterministic) with { Serial0 = serial });
        Assert.Equal("Multiboot 1", machine.BootProtocol);
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 42), machine.Run());
        Assert.Equal("Hi", serial.Text);
    }

    [Fact]
    public void ACPI_soft_off_ends_the_machine() => Assert.Equal(
        new MachineExit(MachineExitKind.PowerOff),
        RunOnce([0x66, 0xBA, 0x04, 0x06, 0x66, 0xB8, 0x00, 0x34, 0x66, 0xEF, 0xF4, 0xEB, 0xFD]));

    [Fact]
    public void A_triple_fault_is_a_crash_with_a_report()
    {
        MachineExit exit = RunOnce([0x0F, 0x0B]);
        Assert.Equal(MachineExitKind.Crash, exit.Kind);
        Assert.Contains("triple fault", exit.Report, StringComparison.Ordinal);
        Assert.Contains("100020", exit.Report, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(0xCF9, 6)]
    [InlineData(0x92, 1)]
    [InlineData(0x64, 0xFE)]
    public void A_reset_loads_the_image_again_and_time_goes_on(ushort port, byte value)
    {
        // inc dword [0x80000]; mov byte [0x100020], 0xF4 (breaks the image); cmp dword [0x80000], 2; jne past the exit
        byte[] count = [0xFF, 0x05, 0, 0, 8, 0, 0xC6, 0x05, 0x20, 0, 0x10, 0, 0xF4, 0x83, 0x3D, 0, 0, 8, 0, 2, 0x75, 11];
        using VirtualMachine machine = new(Spec(TinyGuest.Image(count, TinyGuest.Exit(7), TinyGuest.Out(port, value), s_endless), deterministic: true));
        Assert.Equal(new MachineExit(MachineExitKind.GuestExit, 7), machine.Run());
        Assert.Equal(1, machine.ResetCount);
        Assert.InRange(machine.RetiredInstructions, 12UL, 40UL);
        Assert.Equal((long)machine.RetiredInstructions, machine.Now.Nanoseconds);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Serial_input_reaches_the_guest(bool deterministic)
    {
        // l: mov dx, 0x3FD; in al, dx; test al, 1; jz l; mov dx, 0x3F8; in al, dx; cmp al, 'q'; je end; inc al; out dx, al; jmp l; end:
        byte[] echo = [0x66, 0xBA, 0xFD, 0x03, 0xEC, 0xA8, 1, 0x74, 0xF7, 0x66, 0xBA, 0xF8, 0x03, 0xEC, 0x3C, (byte)'q', 0x74, 5, 0xFE, 0xC0, 0xEE, 0xEB, 0xE9];
        using MemoryCharacter serial = new();
        using VirtualMachine machine = new(Spec(TinyGuest.Image(TinyGuest.Out(0x3FC, 0x02), echo, TinyGuest.Exit(1)), deterministic) with { Serial0 = serial });
        byte[] input = Encoding.ASCII.GetBytes(new string('a', 100) + "q");
        Assert.Equal(input.Length, machine.PostSerialInput(0, input));
        Assert.Equal(MachineExitKind.GuestExit, machine.Run().Kind);
        Assert.Equal(new string('b', 100), serial.Text);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_stop_reaches_a_busy_and_a_sleeping_guest(bool deterministic, bool sleeps)
    {
        using VirtualMachine machine = new(Spec(TinyGuest.Image(sleeps ? [0xFB, 0xF4, 0xEB, 0xFD] : s_endless), deterministic));
        Task<MachineExit> run = Task.Run(() => machine.Run(), TestContext.Current.CancellationToken);
        await Task.Delay(30, TestContext.Current.CancellationToken);
        machine.RequestStop();
        Assert.Equal(MachineExitKind.Stopped, (await run).Kind);
        using CancellationTokenSource cancellation = new(30);
        Assert.Equal(MachineExitKind.Stopped, machine.Run(cancellation.Token).Kind);
    }

    [Fact]
    public void Too_long_a_run_times_out()
    {
        using VirtualMachine machine = new(Spec(TinyGuest.Image(s_endless)) with { MaxTime = TimeSpan.FromMilliseconds(50) });
        Assert.Equal(MachineExitKind.Timeout, machine.Run().Kind);
    }

    [Fact]
    public void A_guest_that_halts_for_good_in_deterministic_mode_stops()
    {
        using VirtualMachine machine = new(Spec(TinyGuest.Image([0xFA, 0xF4]), deterministic: true));
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.Stopped, exit.Kind);
        Assert.Contains("interrupts off", exit.Report, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_instruction_has_the_same_hash_in_every_run()
    {
        string first = HashAt(100_001);
        Assert.Equal(64, first.Length);
        Assert.Equal(first, HashAt(100_001));
        Assert.NotEqual(first, HashAt(100_002));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_seed_decides_what_looks_random(bool deterministic)
    {
        ulong Draw(ulong? seed)
        {
            using VirtualMachine machine = new(Spec(TinyGuest.Image(s_endless), deterministic) with { Seed = seed });
            return machine.Hardware.Board.Random.Next();
        }

        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
        Assert.Equal(deterministic, Draw(null) == Draw(null));
        Assert.Equal(deterministic, Draw(null) == Draw(0));
    }

    [Fact]
    public void A_restored_machine_goes_on_as_if_never_stopped()
    {
        byte[] image = TinyGuest.Image(s_busy);
        using MemoryStream stream = new();
        using (VirtualMachine machine = new(Spec(image, deterministic: true) with { HashAt = 54_321 }))
        {
            Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
            BinaryStateWriter writer = new(stream);
            machine.Save(writer);
            _ = writer.Finish();
        }

        using VirtualMachine restored = new(Spec(image, deterministic: true) with { HashAt = 100_001 });
        restored.Restore(new BinaryStateReader(stream.ToArray()));
        Assert.Equal(54_321UL, restored.RetiredInstructions);
        Assert.Equal(HashAt(100_001), restored.Run().Report);
        Assert.Equal(100_001UL, restored.RetiredInstructions);
    }

    [Fact]
    public void A_state_of_another_machine_is_refused()
    {
        byte[] image = TinyGuest.Image(s_busy);
        using MemoryStream stream = new();
        using VirtualMachine machine = new(Spec(image));
        BinaryStateWriter writer = new(stream);
        machine.Save(writer);
        _ = writer.Finish();
        using VirtualMachine larger = new(Spec(image) with { MemoryBytes = 8 << 20 });
        Assert.Throws<StateFormatException>(() => larger.Restore(new BinaryStateReader(stream.ToArray())));
    }

    [Fact]
    public void What_does_not_exist_is_told_before_anything_runs()
    {
        byte[] image = TinyGuest.Image(s_endless);
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(image) with { CpuModel = "z80" }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(image) with { Engine = "steam" }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(image) with { Cpus = 9 }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(image) with { MemoryBytes = 1000 }));
        Assert.Throws<MachineSpecException>(() => new VirtualMachine(Spec(image) with { HashAt = 5 }));
        Assert.Throws<BootException>(() => new VirtualMachine(Spec([])));
        Assert.Throws<BootException>(() => new VirtualMachine(Spec([]) with { KernelPath = "/nonexistent/kernel" }));
    }

    private static MachineSpec Spec(byte[] image, bool deterministic = false) =>
        new() { Kernel = image, MemoryBytes = 4 << 20, Deterministic = deterministic, MaxTime = s_limit };

    private static MachineExit RunOnce(byte[] code)
    {
        using VirtualMachine machine = new(Spec(TinyGuest.Image(code)));
        return machine.Run();
    }

    private static string HashAt(ulong count)
    {
        using VirtualMachine machine = new(Spec(TinyGuest.Image(s_busy), deterministic: true) with { HashAt = count });
        MachineExit exit = machine.Run();
        Assert.True(exit.Kind == MachineExitKind.HashReached, exit.Report);
        Assert.Equal(count, machine.RetiredInstructions);
        return exit.Report;
    }
}
