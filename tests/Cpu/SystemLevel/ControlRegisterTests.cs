using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>Intel SDM vol. 2 MOV to control and debug registers; vol. 3A 2.5, 9.8.5.</summary>
public sealed class ControlRegisterTests : System.IDisposable
{
    private readonly Bench _bench = new();

    private InterpreterCore C => _bench.C;

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Protection_and_paging_go_on_and_off()
    {
        Assert.True(ControlRegisterMoves.Write(C, 0, Cr0.PE));
        Assert.True(C.IsProtected);
        Assert.Equal(Cr0.PE | Cr0.ET, C.S.Cr0);
        _bench.Put(0xB000, 0xC003);
        _bench.Put(0xC000, 0x5003);
        Assert.True(ControlRegisterMoves.Write(C, 3, 0xB000));
        Assert.True(ControlRegisterMoves.Write(C, 0, Cr0.PE | Cr0.PG));
        _bench.Put(0x5000, 0x1234);
        Assert.True(Words.TryRead(C, 0, 4, out ulong value));
        Assert.Equal(0x1234UL, value);
        Assert.True(ControlRegisterMoves.Write(C, 0, 0));
        Assert.False(C.IsProtected);
        Assert.True(Words.TryRead(C, 0, 4, out value));
        Assert.Equal(0UL, value);
    }

    // CR0, CR4 before; register and value; whether it is #GP(0).
    [Theory]
    [InlineData(0, Cr0.PG, true)]
    [InlineData(0, Cr0.NW, true)]
    [InlineData(0, Cr0.NW | Cr0.CD, false)]
    [InlineData(0, 1UL << 7, false)]
    [InlineData(4, 1UL << 14, true)]
    [InlineData(4, Cr4.PCIDE, true)]
    [InlineData(4, Cr4.PAE | Cr4.PGE | Cr4.OSFXSR, false)]
    [InlineData(2, 0xFFFF_FFFFUL, false)]
    public void Bad_combinations_are_refused(int number, ulong value, bool refused)
    {
        Assert.Equal(!refused, ControlRegisterMoves.Write(C, number, value));
        if (refused)
        {
            Assert.Equal((Vector.GP, 0u), _bench.Fault);
        }
    }

    [Fact]
    public void Long_mode_is_entered_by_paging_and_left_from_compatibility_code_only()
    {
        _bench.Long(0, Bench.Code0);
        C.S.Cr0 &= ~Cr0.PG;
        C.S.Efer = Efer.LME;
        SegmentRegisters.DeriveAll(C);
        C.S.Cr4 = 0;
        Refused(ControlRegisterMoves.Write(C, 0, Cr0.PE | Cr0.PG));
        C.S.Cr4 = Cr4.PAE;
        Assert.True(ControlRegisterMoves.Write(C, 0, Cr0.PE | Cr0.PG));
        Assert.True(C.IsLongMode);
        Refused(ControlRegisterMoves.Write(C, 4, 0));
        Assert.True(FarTransfers.Jump(C, Bench.Long0, 0x100, 0));
        Assert.True(C.Is64Bit);
        Refused(ControlRegisterMoves.Write(C, 0, Cr0.PE));
        Refused(ControlRegisterMoves.Write(C, 0, (1UL << 32) | Cr0.PE | Cr0.PG));
        Refused(ControlRegisterMoves.Write(C, 3, 1UL << 40));
        Assert.True(FarTransfers.Jump(C, Bench.Code0, 0x100, 0));
        Assert.True(ControlRegisterMoves.Write(C, 0, Cr0.PE));
        Assert.Equal(Efer.LME, C.S.Efer);
    }

    [Fact]
    public void Pae_pointers_are_checked_on_load()
    {
        _bench.Protected(0);
        C.S.Cr4 = Cr4.PAE;
        _bench.Put64(0xB000, 0xC003); // bit 1 is reserved
        C.S.Cr3 = 0xB000;
        Refused(ControlRegisterMoves.Write(C, 0, Cr0.PE | Cr0.PG));
        _bench.Put64(0xB000, 0xC001);
        Assert.True(ControlRegisterMoves.Write(C, 0, Cr0.PE | Cr0.PG));
        _bench.Put64(0xD018, 0x21);
        Refused(ControlRegisterMoves.Write(C, 3, 0xD000));
        Assert.Equal(0xB000UL, C.S.Cr3);
    }

