using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

public sealed class AlignmentAndTrapTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void User_code_that_asks_for_alignment_checks_gets_them(int offset, bool faults)
    {
        using Program32 program = new(a =>
        {
            a.mov(eax, __dword_ptr[Program32.Data + (uint)offset]);
            a.ud2();
        });
        program.Ram.Write(0x1018, [0xFF, 0xFF, 0, 0, 0, 0xFB, 0xCF, 0, 0xFF, 0xFF, 0, 0, 0, 0xF3, 0xCF, 0]);
        program.Ram.Write(0x1028, [0x67, 0, 0, 0x60, 0, 0x8B, 0, 0]); // TSS at 0x6000
        program.Write32(0x6004, 0x8_0000);
        program.Write32(0x6008, 0x10);
        program.Change(r =>
        {
            r.Cr0 |= Cr0.AM;
            r.Rflags |= (ulong)RFlags.AC;
            r.Gdtr.Limit = 0x2F;
            for (int i = 0; i < 6; i++)
            {
                r.Segment[i] = new SegmentState { Selector = 0x23, Limit = uint.MaxValue, Attributes = 0xC0F3 };
            }

            r.Segment[1] = new SegmentState { Selector = 0x1B, Limit = uint.MaxValue, Attributes = 0xC0FB };
            r.Segment[7] = new SegmentState { Selector = 0x28, Base = 0x6000, Limit = 0x67, Attributes = 0x8B };
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Vector expected = faults ? Vector.AC : Vector.UD;
        Assert.Equal(Program32.Handlers + ((uint)expected * 16) + 1UL, program.State.Rip);
    }

    [Fact]
    public void A_software_interrupt_does_not_swallow_a_later_single_step()
    {
        using Program32 program = new(a =>
        {
            a.@int(0x50);
            a.inc(ebx);
            a.hlt();
        });
        program.Put(Program32.Handlers + (0x50 * 16), a =>
        {
            a.or(__dword_ptr[esp + 8], (int)RFlags.TF);
            a.iretd();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + 16 + 1UL, program.State.Rip);
        Assert.Equal(1UL, program.State.Gpr[3]);
        Assert.Equal(Program32.Code + 3, program.Read32(0x8_0000 - 12));
    }

    [Fact]
    public void A_halt_under_the_trap_flag_is_left_by_the_trap()
    {
        using Program32 program = new(a =>
        {
            a.hlt();
            a.nop();
        });
        program.Change(r =>
        {
            r.Rflags |= (ulong)RFlags.TF;
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + 16 + 1UL, program.State.Rip);
    }

    [Fact]
    public void A_kick_is_not_lost_by_a_state_that_is_stored()
    {
        using Program32 program = new(a => a.jmp(Program32.Code));
        program.Vcpu.Kick();
        program.Change(r => r);
        Assert.Equal(StopReason.Kick, program.Run());
    }

    [Fact]
    public void The_trap_flag_stops_behind_each_iteration_of_a_repeated_instruction()
    {
        using Program32 program = new(a =>
        {
            a.rep.stosb();
            a.hlt();
        });
        program.Change(r =>
        {
            r.Rflags |= (ulong)RFlags.TF;
            r.Gpr[1] = 10;
            r.Gpr[7] = Program32.Data;
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + 16 + 1UL, program.State.Rip);
        Assert.Equal(9UL, program.State.Gpr[1]);
        Assert.Equal(Program32.Code, program.Read32(0x8_0000 - 12)); // returns to the instruction itself
    }
}
