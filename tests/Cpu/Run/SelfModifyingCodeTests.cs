using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

public sealed class SelfModifyingCodeTests
{
    [Fact]
    public void A_store_into_the_very_next_instruction_takes_effect()
    {
        using Program32 program = new(a =>
        {
            // mov byte [next + 1], 7; next: mov al, 1; hlt
            a.mov(__byte_ptr[Program32.Code + 8], 7);
            a.mov(al, 1);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(7u, (uint)program.State.Gpr[0] & 0xFF);
    }

    [Fact]
    public void A_loop_that_rewrites_itself_each_time_round_runs_what_it_wrote()
    {
        using Program32 program = new(a =>
        {
            Label loop = a.CreateLabel();
            a.xor(ebx, ebx);
            a.mov(ecx, 100);
            a.Label(ref loop);
            a.mov(__byte_ptr[Program32.Code + 15], cl); // the immediate of the next instruction
            a.mov(al, 0);
            a.movzx(eax, al);
            a.add(ebx, eax);
            a.dec(ecx);
            a.jne(loop);
            a.hlt();
        });
        program.Ram.Read(Program32.Code, 32);
        Assert.Equal(0xB0, program.Ram.Read(Program32.Code + 13, 1)[0]);
        program.Put(Program32.Code + 7, a => a.mov(__byte_ptr[Program32.Code + 14], cl));
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(5050UL, program.State.Gpr[3]);
    }

    [Fact]
    public void Code_written_by_a_device_is_run_anew()
    {
        using Program32 program = new(a =>
        {
            a.mov(al, 1);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(1UL, program.State.Gpr[0] & 0xFF);
        program.Ram.Write(Program32.Code + 1, [9]);
        program.Change(r =>
        {
            r.Rip = Program32.Code;
            r.Activity = VcpuActivity.Running;
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(9UL, program.State.Gpr[0] & 0xFF);
    }

    [Fact]
    public void A_repeated_store_over_its_own_page_changes_the_code_behind_it()
    {
        using Program32 program = new(a =>
        {
            a.mov(edi, (int)Program32.Code + 0x40);
            a.mov(ecx, 16);
            a.mov(al, 0x40); // inc eax
            a.rep.stosb();
            a.xor(eax, eax);
            a.jmp(Program32.Code + 0x40);
        });
        program.Put(Program32.Code + 0x40, a =>
        {
            for (int i = 0; i < 16; i++)
            {
                a.nop();
            }

            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(16UL, program.State.Gpr[0]);
    }

    [Fact]
    public void Data_beside_code_in_one_page_may_be_written_without_harm()
    {
        using Program32 program = new(a =>
        {
            Label loop = a.CreateLabel();
            a.mov(ecx, 1000);
            a.Label(ref loop);
            a.add(__dword_ptr[Program32.Code + 0x800], 3);
            a.dec(ecx);
            a.jne(loop);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(3000u, program.Read32(Program32.Code + 0x800));
    }
}
