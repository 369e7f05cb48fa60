using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 3A 6.12 and 6.13: gates, stacks, flags and error codes; IRET back.</summary>
public sealed class ProtectedInterruptTests : System.IDisposable
{
    private const int InterruptGate = SystemType.InterruptGate;
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_interrupt_from_level_3_switches_the_stack_and_returns()
    {
        _bench.Protected(3);
        _bench.Gate(0x80, InterruptGate, Bench.Code0, 0xC000_1234, dpl: 3);
        C.SystemFlags |= (ulong)(RFlags.IF | RFlags.NT | RFlags.TF | RFlags.AC);
        Assert.True(SoftwareInterrupts.Interrupt(C, 0x80, 0x102));
        Assert.Equal(0, C.Cpl);
        Assert.Equal(Bench.Code0, _bench.Selector(Seg.CS));
        Assert.Equal(Bench.Data0, _bench.Selector(Seg.SS));
        Assert.Equal(0xC000_1234UL, C.Rip);
        Assert.Equal(0x6000UL - 20, _bench.Esp);
        Assert.Equal([0x102u, Bench.Code3, (uint)(RFlags.IF | RFlags.NT | RFlags.TF | RFlags.AC | RFlags.Fixed1), 0x7000u, Bench.Data3], Frame(5));
        Assert.Equal((ulong)(RFlags.AC | RFlags.Fixed1), C.SystemFlags);
        Assert.Equal(Bench.Data3, _bench.Selector(Seg.DS));
        Assert.True(SegmentLoads.Load(C, Seg.DS, Bench.Data0));
        _bench.Put((int)_bench.Esp + 8, 0x202);
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.Equal((3, 0x102UL, 0x7000UL), (C.Cpl, C.Rip, _bench.Esp));
        Assert.Equal((Bench.Code3, Bench.Data3), (_bench.Selector(Seg.CS), _bench.Selector(Seg.SS)));
        Assert.Equal((0, Bench.Data3), (_bench.Selector(Seg.DS), _bench.Selector(Seg.ES)));
        Assert.Equal(0x202UL, C.Rflags);
    }

    [Fact]
    public void A_fault_pushes_its_error_code_and_the_resume_flag()
    {
        _bench.Protected(0);
        _bench.Gate((int)Vector.PF, SystemType.TrapGate, Bench.Code0, 0x5000);
        C.SystemFlags |= (ulong)RFlags.IF;
        C.RaisePageFault(0xDEAD_0000, 2);
        FaultDelivery.DeliverFault(C);
        Assert.Equal([2u, 0x100u, Bench.Code0, (uint)(RFlags.RF | RFlags.IF | RFlags.Fixed1)], Frame(4));
        Assert.NotEqual(0UL, C.SystemFlags & (ulong)RFlags.IF); // trap gate
        Assert.Equal(0xDEAD_0000UL, C.S.Cr2);
    }

    [Fact]
    public void A_16_bit_gate_pushes_words()
    {
        _bench.Protected(0);
        _bench.Gate(0x40, SystemType.InterruptGate16, Bench.Code16, 0xFFFF_1234);
        Assert.True(InterruptDelivery.Deliver(C, 0x40, EventKind.External, 0x9_0100));
        Assert.Equal(0x6FFAUL, _bench.Esp);
        Assert.Equal(0x1234UL, C.Rip);
        Assert.Equal(0x0100, _bench.Get16(0x6FFA));
        Assert.Equal(CpuMode.None, C.Mode & CpuMode.Code32);
        Assert.Equal(0x9B, _bench.Get8(Bench.Gdt + Bench.Code16 + 5)); // accessed
    }

