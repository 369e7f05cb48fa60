using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 3B 20.1: segments, far transfers and interrupts of real mode.</summary>
public sealed class RealModeTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_interrupt_pushes_three_words_and_shuts_interrupts_off()
    {
        _bench.Put(0x21 * 4, 0x1234_5678);
        C.Gpr(4) = 0xABCD_0100;
        SegmentRegisters.SetRealMode(C, Seg.SS, 0x2000);
        C.SystemFlags |= (ulong)(RFlags.IF | RFlags.TF | RFlags.AC);
        C.Flags.SetCarry(1);
        ulong flags = C.Rflags;
        Assert.True(SoftwareInterrupts.Interrupt(C, 0x21, 0x1_0102));
        Assert.Equal(0x1234, _bench.Selector(Seg.CS));
        Assert.Equal(0x5678UL, C.Rip);
        Assert.Equal(0xABCD_00FAUL, _bench.Esp);
        Assert.Equal(0x0102, _bench.Get16(0x200FA));
        Assert.Equal(0, _bench.Get16(0x200FC));
        Assert.Equal((int)(flags & 0xFFFF), _bench.Get16(0x200FE));
        Assert.Equal(0UL, C.SystemFlags & (ulong)(RFlags.IF | RFlags.TF | RFlags.AC));
        Assert.True(InterruptReturn.Return(C, 2, 0));
        Assert.Equal((ulong)(RFlags.IF | RFlags.TF), C.SystemFlags & (ulong)(RFlags.IF | RFlags.TF | RFlags.AC));
        Assert.Equal(0x102UL, C.Rip);
        Assert.Equal(0, _bench.Selector(Seg.CS));
        Assert.Equal(0xABCD_0100UL, _bench.Esp);
    }

    [Fact]
    public void A_frame_wraps_around_the_end_of_the_stack_segment()
    {
        _bench.Put(0x10 * 4, 0x0000_5678);
        SegmentRegisters.SetRealMode(C, Seg.SS, 0x1000);
        C.Gpr(4) = 2;
        Assert.True(InterruptDelivery.Deliver(C, 0x10, EventKind.External, 0x44));
        Assert.Equal(0xFFFCUL, _bench.Esp);
        Assert.Equal(0x44, _bench.Get16(0x1FFFC));
    }

    [Fact]
    public void A_word_across_the_end_of_the_stack_segment_is_a_stack_fault()
    {
        C.Gpr(4) = 1;
        Assert.False(InterruptDelivery.Deliver(C, 0x10, EventKind.External, 0x44));
        Assert.Equal((Vector.SS, 1u), _bench.Fault);
        Assert.Equal(1UL, _bench.Esp);
    }

    [Fact]
    public void A_vector_outside_the_table_is_a_protection_fault()
    {
        C.S.Idtr.Limit = 0x3F;
        C.Gpr(4) = 0x100;
        Assert.False(SoftwareInterrupts.Interrupt(C, 0x10, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        C.S.Idtr.Limit = 0;
        FaultDelivery.DeliverFault(C);
        Assert.Equal(VcpuActivity.Shutdown, C.S.Activity);
    }

    [Fact]
    public void An_exception_pushes_no_error_code()
    {
        _bench.Put((int)Vector.GP * 4, 0x0000_5678);
        C.Gpr(4) = 0x100;
        C.Rip = 0x77;
        C.Raise(Vector.GP, 0x18);
        FaultDelivery.DeliverFault(C);
        Assert.Equal(0xFAUL, _bench.Esp);
        Assert.Equal(0x77, _bench.Get16(0xFA));
        Assert.Equal(0x5678UL, C.Rip);
        Assert.Equal(StopFlags.None, C.Stop & StopFlags.Fault);
    }

    [Fact]
    public void Far_jump_call_and_return_change_the_base_only()
    {
        C.Gpr(4) = 0x200;
        Assert.True(FarTransfers.Call(C, 0x2345, 0x10, 2, 0x105));
        Assert.Equal(0x23450UL, C.S.Segment[Seg.CS].Base);
        Assert.Equal(0x1FCUL, _bench.Esp);
        Assert.True(FarReturns.Return(C, 2, 6));
        Assert.Equal(0x105UL, C.Rip);
        Assert.Equal(0x206UL, _bench.Esp);
        Assert.True(FarTransfers.Jump(C, 0xFFFF, 0x20, 0));
        Assert.Equal(0xFFFF0UL, C.S.Segment[Seg.CS].Base);
        Assert.False(FarTransfers.Jump(C, 0, 0x1_0000, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        _bench.Clear();
        Assert.True(FarTransfers.Call(C, 0x100, 0x10, 4, 0x12_3456));
        Assert.Equal(0x1FEUL, _bench.Esp);
        Assert.Equal(0x12_3456u, _bench.Get(0x1FE));
    }

    [Fact]
    public void Iret_with_32_bits_keeps_virtual_interrupt_flags()
    {
        C.Gpr(4) = 0x200;
        C.SystemFlags |= (ulong)(RFlags.VIF | RFlags.VIP);
        _bench.Put(0x200, 0x55);
        _bench.Put(0x204, 0x66);
        _bench.Put(0x208, 0x0026_3202);
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.Equal((ulong)(RFlags.VIF | RFlags.VIP | RFlags.AC | RFlags.ID | RFlags.IF | RFlags.IOPL | RFlags.Fixed1), C.Rflags);
        Assert.Equal(0x20CUL, _bench.Esp);
        Assert.Equal(0x660UL, C.S.Segment[Seg.CS].Base);
    }
}
