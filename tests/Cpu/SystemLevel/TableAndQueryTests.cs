using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 2: LGDT to STR, LAR, LSL, VERR, VERW, ARPL; vol. 1 19.5: port rights.</summary>
public sealed class TableAndQueryTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Tables_are_loaded_and_stored_in_each_size()
    {
        _bench.Put64(0x500, 0x1234_5678_9ABC_0123);
        _bench.Put16(0x508, 0);
        Assert.True(TableRegisters.LoadGdt(C, 0x500, 2));
        Assert.Equal((0x0078_9ABCUL, (ushort)0x123), (C.S.Gdtr.Base, C.S.Gdtr.Limit));
        Assert.True(TableRegisters.LoadIdt(C, 0x500, 4));
        Assert.Equal(0x5678_9ABCUL, C.S.Idtr.Base);
        Assert.True(TableRegisters.StoreIdt(C, 0x600));
        Assert.Equal((0x123, 0x5678_9ABCu, 0), (_bench.Get16(0x600), _bench.Get(0x602), _bench.Get16(0x606)));
        _bench.Long(0, Bench.Long0);
        Assert.True(TableRegisters.StoreGdt(C, 0x600));
        Assert.Equal((ulong)Bench.Gdt, _bench.Get64(0x602));
        Assert.True(TableRegisters.LoadIdt(C, 0x500, 8));
        Assert.Equal(0x1234_5678_9ABCUL, C.S.Idtr.Base);
        _bench.Put16(0x508, 0x8000);
        Assert.False(TableRegisters.LoadIdt(C, 0x500, 8));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
    }

    // Selector for LTR; the fault (-1: none).
    [Theory]
    [InlineData(Bench.OtherTssSelector, -1, 0)]
    [InlineData(Bench.TssSelector, (int)Vector.GP, 0x28)]
    [InlineData(0, (int)Vector.GP, 0)]
    [InlineData(0x84, (int)Vector.GP, 0x84)]
    [InlineData(Bench.Data0, (int)Vector.GP, 0x10)]
    [InlineData(0x200, (int)Vector.GP, 0x200)]
    public void Ltr_takes_an_available_task(int selector, int vector, uint error)
    {
        _bench.Protected(0);
        Assert.Equal(vector < 0, TableRegisters.LoadTask(C, (ushort)selector));
        if (vector >= 0)
        {
            Assert.Equal(((Vector)vector, error), _bench.Fault);
            return;
        }

        Assert.Equal(0x8B, _bench.Get8(Bench.Gdt + selector + 5));
        Assert.Equal((0x8B, (ulong)Bench.OtherTss), (C.S.Segment[Seg.TR].Attributes, C.S.Segment[Seg.TR].Base));
    }

    [Fact]
    public void Lldt_takes_a_local_table_or_null()
    {
        _bench.Protected(0);
        Assert.True(TableRegisters.LoadLdt(C, 0));
        Assert.True(TableRegisters.LoadLdt(C, Bench.LdtSelector));
        Assert.Equal((ulong)Bench.Ldt, C.S.Segment[Seg.LDTR].Base);
        Assert.False(TableRegisters.LoadLdt(C, Bench.Data0));
        Assert.Equal((Vector.GP, 0x10u), _bench.Fault);
        _bench.Clear();
        _bench.PutDescriptor(Bench.LdtSelector, 0, 0xFF, 0x02);
        Assert.False(TableRegisters.LoadLdt(C, Bench.LdtSelector));
        Assert.Equal((Vector.NP, 0x60u), _bench.Fault);
        _bench.RealMode();
        _bench.Clear();
        Assert.False(TableRegisters.LoadLdt(C, 0));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
    }

    [Fact]
    public void Long_mode_system_segments_have_64_bit_bases()
    {
        _bench.Long(0, Bench.Long0);
        _bench.Put64(Bench.Gdt + Bench.OtherTssSelector + 8, 0xFFFF_8000);
        Assert.True(TableRegisters.LoadTask(C, Bench.OtherTssSelector));
        Assert.Equal(0xFFFF_8000_0000_3800UL, C.S.Segment[Seg.TR].Base);
        _bench.PutDescriptor(Bench.OtherTssSelector, Bench.OtherTss, 0x67, 0x89);
        _bench.Put64(Bench.Gdt + Bench.OtherTssSelector + 8, 0x8000);
        Assert.False(TableRegisters.LoadTask(C, Bench.OtherTssSelector));
        Assert.Equal((Vector.GP, 0x80u), _bench.Fault);
    }

    // CPL, selector: whether LAR, LSL, VERR, VERW find it.
    [Theory]
    [InlineData(0, Bench.Data0, true, true, true, true)]
    [InlineData(3, Bench.Data0, false, false, false, false)]
    [InlineData(0, Bench.Data0 | 3, false, false, false, false)]
    [InlineData(3, Bench.Conforming, true, true, true, false)]
    [InlineData(0, Bench.ReadOnly, true, true, true, false)]
    [InlineData(0, Bench.TssSelector, true, true, false, false)]
    [InlineData(0, Bench.LdtSelector, true, true, false, false)]
    [InlineData(0, Bench.Free, true, false, false, false)]
    [InlineData(0, 0, false, false, false, false)]
    [InlineData(0, 0x200, false, false, false, false)]
    public void Queries_answer_in_the_zero_flag(int cpl, int selector, bool rights, bool limit, bool read, bool write)
    {
        _bench.Protected(cpl);
        _bench.PutGate(Bench.Gdt + Bench.Free, SystemType.CallGate, 8, 0);
        Assert.True(DescriptorQueries.AccessRights(C, (ushort)selector, out bool found, out uint value));
        Assert.Equal((rights, rights), (found, C.Flags.Zero));
        Assert.True(DescriptorQueries.SegmentLimit(C, (ushort)selector, out found, out uint end));
        Assert.Equal((limit, limit), (found, C.Flags.Zero));
        Assert.True(DescriptorQueries.Verify(C, (ushort)selector, write: false));
        Assert.Equal(read, C.Flags.Zero);
        Assert.True(DescriptorQueries.Verify(C, (ushort)selector, write: true));
        Assert.Equal(write, C.Flags.Zero);
        if (selector == Bench.Data0 && rights)
        {
            Assert.Equal((0x00CF_9300u, 0xFFFF_FFFFu), (value, end));
        }
    }

    [Fact]
    public void Arpl_raises_the_requested_level()
    {
        _bench.Protected(0);
        Assert.True(DescriptorQueries.AdjustRpl(C, 0x10, 3, out bool changed, out ushort value));
        Assert.Equal((true, (ushort)0x13), (changed, value));
        Assert.True(DescriptorQueries.AdjustRpl(C, 0x13, 1, out changed, out value));
        Assert.Equal((false, (ushort)0x13), (changed, value));
        _bench.RealMode();
        Assert.False(DescriptorQueries.AdjustRpl(C, 0, 0, out _, out _));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
    }

    [Fact]
    public void Ports_need_privilege_or_a_clear_bit()
    {
        Assert.True(IoPermission.Check(C, 0x3F8, 1));
        _bench.Protected(3);
        _bench.Put16(Bench.Tss + 102, 0x88);
        _bench.Put8(Bench.Tss + 0x88 + 0x7F, 0x01);
        Assert.False(IoPermission.Check(C, 0x3F8, 1));
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        _bench.Clear();
        Assert.True(IoPermission.Check(C, 0x3F9, 4));
        Assert.False(IoPermission.Check(C, 0x3F6, 4)); // reaches over the byte's end
        Assert.False(IoPermission.Check(C, 0xFFFF, 1)); // outside the segment
        C.SystemFlags |= 3 << 12;
        Assert.True(IoPermission.Check(C, 0x3F8, 1));
        _bench.Virtual8086(iopl: 3);
        Assert.False(IoPermission.Check(C, 0x3F8, 1)); // IOPL does not count here
    }
}