    // Gate type, gate selector, gate DPL, present, source; vector and error code of the fault.
    [Theory]
    [InlineData(InterruptGate, Bench.Code0, 0, true, nameof(EventKind.SoftwareInterrupt), Vector.GP, (0x42 * 8) + 2)]
    [InlineData(InterruptGate, Bench.Code0, 0, true, nameof(EventKind.Int3), Vector.GP, (0x42 * 8) + 2)]
    [InlineData(InterruptGate, Bench.Code0, 3, false, nameof(EventKind.SoftwareInterrupt), Vector.NP, (0x42 * 8) + 2)]
    [InlineData(InterruptGate, Bench.Code0, 0, false, nameof(EventKind.External), Vector.NP, (0x42 * 8) + 3)]
    [InlineData(SystemType.CallGate, Bench.Code0, 0, true, nameof(EventKind.External), Vector.GP, (0x42 * 8) + 3)]
    [InlineData(InterruptGate, 0, 3, true, nameof(EventKind.SoftwareInterrupt), Vector.GP, 0)]
    [InlineData(InterruptGate, 0, 3, true, nameof(EventKind.Exception), Vector.GP, 1)]
    [InlineData(InterruptGate, 0x200, 3, true, nameof(EventKind.SoftwareInterrupt), Vector.GP, 0x200)]
    [InlineData(InterruptGate, 0x200, 0, true, nameof(EventKind.Nmi), Vector.GP, 0x201)]
    [InlineData(InterruptGate, Bench.Data0, 0, true, nameof(EventKind.External), Vector.GP, 0x11)]
    [InlineData(InterruptGate, Bench.AbsentCode, 0, true, nameof(EventKind.External), Vector.NP, 0x71)]
    [InlineData(SystemType.TaskGate, 0x84, 0, true, nameof(EventKind.External), Vector.GP, 0x85)]
    [InlineData(SystemType.TaskGate, Bench.TssSelector, 0, true, nameof(EventKind.External), Vector.GP, 0x29)]
    public void A_bad_gate_faults_with_the_exact_code(int type, ushort selector, int dpl, bool present, string kind, Vector vector, uint error)
    {
        _bench.Protected(3);
        _bench.Gate(0x42, type, selector, 0x1000, dpl, present);
        Assert.False(InterruptDelivery.Deliver(C, 0x42, System.Enum.Parse<EventKind>(kind), 0x102));
        Assert.Equal((vector, error), _bench.Fault);
        Assert.Equal((3, 0x100UL, 0x7000UL), (C.Cpl, C.Rip, _bench.Esp));
    }

    // What the TSS says about the inner stack; the fault. Intel SDM vol. 2 INT n, inter-privilege-level interrupt.
    [Theory]
    [InlineData(0x00, 0x6000, 0x7FF, Vector.TS, 1)]
    [InlineData(0x200, 0x6000, 0x7FF, Vector.TS, 0x201)]
    [InlineData(Bench.Data3, 0x6000, 0x7FF, Vector.TS, 0x21)]
    [InlineData(Bench.ReadOnly, 0x6000, 0x7FF, Vector.TS, 0x69)]
    [InlineData(Bench.AbsentStack, 0x6000, 0x7FF, Vector.SS, 0x79)]
    [InlineData(Bench.Data0, 0x6000, 8, Vector.TS, 0x29)]
    [InlineData(Bench.Data16, 0x8, 0x7FF, Vector.SS, 0x59)]
    public void A_bad_inner_stack_faults_with_the_exact_code(ushort ss, int esp, uint limit, Vector vector, uint error)
    {
        _bench.Protected(3);
        _bench.Gate(0x42, InterruptGate, Bench.Code0, 0x1000);
        _bench.PutDescriptor(Bench.Data16, 0x1_0000, 0x0F, 0x0092);
        _bench.Put(Bench.Tss + 4, esp);
        _bench.Put(Bench.Tss + 8, ss);
        C.S.Segment[Seg.TR].Limit = limit;
        Assert.False(InterruptDelivery.Deliver(C, 0x42, EventKind.External, 0x102));
        Assert.Equal((vector, error), _bench.Fault);
    }

    [Fact]
    public void A_vector_behind_the_table_names_itself()
    {
        _bench.Protected(0);
        C.S.Idtr.Limit = (0x20 * 8) + 6;
        Assert.False(InterruptDelivery.Deliver(C, 0x20, EventKind.External, 0));
        Assert.Equal((Vector.GP, 0x103u), _bench.Fault);
    }

    [Fact]
    public void A_non_maskable_interrupt_blocks_others_until_iret()
    {
        _bench.Protected(0);
        _bench.Gate(2, InterruptGate, Bench.Code0, 0x5000);
        C.S.Activity = VcpuActivity.Halted;
        Assert.True(InterruptDelivery.Deliver(C, 2, EventKind.Nmi, 0x100));
        Assert.Equal((1u, VcpuActivity.Running), (C.S.NmiBlocked, C.S.Activity));
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.Equal(0u, C.S.NmiBlocked);
        Assert.Equal((0x100UL, 0x7000UL), (C.Rip, _bench.Esp));
    }

    // Intel SDM vol. 3A table 6-5.
    [Theory]
    [InlineData(Vector.UD, Vector.GP, false)]
    [InlineData(Vector.GP, Vector.UD, false)]
    [InlineData(Vector.DE, Vector.NP, true)]
    [InlineData(Vector.TS, Vector.SS, true)]
    [InlineData(Vector.GP, Vector.PF, false)]
    [InlineData(Vector.PF, Vector.PF, true)]
    [InlineData(Vector.PF, Vector.GP, true)]
    [InlineData(Vector.PF, Vector.DB, false)]
    [InlineData(Vector.NM, Vector.PF, false)]
    public void Double_faults_follow_the_table(Vector first, Vector second, bool doubled) => Assert.Equal(doubled, FaultDelivery.MakesDouble(first, second));

