using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 3A 6.14: interrupts in long mode; IRETQ.</summary>
public sealed class LongModeInterruptTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(Bench.Long3)]
    [InlineData(Bench.Code3)]
    public void An_interrupt_from_level_3_uses_rsp0_and_returns(ushort code)
    {
        _bench.Long(3, code);
        _bench.LongGate(0x80, SystemType.InterruptGate, Bench.Long0, 0xFFFF_8000_1234_5678, dpl: 3);
        _bench.Put64(Bench.Tss + 4, 0x6008); // not aligned
        C.SystemFlags |= (ulong)RFlags.IF;
        Assert.True(SoftwareInterrupts.Interrupt(C, 0x80, 0x102));
        Assert.Equal((0, 0xFFFF_8000_1234_5678UL, 0x6000UL - 40), (C.Cpl, C.Rip, _bench.Esp));
        Assert.Equal((Bench.Long0, (ushort)0), (_bench.Selector(Seg.CS), _bench.Selector(Seg.SS)));
        Assert.True(C.Is64Bit);
        Assert.Equal([0x102UL, code, 0x202UL, 0x7000UL, Bench.Data3], Frame(5));
        Assert.True(InterruptReturn.Return(C, 8, 0));
        Assert.Equal((3, 0x102UL, 0x7000UL), (C.Cpl, C.Rip, _bench.Esp));
        Assert.Equal((code, Bench.Data3), (_bench.Selector(Seg.CS), _bench.Selector(Seg.SS)));
        Assert.Equal(0x202UL, C.Rflags);
        Assert.Equal(code == Bench.Long3, C.Is64Bit);
    }

    [Fact]
    public void The_same_level_pushes_the_stack_too_and_aligns_it()
    {
        _bench.Long(0, Bench.Long0);
        _bench.LongGate((int)Vector.GP, SystemType.TrapGate, Bench.Long0, 0x5000);
        C.Gpr(4) = 0x6F0D;
        C.Raise(Vector.GP, 0x18);
        FaultDelivery.DeliverFault(C);
        Assert.Equal(0x6F00UL - 48, _bench.Esp);
        Assert.Equal([0x18UL, 0x100UL, Bench.Long0, (ulong)(RFlags.RF | RFlags.Fixed1), 0x6F0DUL, Bench.Data0], Frame(6));
        Assert.Equal(Bench.Data0, _bench.Selector(Seg.SS));
    }

    [Fact]
    public void An_interrupt_stack_is_used_at_every_level()
    {
        _bench.Long(0, Bench.Long0);
        _bench.LongGate(2, SystemType.InterruptGate, Bench.Long0, 0x5000, ist: 3);
        _bench.Put64(Bench.Tss + 36 + 16, 0x6800);
        Assert.True(InterruptDelivery.Deliver(C, 2, EventKind.Nmi, 0x100));
        Assert.Equal(0x6800UL - 40, _bench.Esp);
        Assert.Equal(0x7000UL, _bench.Get64((long)_bench.Esp + 24));
        C.S.Segment[Seg.TR].Limit = 58;
        Assert.False(InterruptDelivery.Deliver(C, 2, EventKind.Nmi, 0x100));
        Assert.Equal((Vector.TS, 0x29u), _bench.Fault);
    }

    // Gate type, selector, offset, RSP0; the fault.
    [Theory]
    [InlineData(SystemType.TaskGate, Bench.Long0, 0UL, 0x6000UL, Vector.GP, (0x42 * 8) + 3)]
    [InlineData(SystemType.InterruptGate16, Bench.Long0, 0UL, 0x6000UL, Vector.GP, (0x42 * 8) + 3)]
    [InlineData(SystemType.InterruptGate, Bench.Code0, 0UL, 0x6000UL, Vector.GP, 9)]
    [InlineData(SystemType.InterruptGate, Bench.Long0, 0x8000_0000_0000UL, 0x6000UL, Vector.GP, 1)]
    [InlineData(SystemType.InterruptGate, Bench.Long0, 0UL, 0x8000_0000_0040UL, Vector.SS, 1)]
    [InlineData(SystemType.InterruptGate, Bench.Long0, 0UL, 0x4000_0000UL, Vector.PF, 2)]
    public void What_long_mode_cannot_use_faults(int type, ushort selector, ulong offset, ulong stack, Vector vector, uint error)
    {
        _bench.Long(3, Bench.Long3);
        _bench.LongGate(0x42, type, selector, offset);
        _bench.Put64(Bench.Tss + 4, stack);
        Assert.False(InterruptDelivery.Deliver(C, 0x42, EventKind.External, 0x102));
        Assert.Equal((vector, error), _bench.Fault);
    }

    [Fact]
    public void Iretq_may_load_a_null_stack_segment_below_level_3_only()
    {
        _bench.Long(0, Bench.Long0);
        Push(0x123, Bench.Long0, 2, 0x6543, 0);
        Assert.True(InterruptReturn.Return(C, 8, 0));
        Assert.Equal((0x123UL, 0x6543UL, 0), (C.Rip, _bench.Esp, _bench.Selector(Seg.SS)));
        Push(0x123, Bench.Long3, 2, 0x6543, 3);
        Assert.False(InterruptReturn.Return(C, 8, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    [Fact]
    public void Iretq_checks_the_canonical_form_and_nested_tasks()
    {
        _bench.Long(0, Bench.Long0);
        Push(0x8000_0000_0000, Bench.Long0, 2, 0x6543, 0);
        Assert.False(InterruptReturn.Return(C, 8, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        _bench.Clear();
        C.SystemFlags |= (ulong)RFlags.NT;
        Push(0x123, Bench.Long0, 2, 0x6543, 0);
        Assert.False(InterruptReturn.Return(C, 8, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    private ulong[] Frame(int count)
    {
        ulong[] frame = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            frame[i] = _bench.Get64((long)_bench.Esp + (i * 8));
        }

        return frame;
    }

    private void Push(params ulong[] frame)
    {
        C.Gpr(4) = 0x6F00;
        for (int i = 0; i < frame.Length; i++)
        {
            _bench.Put64(0x6F00 + (i * 8), frame[i]);
        }
    }
}
