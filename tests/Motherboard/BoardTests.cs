using System;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Memory;
using Doppel.Motherboard.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests;

public sealed class BoardTests : IDisposable
{
    private readonly GuestRam _ram = new("ram", 0x4000);
    private readonly FakeVcpu _cpu = new();
    private readonly Board _board;

    public BoardTests()
    {
        _board = NewBoard(_cpu);
    }

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Shared_line_reaches_both_controllers_and_falls_with_its_last_share()
    {
        FakeController pic = new("pic", 16);
        FakeController ioApic = new("ioapic", 24);
        _board.AddPic(pic);
        _board.AddIoApic(ioApic);
        IInterruptLine one = _board.Router.Share(5);
        IInterruptLine two = _board.Router.Share(5);
        one.Set(true);
        one.Set(true);
        two.Set(true);
        one.Set(false);
        Assert.Equal([5], pic.High);
        Assert.Equal([5], ioApic.High);
        Assert.True(_cpu.Intr);
        Assert.True(_board.Sockets[0].TryAcknowledgeInterrupt(out byte vector));
        Assert.Equal(0x25, vector);
        two.Set(false);
        Assert.Empty(pic.High);
        Assert.Equal(2, pic.Changes);
        Assert.False(_cpu.Intr);
    }

    [Fact]
    public void Timer_line_reaches_pin_2_and_high_lines_the_io_apic_alone()
    {
        FakeController pic = new("pic", 16);
        FakeController ioApic = new("ioapic", 24);
        _board.AddPic(pic);
        _board.AddIoApic(ioApic);
        _board.Router.Share(0).Set(true);
        _board.Router.Share(2).Set(true);
        _board.Router.Share(17).Set(true);
        Assert.Equal([0], pic.High);
        Assert.Equal([2, 17], ioApic.High);
        Assert.Throws<ArgumentOutOfRangeException>(() => _board.Router.Share(24));
    }

    [Fact]
    public void Requests_stop_the_processor_and_are_taken_once()
    {
        _board.RequestReset();
        _board.RequestExit(3);
        Assert.Equal(2, _cpu.Stops);
        Assert.Equal(BoardRequests.Reset | BoardRequests.Exit, _board.TakeRequests());
        Assert.Equal(3, _board.ExitCode);
        Assert.Equal(BoardRequests.None, _board.TakeRequests());
        _board.RequestPowerOff();
        _board.Reset(ResetKind.Hard);
        Assert.Equal(BoardRequests.None, _board.Requests);
        Assert.Equal(1, _cpu.Resets);
    }

    [Fact]
    public void A20_is_open_when_any_source_opens_it_or_none_exists()
    {
        Assert.Equal(ulong.MaxValue, _board.Space.CpuAddressMask);
        _board.SetA20(A20Source.FastGate, false);
        Assert.Equal(~0x10_0000ul, _board.Space.CpuAddressMask);
        _board.SetA20(A20Source.KeyboardController, true);
        Assert.Equal(ulong.MaxValue, _board.Space.CpuAddressMask);
        _board.SetA20((A20Source)9, false);
        Assert.Equal(ulong.MaxValue, _board.Space.CpuAddressMask);
    }

    [Fact]
    public void Plan_runs_up_to_the_next_timer_and_idle_time_is_skipped()
    {
        FakeDevice device = new("d");
        _board.Add(device);
        Assert.Equal(1000ul, _board.PlanRun(1000));
        Assert.False(_board.SkipIdle());
        device.Timer.Arm(new GuestTime(100));
        Assert.Equal(1, _cpu.Stops);
        _cpu.Run(new RunLimits(_board.PlanRun(1000)));
        Assert.Equal(100ul, _cpu.RetiredInstructions);
        _board.RunDue();
        Assert.Equal(1, device.Fired);
        device.Timer.Arm(new GuestTime(5_000));
        Assert.True(_board.SkipIdle());
        Assert.Equal(1ul, _board.PlanRun(0));
        _board.RunDue();
        Assert.Equal(2, device.Fired);
        Assert.Equal(5_000ul, _board.ReadTimestamp());
    }

    [Fact]
    public void Timestamp_is_exact_at_any_rate()
    {
        Board fast = new(_board.Space, new InstructionTime(() => 1_000_000_000_000_000_000), timestampHertz: 3_000_000_001);
        Assert.Equal(3_000_000_001_000_000_000ul, fast.ReadTimestamp());
    }

