using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 3B 20.2 and 20.3: virtual-8086 mode, in and out, with and without its extensions.</summary>
public sealed class Virtual8086Tests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void An_interrupt_leaves_to_level_0_with_all_segments_saved_and_returns()
    {
        _bench.Virtual8086(iopl: 3);
        _bench.Gate(0x21, SystemType.InterruptGate, Bench.Code0, 0x5000, dpl: 3);
        SegmentRegisters.SetRealMode(C, Seg.FS, 0x4321);
        ulong flags = C.Rflags;
        Assert.True(SoftwareInterrupts.Interrupt(C, 0x21, 0x102));
        Assert.Equal((0, 0x6000UL - 36, 0x5000UL), (C.Cpl, _bench.Esp, C.Rip));
        Assert.False(C.IsVirtual8086);
        uint[] expected = [0x102, 0x1000, (uint)flags, 0xF00, 0x200, 0x1000, 0x1000, 0x4321, 0x1000];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], _bench.Get((long)_bench.Esp + (i * 4)));
        }

        Assert.Equal((0, 0, 0, 0), (_bench.Selector(Seg.DS), _bench.Selector(Seg.ES), _bench.Selector(Seg.FS), _bench.Selector(Seg.GS)));
        Assert.True(InterruptReturn.Return(C, 4, 0));
        Assert.True(C.IsVirtual8086);
        Assert.Equal((3, 0xF00UL, 0x102UL, flags), (C.Cpl, _bench.Esp, C.Rip, C.Rflags));
        Assert.Equal((0x10000UL, 0x43210UL, 0x2000UL), (C.S.Segment[Seg.CS].Base, C.S.Segment[Seg.FS].Base, C.S.Segment[Seg.SS].Base));
        Assert.Equal(CpuMode.Virtual8086, C.Mode);
    }

    [Theory]
    [InlineData(Bench.Conforming)]
    [InlineData(Bench.Code3)]
    public void A_gate_must_lead_to_level_0(ushort code)
    {
        _bench.Virtual8086(iopl: 3);
        _bench.Gate(0x21, SystemType.InterruptGate, code, 0x5000, dpl: 3);
        Assert.False(SoftwareInterrupts.Interrupt(C, 0x21, 0x102));
        Assert.Equal((Vector.GP, (uint)code & 0xFFFC), _bench.Fault);
    }

    [Fact]
    public void Below_iopl_3_sensitive_instructions_fault()
    {
        _bench.Virtual8086(iopl: 2);
        _bench.Gate(0x21, SystemType.InterruptGate, Bench.Code0, 0x5000, dpl: 3);
        _bench.Gate(3, SystemType.InterruptGate, Bench.Code0, 0x5000, dpl: 3);
        Refused(SoftwareInterrupts.Interrupt(C, 0x21, 0x102));
        Refused(InterruptReturn.Return(C, 2, 0));
        Refused(FlagInstructions.TryPushImage(C, 2, out _));
        Refused(FlagInstructions.PopFlags(C, 2, 0));
        Refused(FlagInstructions.ClearInterrupts(C));
        Refused(FlagInstructions.SetInterrupts(C));
        Assert.True(SoftwareInterrupts.Breakpoint(C, 0x101)); // not sensitive
    }

    [Fact]
    public void With_extensions_the_interrupt_flag_is_virtual()
    {
        _bench.Virtual8086(iopl: 0);
        C.S.Cr4 |= Cr4.VME;
        Assert.True(FlagInstructions.SetInterrupts(C));
        Assert.NotEqual(0UL, C.SystemFlags & (ulong)RFlags.VIF);
        Assert.True(FlagInstructions.TryPushImage(C, 2, out ulong image));
        Assert.Equal((ulong)(RFlags.IF | RFlags.IOPL | RFlags.Fixed1), image & 0xFFFF);
        Assert.True(FlagInstructions.ClearInterrupts(C));
        Assert.Equal((ulong)RFlags.IF, C.SystemFlags & (ulong)(RFlags.VIF | RFlags.IF));
        Assert.True(FlagInstructions.PopFlags(C, 2, (ulong)(RFlags.IF | RFlags.CF)));
        Assert.Equal((ulong)(RFlags.VIF | RFlags.IF | RFlags.VM | RFlags.CF | RFlags.Fixed1), C.Rflags);
        Refused(FlagInstructions.TryPushImage(C, 4, out _));
        Refused(FlagInstructions.PopFlags(C, 2, (ulong)RFlags.TF));
        C.SystemFlags |= (ulong)RFlags.VIP;
        Refused(FlagInstructions.PopFlags(C, 2, (ulong)RFlags.IF));
        Refused(FlagInstructions.SetInterrupts(C));
        Assert.True(FlagInstructions.PopFlags(C, 2, 0));
    }

    [Fact]
    public void The_redirection_bitmap_sends_interrupts_to_the_program()
    {
        _bench.Virtual8086(iopl: 0);
        C.S.Cr4 |= Cr4.VME;
        _bench.Put16(Bench.Tss + 102, 0x88 + 32);
        _bench.Put8(Bench.Tss + 0x88 + (0x21 / 8), 0xFD); // 0x21 redirected
        _bench.Put(0x21 * 4, 0x1800_0040);
        C.SystemFlags |= (ulong)RFlags.VIF;
        Assert.True(SoftwareInterrupts.Interrupt(C, 0x21, 0x102));
        Assert.True(C.IsVirtual8086);
        Assert.Equal((0x18000UL, 0x40UL, 0xEFAUL), (C.S.Segment[Seg.CS].Base, C.Rip, _bench.Esp));
        Assert.Equal((int)(RFlags.IF | RFlags.IOPL | RFlags.Fixed1), _bench.Get16(0x2EFE));
        Assert.Equal((ulong)RFlags.IF, C.SystemFlags & (ulong)(RFlags.VIF | RFlags.IF));
        Assert.True(InterruptReturn.Return(C, 2, 0));
        Assert.Equal((ulong)(RFlags.IF | RFlags.VIF), C.SystemFlags & (ulong)(RFlags.VIF | RFlags.IF | RFlags.IOPL));
        Assert.Equal((0x10000UL, 0x102UL, 0xF00UL), (C.S.Segment[Seg.CS].Base, C.Rip, _bench.Esp));
        Refused(SoftwareInterrupts.Interrupt(C, 0x20, 0x102)); // bit set
    }

    [Fact]
    public void Protected_mode_virtual_interrupts_serve_level_3()
    {
        _bench.Protected(3);
        Refused(FlagInstructions.SetInterrupts(C));
        C.S.Cr4 |= Cr4.PVI;
        Assert.True(FlagInstructions.SetInterrupts(C));
        Assert.Equal((ulong)RFlags.VIF, C.SystemFlags & (ulong)(RFlags.VIF | RFlags.IF));
        Assert.True(FlagInstructions.ClearInterrupts(C));
        Assert.Equal(0UL, C.SystemFlags & (ulong)(RFlags.VIF | RFlags.IF));
    }

    [Fact]
    public void Sti_holds_interrupts_off_for_one_instruction()
    {
        Assert.True(FlagInstructions.SetInterrupts(C));
        Assert.Equal(1u, C.S.InterruptShadow);
        C.S.InterruptShadow = 0;
        Assert.True(FlagInstructions.SetInterrupts(C));
        Assert.Equal(0u, C.S.InterruptShadow);
    }

    // CPL, IOPL: which of IF and IOPL POPF changes (Intel SDM vol. 2 POPF).
    [Theory]
    [InlineData(0, 0, RFlags.IF | RFlags.IOPL)]
    [InlineData(3, 3, RFlags.IF | RFlags.IOPL)]
    [InlineData(3, 0, RFlags.None)]
    public void Popf_follows_privilege(int cpl, int iopl, RFlags expected)
    {
        _bench.Protected(cpl);
        C.SystemFlags |= (ulong)iopl << 12;
        Assert.True(FlagInstructions.PopFlags(C, 4, uint.MaxValue));
        Assert.Equal(expected, (RFlags)C.SystemFlags & (RFlags.IF | RFlags.IOPL));
        Assert.Equal(0UL, C.SystemFlags & (ulong)(RFlags.VM | RFlags.RF | RFlags.VIF | RFlags.VIP));
        Assert.NotEqual(0UL, C.SystemFlags & (ulong)RFlags.AC);
    }

    private void Refused(bool done)
    {
        Assert.False(done);
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        _bench.Clear();
    }
}
