using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 3A 7.3: task switches.</summary>
public sealed class TaskSwitchTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_call_nests_and_iret_comes_back()
    {
        Prepare();
        C.Gpr(3) = 0x3333;
        Assert.True(FarTransfers.Call(C, Bench.OtherTssSelector, 0, 4, 0x107));
        Assert.Equal((0x5000UL, 0x6800UL, 0xB0B0UL), (C.Rip, _bench.Esp, C.Gpr(3)));
        Assert.Equal((Bench.OtherTssSelector, Bench.Code0, Bench.Data0), (_bench.Selector(Seg.TR), _bench.Selector(Seg.CS), _bench.Selector(Seg.SS)));
        Assert.Equal((ulong)(RFlags.NT | RFlags.IF | RFlags.Fixed1), C.Rflags);
        Assert.NotEqual(0UL, C.S.Cr0 & Cr0.TS);
        Assert.Equal(Bench.TssSelector, _bench.Get16(Bench.OtherTss));
        Assert.Equal((0x107u, 0x3333u, 0x7000u), (_bench.Get(Bench.Tss + 32), _bench.Get(Bench.Tss + 52), _bench.Get(Bench.Tss + 56)));
        Assert.Equal((0x8B, 0x8B), (Rights(Bench.TssSelector), Rights(Bench.OtherTssSelector)));
        _bench.Put(Bench.Tss + 28, 0);
        Assert.True(InterruptReturn.Return(C, 4, 0x5002));
        Assert.Equal((0x107UL, 0x7000UL, 0x3333UL, Bench.TssSelector), (C.Rip, _bench.Esp, C.Gpr(3), _bench.Selector(Seg.TR)));
        Assert.Equal(0UL, C.SystemFlags & (ulong)RFlags.NT);
        Assert.Equal((0x8B, 0x89), (Rights(Bench.TssSelector), Rights(Bench.OtherTssSelector)));
        Assert.Equal(0u, _bench.Get(Bench.OtherTss + 36) & (uint)RFlags.NT);
    }

    [Fact]
    public void A_jump_does_not_nest()
    {
        Prepare();
        _bench.Put16(Bench.OtherTss + 100, 1);
        Assert.True(FarTransfers.Jump(C, Bench.OtherTssSelector, 0, 0x107));
        Assert.Equal((0x89, 0x8B), (Rights(Bench.TssSelector), Rights(Bench.OtherTssSelector)));
        Assert.Equal(0UL, C.SystemFlags & (ulong)RFlags.NT);
        Assert.Equal(1UL << 15, C.S.PendingDebug);
    }

    [Fact]
    public void A_task_gate_takes_an_error_code_to_the_new_stack()
    {
        Prepare();
        _bench.Gate((int)Vector.DF, SystemType.TaskGate, Bench.OtherTssSelector, 0);
        C.Raise(Vector.GP, 0x18);
        FaultDelivery.DeliverFault(C); // no gate for #GP: double fault
        Assert.Equal((0x5000UL, 0x67FCUL, 0u), (C.Rip, _bench.Esp, _bench.Get(0x67FC)));
        Assert.Equal(0x100u, _bench.Get(Bench.Tss + 32));
    }

    // What is wrong with the new task's descriptor: type and presence, limit; the fault in the old task.
    [Theory]
    [InlineData(0x8B, 0x67u, Vector.GP, 0x80)]
    [InlineData(0x09, 0x67u, Vector.NP, 0x80)]
    [InlineData(0x89, 0x66u, Vector.TS, 0x80)]
    public void A_bad_task_faults_before_anything_changes(int attributes, uint limit, Vector vector, uint error)
    {
        Prepare();
        _bench.PutDescriptor(Bench.OtherTssSelector, Bench.OtherTss, limit, attributes);
        Assert.False(FarTransfers.Call(C, Bench.OtherTssSelector, 0, 4, 0x107));
        Assert.Equal((vector, error), _bench.Fault);
        Assert.Equal((Bench.TssSelector, 0x100UL), (_bench.Selector(Seg.TR), C.Rip));
    }

    // Offset in the new TSS, selector there; the fault that its first instruction gets (Intel SDM vol. 3A table 7-1).
    [Theory]
    [InlineData(96, Bench.Data0, Vector.TS, 0x10)]
    [InlineData(96, 0x0C, Vector.TS, 0x0C)]
    [InlineData(76, Bench.Data0, Vector.TS, 0x10)]
    [InlineData(76, Bench.AbsentCode, Vector.NP, 0x70)]
    [InlineData(80, Bench.Data3, Vector.TS, 0x20)]
    [InlineData(80, Bench.AbsentStack, Vector.SS, 0x78)]
    [InlineData(84, 0x200, Vector.TS, 0x200)]
    [InlineData(84, Bench.Absent, Vector.NP, 0x38)]
    public void A_bad_segment_faults_in_the_new_task(int offset, ushort selector, Vector vector, uint error)
    {
        Prepare();
        _bench.Put(Bench.OtherTss + offset, selector);
        foreach (Vector handled in (Vector[])[Vector.TS, Vector.NP, Vector.SS])
        {
            _bench.Gate((int)handled, SystemType.TaskGate, Bench.Free, 0);
        }

        _bench.PutDescriptor(Bench.Free, 0x5800, 0x67, 0x89);
        FillTask(0x5800, 0x9000);
        Assert.True(FarTransfers.Call(C, Bench.OtherTssSelector, 0, 4, 0x107));
        Assert.Equal((0x9000UL, error), (C.Rip, _bench.Get((long)_bench.Esp)));
        Assert.Equal(Bench.OtherTssSelector, _bench.Get16(0x5800));
        Assert.Equal(0x5000u, _bench.Get(Bench.OtherTss + 32));
        Assert.Contains(C.History.Recent(), entry => entry.Vector == vector && entry.ErrorCode == error);
    }

    [Fact]
    public void A_task_may_be_virtual_8086()
    {
        Prepare();
        _bench.Put(Bench.OtherTss + 36, (int)(RFlags.VM | RFlags.IF));
        _bench.Put(Bench.OtherTss + 76, 0x1234);
        Assert.True(FarTransfers.Jump(C, Bench.OtherTssSelector, 0, 0x107));
        Assert.True(C.IsVirtual8086);
        Assert.Equal((3, 0x12340UL), (C.Cpl, C.S.Segment[Seg.CS].Base));
    }

    [Fact]
    public void A_16_bit_task_holds_words()
    {
        Prepare();
        _bench.PutDescriptor(Bench.OtherTssSelector, Bench.OtherTss, 0x2B, 0x81);
        int[] words = [0x5000, 0x202, 1, 2, 3, 4, 0x6800, 6, 7, 8, Bench.Data0, Bench.Code0, Bench.Data0, 0, 0];
        for (int i = 0; i < words.Length; i++)
        {
            _bench.Put16(Bench.OtherTss + 14 + (i * 2), words[i]);
        }

        C.Gpr(0) = 0xABCD_0000;
        Assert.True(FarTransfers.Call(C, Bench.OtherTssSelector, 0, 4, 0x107));
        Assert.Equal((0x5000UL, 0xABCD_0001UL, 0), (C.Rip, C.Gpr(0), _bench.Selector(Seg.DS)));
        Assert.Equal(0x83, Rights(Bench.OtherTssSelector));
        Assert.True(InterruptReturn.Return(C, 4, 0x5001));
        Assert.Equal((0x107UL, 0x5001), (C.Rip, _bench.Get16(Bench.OtherTss + 14)));
    }

    private int Rights(int selector) => _bench.Get8(Bench.Gdt + selector + 5);

    private void Prepare()
    {
        _bench.Protected(0);
        FillTask(Bench.OtherTss, 0x5000);
    }

    private void FillTask(int at, int ip)
    {
        _bench.Put(at + 32, ip);
        _bench.Put(at + 36, (int)RFlags.IF);
        _bench.Put(at + 40 + (3 * 4), 0xB0B0);
        _bench.Put(at + 40 + (4 * 4), 0x6800);
        int[] selectors = [Bench.Data0, Bench.Code0, Bench.Data0, Bench.Data0, 0, 0, Bench.LdtSelector];
        for (int i = 0; i < selectors.Length; i++)
        {
            _bench.Put(at + 72 + (i * 4), selectors[i]);
        }
    }
}