    [Fact]
    public void Dma_reaches_ram_and_nothing_else()
    {
        FakeDevice device = new("d");
        RecordingBlock block = new();
        _board.Add(device);
        device.Slot!.ClaimMmio("m", 0x1000, block).Map(new Gpa(0x4000));
        byte[] data = new byte[0x2000];
        Assert.True(device.Slot.Dma.TryWrite(new Gpa(0x3000), data));
        Assert.True(_ram.GetMarks(3).HasFlag(PageMarks.Dirty));
        Assert.True(device.Slot.Dma.TryRead(new Gpa(0x3FFF), data.AsSpan(0, 2)));
        Assert.Equal(new byte[] { 0, 0xFF }, data[..2]);
        Assert.True(device.Slot.Dma.TryRead(new Gpa(ulong.MaxValue), data.AsSpan(0, 2)));
        Assert.Equal(new byte[] { 0xFF, 0 }, data[..2]);
        Assert.Empty(block.Log);
    }

    [Fact]
    public void Init_and_startup_wait_for_the_end_of_the_run()
    {
        Board two = new(_board.Space, new InstructionTime(() => 0), processors: 2);
        FakeVcpu second = new();
        two.Sockets[1].Insert(second);
        two.Reset(ResetKind.PowerOn);
        Assert.Equal(VcpuActivity.WaitForSipi, second.Record.Activity);
        two.Sockets[1].Startup(0x9A);
        Assert.Equal(VcpuActivity.WaitForSipi, second.Record.Activity);
        two.RunDue();
        Assert.Equal(VcpuActivity.Running, second.Record.Activity);
        Assert.Equal(0x9A00, second.Record.Segment[1].Selector);
        Assert.Equal(0x9_A000ul, second.Record.Segment[1].Base);
        two.Sockets[1].Startup(0x10);
        two.RunDue();
        Assert.Equal(0x9A00, second.Record.Segment[1].Selector);
        two.Sockets[1].Init();
        two.RunDue();
        Assert.Equal(VcpuActivity.WaitForSipi, second.Record.Activity);
    }

    [Fact]
    public void Without_local_apic_task_priority_is_kept_and_msrs_are_not_ours()
    {
        ProcessorSocket socket = _board.Sockets[0];
        socket.TaskPriority = 0x1F;
        Assert.Equal(15, socket.TaskPriority);
        Assert.False(socket.TryReadMsr(0x1B, out _));
        Assert.False(socket.TryWriteMsr(0x1B, 0));
        Assert.False(socket.TryAcknowledgeInterrupt(out _));
    }

    [Fact]
    public void Restored_board_is_the_saved_board()
    {
        FakeDevice device = new("d");
        _board.Add(device);
        _board.AddPic(new FakeController("pic", 16));
        device.Timer.Arm(new GuestTime(900));
        device.LineHigh = true;
        device.Line.Set(true);
        _board.SetA20(A20Source.KeyboardController, false);
        _board.RequestExit(9);
        _board.Sockets[0].Init();
        StateTape tape = new();
        _board.Save(tape);

        FakeVcpu cpu = new();
        Board other = NewBoard(cpu);
        FakeDevice twin = new("d");
        FakeController pic = new("pic", 16);
        other.Add(twin);
        other.AddPic(pic);
        other.Restore(tape.Rewind());
        Assert.Equal(new GuestTime(900), twin.Timer.Due);
        Assert.Equal([5], pic.High);
        Assert.Equal(BoardRequests.Exit, other.Requests);
        Assert.Equal(~0x10_0000ul, other.Space.CpuAddressMask);
        StateTape again = new();
        other.Save(again);
        Assert.Equal(tape.Text, again.Text);
        other.RunDue();
        Assert.Equal(1, cpu.Resets);
    }

    [Fact]
    public void Assembly_mistakes_are_host_errors()
    {
        _board.Add(new FakeDevice("d"));
        Assert.Throws<InvalidOperationException>(() => _board.Add(new FakeDevice("d")));
    }

    private Board NewBoard(FakeVcpu cpu)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 0x4000);
        Board board = new(space, new InstructionTime(() => cpu.RetiredInstructions));
        board.Sockets[0].Insert(cpu);
        return board;
    }
}
