using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 2 JMP, CALL, RET; vol. 3A 5.8: far transfers of protected and long mode.</summary>
public sealed class FarTransferTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    // CPL, selector, offset; vector (-1: done) and error code.
    [Theory]
    [InlineData(0, Bench.Code0, 0x1000u, -1, 0)]
    [InlineData(3, Bench.Code3, 0x1000u, -1, 0)]
    [InlineData(3, Bench.Conforming, 0x1000u, -1, 0)]
    [InlineData(0, 0, 0u, (int)Vector.GP, 0)]
    [InlineData(0, 0x204, 0u, (int)Vector.GP, 0x204)]
    [InlineData(0, Bench.Code3, 0u, (int)Vector.GP, 0x18)]
    [InlineData(3, Bench.Code0, 0u, (int)Vector.GP, 0x08)]
    [InlineData(0, Bench.Code0 | 3, 0u, (int)Vector.GP, 0x08)]
    [InlineData(0, Bench.Data0, 0u, (int)Vector.GP, 0x10)]
    [InlineData(0, Bench.AbsentCode, 0u, (int)Vector.NP, 0x70)]
    [InlineData(0, Bench.Code16, 0x1_0000u, (int)Vector.GP, 0)]
    [InlineData(0, Bench.LdtSelector, 0u, (int)Vector.GP, 0x60)]
    [InlineData(0, Bench.TssSelector, 0u, (int)Vector.GP, 0x28)]
    public void Jumps_and_calls_check_the_code_segment(int cpl, ushort selector, uint offset, int vector, uint error)
    {
        foreach (bool call in (bool[])[false, true])
        {
            _bench.Protected(cpl);
            _bench.Clear();
            bool done = call ? FarTransfers.Call(C, selector, offset, 4, 0x105) : FarTransfers.Jump(C, selector, offset, 0x105);
            Assert.Equal(vector < 0, done);
            if (!done)
            {
                Assert.Equal(((Vector)vector, error), _bench.Fault);
                Assert.Equal((0x100UL, 0x7000UL), (C.Rip, _bench.Esp));
                continue;
            }

            Assert.Equal(((ulong)offset, (selector & 0xFFFC) | cpl, cpl), (C.Rip, _bench.Selector(Seg.CS), C.Cpl));
            Assert.Equal(call ? 0x6FF8UL : 0x7000UL, _bench.Esp);
        }

        if (vector < 0)
        {
            Assert.Equal(0x105u, _bench.Get(0x6FF8));
            Assert.True(FarReturns.Return(C, 4, 8));
            Assert.Equal((0x105UL, 0x7008UL), (C.Rip, _bench.Esp));
        }
    }

    [Fact]
    public void A_call_gate_copies_parameters_to_the_inner_stack_and_returns_over_them()
    {
        _bench.Protected(3);
        _bench.PutGate(Bench.Gdt + Bench.Free, SystemType.CallGate, Bench.Code0, 0xC000_5000, dpl: 3, present: true, count: 2);
        _bench.Put(0x7000, 0x1111);
        _bench.Put(0x7004, 0x2222);
        Assert.True(FarTransfers.Call(C, Bench.Free | 3, 0xBAD, 4, 0x107));
        Assert.Equal((0, 0xC000_5000UL, 0x6000UL - 24), (C.Cpl, C.Rip, _bench.Esp));
        uint[] expected = [0x107, Bench.Code3, 0x1111, 0x2222, 0x7000, Bench.Data3];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], _bench.Get((long)_bench.Esp + (i * 4)));
        }

        Assert.True(SegmentLoads.Load(C, Seg.DS, Bench.Data0));
        Assert.True(FarReturns.Return(C, 4, 8));
        Assert.Equal((3, 0x107UL, 0x7008UL, 0), (C.Cpl, C.Rip, _bench.Esp, _bench.Selector(Seg.DS)));
    }

    // Gate DPL, present, target, jump; the fault (Intel SDM vol. 3A 5.8.4).
    [Theory]
    [InlineData(0, true, Bench.Code0, false, Vector.GP, 0x90)]
    [InlineData(3, false, Bench.Code0, false, Vector.NP, 0x90)]
    [InlineData(3, true, 0, false, Vector.GP, 0)]
    [InlineData(3, true, Bench.Data0, false, Vector.GP, 0x10)]
    [InlineData(3, true, Bench.Code0, true, Vector.GP, 0x08)]
    [InlineData(3, true, Bench.AbsentCode, false, Vector.NP, 0x70)]
    public void A_call_gate_is_checked(int dpl, bool present, ushort target, bool jump, Vector vector, uint error)
    {
        _bench.Protected(3);
        _bench.PutGate(Bench.Gdt + Bench.Free, SystemType.CallGate, target, 0x5000, dpl, present);
        Assert.False(jump ? FarTransfers.Jump(C, Bench.Free | 3, 0, 0x107) : FarTransfers.Call(C, Bench.Free | 3, 0, 4, 0x107));
        Assert.Equal((vector, error), _bench.Fault);
        Assert.Equal((3, 0x7000UL), (C.Cpl, _bench.Esp));
    }

    [Fact]
    public void A_64_bit_call_gate_switches_to_64_bit_code()
    {
        _bench.Long(3, Bench.Code3);
        _bench.PutGate(Bench.Gdt + Bench.Free, SystemType.CallGate, Bench.Long0, 0x1234_5000, dpl: 3);
        _bench.Put64(Bench.Gdt + Bench.Free + 8, 0x0000_7FFF);
        Assert.True(FarTransfers.Call(C, Bench.Free | 3, 0, 4, 0x107));
        Assert.Equal((0, 0x7FFF_1234_5000UL, 0x6000UL - 32, 0), (C.Cpl, C.Rip, _bench.Esp, _bench.Selector(Seg.SS)));
        Assert.True(C.Is64Bit);
        Assert.Equal((0x107UL, (ulong)Bench.Code3, 0x7000UL, (ulong)Bench.Data3), (_bench.Get64(0x5FE0), _bench.Get64(0x5FE8), _bench.Get64(0x5FF0), _bench.Get64(0x5FF8)));
        Assert.True(FarReturns.Return(C, 8, 0));
        Assert.Equal((3, 0x107UL, 0x7000UL), (C.Cpl, C.Rip, _bench.Esp));
        Assert.False(C.Is64Bit);
        _bench.Put64(Bench.Gdt + Bench.Free + 8, 0x0000_0100_0000_0000); // type field of the second half
        Assert.False(FarTransfers.Call(C, Bench.Free | 3, 0, 4, 0x107));
        Assert.Equal((Vector.GP, 0x90u), _bench.Fault);
    }

    [Fact]
    public void Long_mode_knows_no_tasks_and_no_code_that_is_long_and_big()
    {
        _bench.Long(0, Bench.Long0);
        Assert.False(FarTransfers.Jump(C, Bench.OtherTssSelector, 0, 0));
        Assert.Equal((Vector.GP, 0x80u), _bench.Fault);
        _bench.PutDescriptor(Bench.Free, 0, 0xF_FFFF, 0xE09B);
        Assert.False(FarTransfers.Jump(C, Bench.Free, 0, 0));
        Assert.Equal((Vector.GP, 0x90u), _bench.Fault);
        Assert.True(FarTransfers.Jump(C, Bench.Code0, 0x1000, 0));
        Assert.False(C.Is64Bit);
    }

    [Fact]
    public void A_return_may_not_go_inward()
    {
        _bench.Protected(3);
        _bench.Put(0x7000, 0x100);
        _bench.Put(0x7004, Bench.Code0);
        Assert.False(FarReturns.Return(C, 4, 0));
        Assert.Equal((Vector.GP, 0x08u), _bench.Fault);
    }
}
