using System;
using Doppel.Devices;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Pci;
using Doppel.Memory;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

/// <summary>The board with its real chips.</summary>
public sealed class AssembledBoardTests : IDisposable
{
    private readonly GuestRam _ram = new("ram", 0x10_0000);

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Line_goes_through_the_8259_pair_and_lint0_to_the_processor()
    {
        (Board board, FakeVcpu cpu) = Assemble();
        StartPic(board);
        board.Router.Share(5).Set(true);
        Assert.True(cpu.Intr);
        Assert.True(board.Sockets[0].TryAcknowledgeInterrupt(out byte vector));
        Assert.Equal(0x25, vector);
        Assert.False(cpu.Intr);
    }

    [Fact]
    public void Line_goes_through_the_io_apic_too()
    {
        (Board board, FakeVcpu cpu) = Assemble();
        ProcessorSocket bus = board.Sockets[0];
        bus.WriteMmio(new Gpa(0xFEC0_0000), AccessSize.Dword, 0x10 + (2 * 2));
        bus.WriteMmio(new Gpa(0xFEC0_0010), AccessSize.Dword, 0x31);
        board.Router.Share(0).Set(true);
        Assert.True(cpu.Intr);
        Assert.True(bus.TryAcknowledgeInterrupt(out byte vector));
        Assert.Equal(0x31, vector);
        Assert.Equal(3, bus.TaskPriority = 3);
        Assert.Equal(0x30ul, bus.ReadMmio(new Gpa(0xFEE0_0080), AccessSize.Dword));
    }

    [Fact]
    public void Pci_is_found_at_mechanism_1()
    {
        (Board board, _) = Assemble();
        board.Sockets[0].WritePort(0xCF8, AccessSize.Dword, 0x8000_0800);
        Assert.Equal(0x7000_8086ul, board.Sockets[0].ReadPort(0xCFC, AccessSize.Dword));
        Assert.Equal(0x7000ul, board.Sockets[0].ReadPort(0xCFE, AccessSize.Word));
    }

    [Fact]
    public void Restore_makes_no_interrupt_of_its_own_whatever_ran_before()
    {
        (Board saved, FakeVcpu savedCpu) = Assemble();
        StartPic(saved);
        IInterruptLine line = saved.Router.Share(5);
        line.Set(true);
        saved.Sockets[0].TryAcknowledgeInterrupt(out _);
        saved.Sockets[0].WriteMmio(new Gpa(0xFEE0_0320), AccessSize.Dword, 0x2_0050);
        saved.Sockets[0].WriteMmio(new Gpa(0xFEE0_0380), AccessSize.Dword, 10_000);
        savedCpu.RetiredInstructions = 777;
        StateTape tape = new();
        saved.Save(tape);

        (Board other, FakeVcpu cpu) = Assemble();
        StartPic(other);
        cpu.RetiredInstructions = 777;
        other.Router.Share(7).Set(true);
        other.Restore(tape.Rewind());
        StateTape again = new();
        other.Save(again);
        Assert.NotEqual(0, tape.Text.Length);
        Assert.Equal(saved.Clock.NextDue, other.Clock.NextDue);

        // Line 7 belongs to nobody's record, so it stays high here; line 5 is in service and must not ask again.
        Assert.True(other.Sockets[0].TryAcknowledgeInterrupt(out byte vector) is false || vector != 0x25);
    }

    [Fact]
    public void Random_accesses_to_all_chips_never_throw()
    {
        (Board board, _) = Assemble();
        Random random = new(5);
        AccessSize[] sizes = [AccessSize.Byte, AccessSize.Word, AccessSize.Dword, AccessSize.Qword];
        ushort[] ports = [0x1F, 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0xCF8, 0xCF9, 0xCFB, 0xCFC, 0xCFD, 0xCFF];
        ulong[] pages = [0xFEE0_0000, 0xFEC0_0000, 0xFEBF_F000, 0x000F_F000];
        for (int i = 0; i < 100_000; i++)
        {
            AccessSize size = sizes[random.Next(4)];
            ushort port = ports[random.Next(ports.Length)];
            Gpa at = new(pages[random.Next(4)] + (ulong)random.Next(0x1000));
            ulong value = (ulong)random.NextInt64() & size.AllOnes();
            switch (random.Next(6))
            {
                case 0:
                    Assert.True(board.Sockets[0].ReadPort(port, size) <= size.AllOnes());
                    break;
                case 1:
                    board.Sockets[0].WritePort(port, size, value);
                    break;
                case 2:
                    Assert.True(board.Sockets[0].ReadMmio(at, size) <= size.AllOnes());
                    break;
                case 3:
                    board.Sockets[0].WriteMmio(at, size, value);
                    break;
                case 4:
                    board.Sockets[0].TryAcknowledgeInterrupt(out _);
                    break;
                default:
                    board.RunDue();
                    board.SkipIdle();
                    break;
            }
        }
    }

    private static void StartPic(Board board)
    {
        ProcessorSocket bus = board.Sockets[0];
        foreach ((ushort port, byte value) in new (ushort, byte)[] { (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0xA0, 0x11), (0xA1, 0x28), (0xA1, 2), (0xA1, 1), (0x21, 0), (0xA1, 0) })
        {
            bus.WritePort(port, AccessSize.Byte, value);
        }
    }

    [Fact]
    public void A_timer_that_is_set_while_the_host_pauses_fires_all_the_same()
    {
        // Each look at the host's clock takes 5 ms, longer than the timer.
        long host = 0;
        (Board board, FakeVcpu cpu) = Assemble(new MonotonicTime(() => host += 5_000_000));
        ProcessorSocket bus = board.Sockets[0];
        bus.WriteMmio(new Gpa(0xFEE0_0320), AccessSize.Dword, 0x50);
        bus.WriteMmio(new Gpa(0xFEE0_03E0), AccessSize.Dword, 0xB);
        bus.WriteMmio(new Gpa(0xFEE0_0380), AccessSize.Dword, 3_000_000);
        board.RunDue();
        Assert.True(cpu.Intr);
        Assert.True(bus.TryAcknowledgeInterrupt(out byte vector));
        Assert.Equal(0x50, vector);
    }

    private (Board Board, FakeVcpu Cpu) Assemble(TimeSource? time = null)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 0x10_0000);
        FakeVcpu cpu = new();
        Board board = new(space, time ?? new InstructionTime(() => cpu.RetiredInstructions));
        ApicBus apicBus = new();
        board.AddLocalApic(new LocalApic(apicBus, 0, new LocalApicOptions { VirtualWireAtReset = true }), 0);
        board.AddPic(new Pic8259Pair());
        board.AddIoApic(new IoApic(apicBus));
        PciBus pci = new();
        board.Add(pci);
        HostBridge440Fx host = new(new ShadowMemory(space, _ram));
        Piix3IsaBridge isa = new();
        Piix4Pm pm = new();
        pci.Add(0, 0, host);
        pci.Add(1, 0, isa);
        pci.Add(1, 3, pm);
        board.Add(host);
        board.Add(isa);
        board.Add(pm);
        board.Sockets[0].Insert(cpu);
        board.Reset(ResetKind.PowerOn);
        return (board, cpu);
    }
}
