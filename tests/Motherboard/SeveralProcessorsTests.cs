using System;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Devices.Chipset.Apic;
using Doppel.Memory;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

/// <summary>A board with two processors, each with a local APIC of its own at the same address.</summary>
public sealed class SeveralProcessorsTests : IDisposable
{
    private const ulong ApicPage = 0xFEE0_0000;

    private readonly GuestRam _ram = new("ram", 0x10_0000);
    private readonly FakeVcpu[] _cpus = [new(), new()];
    private readonly Board _board;

    public SeveralProcessorsTests()
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 0x10_0000);
        _board = new Board(space, new InstructionTime(() => _cpus[0].RetiredInstructions), processors: 2);
        ApicBus bus = new();
        for (int i = 0; i < 2; i++)
        {
            _board.AddLocalApic(new LocalApic(bus, (byte)i, new LocalApicOptions()), i);
            _board.Sockets[i].Insert(_cpus[i]);
        }

        _board.Reset(ResetKind.PowerOn);
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Each_processor_sees_its_own_apic()
    {
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal((ulong)i << 24, Read(i, ApicPage + 0x20));
            Write(i, ApicPage + 0x80, 0x10UL * (ulong)(i + 1));
        }

        Assert.Equal((0x10UL, 0x20UL), (Read(0, ApicPage + 0x80), Read(1, ApicPage + 0x80)));
        Assert.Equal(ulong.MaxValue, _board.Sockets[1].ReadMmio(new Gpa(ApicPage + 0xFFC), AccessSize.Qword) | 0xFFFF_FFFF);
    }

    [Fact]
    public void One_processor_moves_or_switches_off_its_apic_and_the_other_keeps_its_own()
    {
        Assert.True(_board.Sockets[1].TryWriteMsr(0x1B, 0xFED0_0800));
        Assert.Equal(1UL << 24, Read(1, 0xFED0_0020));
        Assert.Equal(uint.MaxValue, Read(1, ApicPage + 0x20));
        Assert.Equal(uint.MaxValue, Read(0, 0xFED0_0020));
        Assert.Equal(0UL, Read(0, ApicPage + 0x20));
        Assert.True(_board.Sockets[0].TryWriteMsr(0x1B, 0xFEE0_0000));
        Assert.Equal(uint.MaxValue, Read(0, ApicPage + 0x20));
        Assert.Equal(1UL << 24, Read(1, 0xFED0_0020));
    }

    [Fact]
    public void Init_and_startup_are_applied_outside_and_keep_what_init_keeps()
    {
        Assert.Equal(VcpuActivity.WaitForSipi, _cpus[1].Record.Activity);
        _cpus[1].Record.Activity = VcpuActivity.Running;
        _cpus[1].Record.TscOffset = 77;
        _board.Running = 0;
        Write(0, ApicPage + 0x310, 1u << 24);
        Write(0, ApicPage + 0x300, 0x4500);
        Assert.Equal((1, 0), (_cpus[0].Stops, _cpus[1].Stops));
        Assert.Equal(VcpuActivity.Running, _cpus[1].Record.Activity);
        _board.RunDue();
        Assert.Equal(VcpuActivity.WaitForSipi, _cpus[1].Record.Activity);
        Assert.Equal(77UL, _cpus[1].Record.TscOffset);
        Write(0, ApicPage + 0x300, 0x4609);
        _board.RunDue();
        Assert.Equal(VcpuActivity.Running, _cpus[1].Record.Activity);
        Assert.Equal((0x900, 0x9000UL, 0UL), (_cpus[1].Record.Segment[1].Selector, _cpus[1].Record.Segment[1].Base, _cpus[1].Record.Rip));
    }

    [Fact]
    public void Pause_asks_for_the_run_loop()
    {
        _board.Running = 1;
        Assert.False(_board.TakePause());
        _board.Sockets[1].Pause();
        Assert.Equal(1, _cpus[1].Stops);
        Assert.True(_board.TakePause());
        Assert.False(_board.TakePause());
    }

    private ulong Read(int processor, ulong at) => _board.Sockets[processor].ReadMmio(new Gpa(at), AccessSize.Dword);

    private void Write(int processor, ulong at, ulong value) => _board.Sockets[processor].WriteMmio(new Gpa(at), AccessSize.Dword, value);
}