    [Fact]
    public void A_double_fault_has_error_code_zero_and_a_third_fault_shuts_down()
    {
        _bench.Protected(0);
        _bench.Gate((int)Vector.DF, InterruptGate, Bench.Code0, 0x5000);
        C.Raise(Vector.GP, 0x18);
        FaultDelivery.DeliverFault(C);
        Assert.Equal([0u, 0x100u, Bench.Code0], Frame(3));
        Assert.Equal(0x5000UL, C.Rip);
        _bench.Gate((int)Vector.DF, InterruptGate, Bench.Code0, 0x5000, present: false);
        C.Raise(Vector.GP, 0x18);
        FaultDelivery.DeliverFault(C);
        Assert.Equal(VcpuActivity.Shutdown, C.S.Activity);
        Assert.Equal(StopFlags.None, C.Stop & StopFlags.Fault);
    }

    // What IRET from level 0 finds on the stack, and the fault (Intel SDM vol. 2 IRET).
    [Theory]
    [InlineData(0, Bench.Data0, Vector.GP, 0)]
    [InlineData(0x200, Bench.Data0, Vector.GP, 0x200)]
    [InlineData(Bench.Data0, Bench.Data0, Vector.GP, 0x10)]
    [InlineData(Bench.Code0 | 1, Bench.Data0, Vector.GP, 0x08)]
    [InlineData(Bench.AbsentCode, Bench.Data0, Vector.NP, 0x70)]
    [InlineData(Bench.Code3, 0, Vector.GP, 0)]
    [InlineData(Bench.Code3, Bench.Data0, Vector.GP, 0x10)]
    [InlineData(Bench.Code3, Bench.Data3 - 1, Vector.GP, 0x20)]
    [InlineData(Bench.Code3, Bench.Code3, Vector.GP, 0x18)]
    [InlineData(Bench.Code3, 0x203, Vector.GP, 0x200)]
    public void Iret_checks_what_it_loads(ushort cs, ushort ss, Vector vector, uint error)
    {
        _bench.Protected(0);
        Push(0x123, cs, 0x202, 0x6800, ss);
        Assert.False(InterruptReturn.Return(C, 4, 0));
        Assert.Equal((vector, error), _bench.Fault);
        Assert.Equal((0, 0x100UL, 0x6F00UL, 2UL), (C.Cpl, C.Rip, _bench.Esp, C.SystemFlags));
    }

    [Fact]
    public void Iret_at_level_3_keeps_iopl_and_the_interrupt_flag()
    {
        _bench.Protected(3);
        C.SystemFlags |= (ulong)RFlags.IF;
        Push(0x123, Bench.Code3, (uint)(RFlags.IOPL | RFlags.AC | RFlags.ID | RFlags.VM | RFlags.CF));
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.Equal((ulong)(RFlags.IF | RFlags.AC | RFlags.ID | RFlags.CF | RFlags.Fixed1), C.Rflags);
    }

    [Fact]
    public void Iret_beyond_the_code_limit_is_a_protection_fault()
    {
        _bench.Protected(0);
        Push(0x1_0000, Bench.Code16, 2);
        Assert.False(InterruptReturn.Return(C, 4, 0));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    [Fact]
    public void Iret_to_a_16_bit_stack_keeps_the_upper_half_of_the_pointer()
    {
        _bench.Protected(0);
        _bench.PutDescriptor(Bench.Data16, 0x1_0000, 0xFFFF, 0x00F2);
        C.Gpr(4) = 0x0001_6F00;
        _bench.Put(0x1_6F00, 0x123);
        _bench.Put(0x1_6F04, Bench.Code3);
        _bench.Put(0x1_6F08, 0x202);
        _bench.Put(0x1_6F0C, 0x2222_3333);
        _bench.Put(0x1_6F10, Bench.Data16 | 3);
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.Equal(0x0001_3333UL, _bench.Esp);
    }

    private uint[] Frame(int count)
    {
        uint[] frame = new uint[count];
        for (int i = 0; i < count; i++)
        {
            frame[i] = _bench.Get((long)_bench.Esp + (i * 4));
        }

        return frame;
    }

    private void Push(params uint[] frame)
    {
        C.Gpr(4) = 0x6F00;
        for (int i = 0; i < frame.Length; i++)
        {
            _bench.Put(0x6F00 + (i * 4), (int)frame[i]);
        }
    }
}