    [Fact]
    public void Level_3_may_not()
    {
        _bench.Protected(3);
        Refused(ControlRegisterMoves.Read(C, 0, out _));
        Refused(ControlRegisterMoves.Write(C, 3, 0));
        Refused(ControlRegisterMoves.LoadMachineStatus(C, 1));
        Refused(ControlRegisterMoves.ClearTaskSwitched(C));
        Refused(ControlRegisterMoves.InvalidatePage(C, 0));
        Refused(DebugRegisterMoves.Read(C, 0, out _));
        Refused(TableRegisters.LoadGdt(C, 0x500, 4));
        Refused(TableRegisters.LoadLdt(C, 0));
        Refused(MsrInstructions.Read(C));
        Refused(Identification.Halt(C));
        Assert.True(ControlRegisterMoves.StoreMachineStatus(C, out ulong status));
        Assert.Equal(C.S.Cr0, status);
        Assert.True(TableRegisters.StoreTask(C, out ushort task));
        Assert.Equal(Bench.TssSelector, task);
        C.S.Cr4 |= Cr4.UMIP;
        Refused(ControlRegisterMoves.StoreMachineStatus(C, out _));
        Refused(TableRegisters.StoreTask(C, out _));
        Refused(TableRegisters.StoreIdt(C, 0x500));
    }

    [Fact]
    public void Lmsw_sets_protection_but_never_clears_it()
    {
        Assert.True(ControlRegisterMoves.LoadMachineStatus(C, 0xFFF1));
        Assert.True(C.IsProtected);
        Assert.True(ControlRegisterMoves.LoadMachineStatus(C, 0x0008));
        Assert.Equal(Cr0.PE | Cr0.TS | Cr0.ET, C.S.Cr0);
        Assert.True(ControlRegisterMoves.ClearTaskSwitched(C));
        Assert.Equal(Cr0.PE | Cr0.ET, C.S.Cr0);
    }

    [Fact]
    public void Registers_that_do_not_exist_are_invalid_opcodes()
    {
        Assert.False(ControlRegisterMoves.Read(C, 1, out _));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        _bench.Clear();
        Assert.False(ControlRegisterMoves.Write(C, 8, 0));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        using Bench old = new(CpuFeatures.Fpu | CpuFeatures.Cpuid);
        Assert.False(ControlRegisterMoves.Read(old.C, 4, out _));
        Assert.Equal((Vector.UD, 0u), old.Fault);
    }

    [Fact]
    public void Task_priority_is_the_boards()
    {
        _bench.Long(0, Bench.Long0);
        Assert.True(ControlRegisterMoves.Write(C, 8, 9));
        Assert.Equal(9, _bench.TaskPriority);
        Assert.True(ControlRegisterMoves.Read(C, 8, out ulong value));
        Assert.Equal(9UL, value);
        Refused(ControlRegisterMoves.Write(C, 8, 16));
    }

    [Fact]
    public void Debug_registers_keep_their_fixed_bits()
    {
        Assert.True(DebugRegisterMoves.Write(C, 6, 0));
        Assert.Equal(0xFFFF_0FF0UL, C.S.Dr[6]);
        Assert.True(DebugRegisterMoves.Write(C, 7, 0xFFFF_FFFF & ~(1UL << 13)));
        Assert.Equal(0xFFFF_07FFUL, C.S.Dr[7]);
        Assert.True(DebugRegisterMoves.Write(C, 5, 0));
        Assert.Equal(0x400UL, C.S.Dr[7]);
        C.S.Cr4 |= Cr4.DE;
        Assert.False(DebugRegisterMoves.Read(C, 4, out _));
        Assert.Equal((Vector.UD, 0u), _bench.Fault);
        _bench.Clear();
        Assert.True(DebugRegisterMoves.Write(C, 7, 1 << 13));
        Assert.False(DebugRegisterMoves.Write(C, 0, 1));
        Assert.Equal((Vector.DB, 0u), _bench.Fault);
        Assert.NotEqual(0UL, C.S.Dr[6] & (1 << 13));
        _bench.Put(4, 0);
        C.Gpr(4) = 0x100;
        FaultDelivery.DeliverFault(C);
        Assert.Equal(0x400UL, C.S.Dr[7]);
    }

    private void Refused(bool done)
    {
        Assert.False(done);
        Assert.Equal((Vector.GP, 0u), _bench.Fault);
        _bench.Clear();
    }
}
