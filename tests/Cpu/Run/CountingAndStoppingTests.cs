using System;
using Doppel.X86.Registers;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

public sealed class CountingAndStoppingTests
{
    [Fact]
    public void Run_stops_exactly_at_its_budget_wherever_that_falls_in_a_block()
    {
        for (ulong budget = 1; budget < 40; budget++)
        {
            using Program32 program = new(a =>
            {
                Label loop = a.CreateLabel();
                a.Label(ref loop);
                a.inc(eax);
                a.inc(eax);
                a.inc(eax);
                a.jmp(loop);
            });
            ulong before = program.Vcpu.RetiredInstructions;
            Assert.Equal(StopReason.Budget, program.Run(budget));
            Assert.Equal(budget, program.Vcpu.RetiredInstructions - before);
            Assert.Equal(((budget / 4) * 3) + Math.Min(budget % 4, 3), program.State.Gpr[0]);
        }
    }

    [Fact]
    public void Each_iteration_of_a_repeated_instruction_counts_once_and_can_be_stopped_at()
    {
        using Program32 program = new(a =>
        {
            a.mov(edi, (int)Program32.Data);
            a.mov(ecx, 1000);
            a.mov(al, 0x77);
            a.rep.stosb();
            a.hlt();
        });
        Assert.Equal(StopReason.Budget, program.Run(3 + 400));
        Assert.Equal(600UL, program.State.Gpr[1]);
        Assert.Equal(Program32.Data + 400UL, program.State.Gpr[7]);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(3UL + 1000 + 1, program.Vcpu.RetiredInstructions);
    }

    [Fact]
    public void Port_accesses_see_the_exact_count()
    {
        using Program32 program = new(a =>
        {
            a.nop();
            a.nop();
            a.@out(0x80, al);
            a.nop();
            a.@in(al, 0x60);
            a.hlt();
        });
        program.Run();
        Assert.Equal([2UL, 4UL], program.CountsAtPorts);
    }

    [Fact]
    public void A_stop_asked_for_by_a_device_happens_right_behind_the_instruction()
    {
        using Program32 program = new(a =>
        {
            a.@out(0x80, al);
            a.inc(ebx);
            a.hlt();
        });
        program.PortWritten = (_, _) => program.Vcpu.RequestStop();
        Assert.Equal(StopReason.Kick, program.Run());
        Assert.Equal(0UL, program.State.Gpr[3]);
        Assert.Equal(1UL, program.Vcpu.RetiredInstructions);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(1UL, program.State.Gpr[3]);
    }

    [Fact]
    public void An_interrupt_raised_by_a_port_write_comes_before_the_next_instruction()
    {
        using Program32 program = new(a =>
        {
            a.sti();
            a.nop();
            a.@out(0x80, al);
            a.inc(ebx);
            a.hlt();
        });
        program.PortWritten = (_, _) =>
        {
            program.WaitingVector = 0x40;
            program.Vcpu.SetInterruptRequest(true);
        };
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + (0x40 * 16) + 1UL, program.State.Rip);
        Assert.Equal(0UL, program.State.Gpr[3]);
        Assert.Equal(Program32.Code + 4, program.Read32(0x8_0000 - 12)); // return address: behind OUT
    }

    [Fact]
    public void Sti_holds_interrupts_off_for_one_instruction()
    {
        using Program32 program = new(a =>
        {
            a.sti();
            a.inc(ebx);
            a.inc(ebx);
            a.hlt();
        });
        program.WaitingVector = 0x41;
        program.Vcpu.SetInterruptRequest(true);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(1UL, program.State.Gpr[3]);
        Assert.Equal(Program32.Handlers + (0x41 * 16) + 1UL, program.State.Rip);
    }

    [Fact]
    public void A_halted_processor_wakes_by_an_interrupt()
    {
        using Program32 program = new(a =>
        {
            a.sti();
            a.hlt();
            a.nop();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(StopReason.Halt, program.Run());
        program.WaitingVector = 0x42;
        program.Vcpu.SetInterruptRequest(true);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + (0x42 * 16) + 1UL, program.State.Rip);
    }

    [Fact]
    public void A_slice_that_ends_at_HLT_does_not_put_a_processor_to_sleep_that_has_an_interrupt_waiting()
    {
        using Program32 program = new(a =>
        {
            a.sti();
            a.hlt();
        });
        program.WaitingVector = 0x42;
        program.Vcpu.SetInterruptRequest(true);
        Assert.Equal(StopReason.Budget, program.Run(2));
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Program32.Handlers + (0x42 * 16) + 1UL, program.State.Rip);
        Assert.Equal(StopReason.Halt, program.Run());
    }

    [Fact]
    public void A_guest_whose_handlers_fault_for_ever_spends_its_budget()
    {
        using Program32 program = new(a => a.ud2());
        program.Put(Program32.Handlers + (6 * 16), a => a.ud2());
        Assert.Equal(StopReason.Budget, program.Run(1000));
        Assert.Equal(1000UL, program.Vcpu.RetiredInstructions);
    }

    [Fact]
    public void A_fault_that_cannot_be_delivered_shuts_the_processor_down()
    {
        using Program32 program = new(a => a.ud2());
        program.Change(r =>
        {
            r.Idtr.Limit = 0;
            return r;
        });
        Assert.Equal(StopReason.Shutdown, program.Run());
        Assert.Equal(VcpuActivity.Shutdown, program.State.Activity);
        Assert.Contains("#UD", program.Vcpu.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_trap_flag_stops_behind_each_instruction()
    {
        using Program32 program = new(a =>
        {
            a.pushfd();
            a.or(__dword_ptr[esp], (int)RFlags.TF);
            a.popfd();
            a.inc(ebx);
            a.inc(ebx);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(1UL, program.State.Gpr[3]);
        Assert.Equal(Program32.Handlers + 16 + 1UL, program.State.Rip);
        Assert.Equal(1UL << 14, program.State.Dr[6] & (1UL << 14));
    }

    [Fact]
    public void A_breakpoint_on_data_traps_behind_the_access()
    {
        using Program32 program = new(a =>
        {
            a.mov(__dword_ptr[Program32.Data + 4], 1);
            a.mov(__byte_ptr[Program32.Data + 2], 1);
            a.inc(ebx);
            a.hlt();
        });
        program.Change(r =>
        {
            r.Dr[0] = Program32.Data;
            r.Dr[7] = 0x400 | 1 | (1UL << 16) | (3UL << 18); // DR0, writes, four bytes
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0UL, program.State.Gpr[3]);
        Assert.Equal(1UL, program.State.Dr[6] & 0xF);
        Assert.Equal(1, program.Ram.Read(Program32.Data + 2, 1)[0]);
    }

    [Fact]
    public void A_breakpoint_on_an_instruction_faults_before_it()
    {
        using Program32 program = new(a =>
        {
            a.inc(ebx);
            a.inc(ebx);
            a.hlt();
        });
        program.Change(r =>
        {
            r.Dr[1] = Program32.Code + 1;
            r.Dr[7] = 0x400 | (1 << 2);
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(1UL, program.State.Gpr[3]);
        Assert.Equal(2UL, program.State.Dr[6] & 0xF);
        Assert.Equal(Program32.Code + 1, program.Read32(0x8_0000 - 12));
    }
}
