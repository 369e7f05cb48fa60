using Doppel.X86.Exceptions;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

/// <summary>Programs with 32-bit paging on: directory at 0x9000, one table at 0xA000 that maps the first 4 MiB to themselves.</summary>
public sealed class PagingTests
{
    private const uint Directory = 0x9000;
    private const uint Table = 0xA000;

    [Fact]
    public void A_fault_in_the_second_page_of_an_access_changes_nothing()
    {
        using Program32 program = Paged(a =>
        {
            a.add(__dword_ptr[0x20_0FFE], 0x01010101);
            a.hlt();
        });
        program.Write32(Table + (0x201 * 4), 0);
        program.Ram.Write(0x20_0FFE, [1, 2]);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Handler(Vector.PF), program.State.Rip);
        Assert.Equal(0x20_1000UL, program.State.Cr2);
        Assert.Equal([1, 2], program.Ram.Read(0x20_0FFE, 2).ToArray());
        Assert.Equal(2u, program.Read32(0x8_0000 - 16)); // write, not present, supervisor
    }

    [Fact]
    public void A_repeated_move_keeps_what_it_did_before_a_fault()
    {
        using Program32 program = Paged(a =>
        {
            a.mov(esi, 0x30_0000);
            a.mov(edi, 0x20_0FF0);
            a.mov(ecx, 32);
            a.rep.movsb();
            a.hlt();
        });
        program.Write32(Table + (0x201 * 4), 0);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Handler(Vector.PF), program.State.Rip);
        Assert.Equal(16UL, program.State.Gpr[1]);
        Assert.Equal(0x20_1000UL, program.State.Gpr[7]);
    }

    [Fact]
    public void An_instruction_that_reaches_into_an_absent_page_faults_there_and_runs_once_it_is_mapped()
    {
        using Program32 program = Paged(a => a.jmp(0x20_0FFD));
        program.Put(0x20_0FFD, a =>
        {
            a.mov(eax, 0x1234_5678);
            a.hlt();
        });
        program.Write32(Table + (0x201 * 4), 0);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0x20_1000UL, program.State.Cr2);
        Assert.Equal(0x20_0FFDu, program.Read32(0x8_0000 - 12));

        program.Write32(Table + (0x201 * 4), 0x20_1003);
        program.Change(r =>
        {
            r.Rip = 0x20_0FFD;
            r.Activity = VcpuActivity.Running;
            return r;
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0x1234_5678UL, program.State.Gpr[0]);
    }

    [Fact]
    public void A_stale_translation_goes_with_invlpg()
    {
        using Program32 program = Paged(a =>
        {
            a.mov(eax, __dword_ptr[0x20_0000]);
            a.mov(__dword_ptr[Table + (0x200 * 4)], 0x30_0003);
            a.invlpg(__[0x20_0000]);
            a.mov(ebx, __dword_ptr[0x20_0000]);
            a.hlt();
        });
        program.Write32(0x20_0000, 0x11);
        program.Write32(0x30_0000, 0x22);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0x11UL, program.State.Gpr[0]);
        Assert.Equal(0x22UL, program.State.Gpr[3]);
    }

    [Fact]
    public void Write_protection_of_the_supervisor_holds_from_the_instruction_that_sets_it()
    {
        // Intel SDM vol. 3A 4.6.1: with CR0.WP clear a supervisor may write to read-only pages. A translation made so must not outlive the change (4.10.4.1).
        using Program32 program = Paged(a =>
        {
            a.mov(__dword_ptr[0x20_0000], 1);
            a.mov(ecx, cr0);
            a.or(ecx, 0x1_0000);
            a.mov(cr0, ecx);
            a.mov(__dword_ptr[0x20_0000], 2);
            a.hlt();
        });
        program.Write32(Table + (0x200 * 4), 0x20_0001);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(Handler(Vector.PF), program.State.Rip);
        Assert.Equal(0x20_0000UL, program.State.Cr2);
        Assert.Equal(1u, program.Read32(0x20_0000));
        Assert.Equal(3u, program.Read32(0x8_0000 - 16)); // write, protection, supervisor
    }

    [Fact]
    public void Code_of_another_page_under_the_same_address_is_decoded_anew()
    {
        using Program32 program = Paged(a =>
        {
            a.call(0x20_0000);
            a.mov(__dword_ptr[Table + (0x200 * 4)], 0x30_0003);
            a.mov(ecx, cr3);
            a.mov(cr3, ecx);
            a.call(0x20_0000);
            a.hlt();
        });
        program.Put(0x20_0000, a =>
        {
            a.add(eax, 1);
            a.ret();
        });
        program.Put(0x30_0000, a =>
        {
            a.add(eax, 0x10);
            a.ret();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0x11UL, program.State.Gpr[0]);
    }

    [Fact]
    public void Stores_set_the_dirty_bit_once_and_reads_do_not()
    {
        using Program32 program = Paged(a =>
        {
            a.mov(eax, __dword_ptr[0x20_0000]);
            a.mov(ebx, __dword_ptr[Table + (0x200 * 4)]);
            a.mov(__dword_ptr[0x20_0000], eax);
            a.mov(ecx, __dword_ptr[Table + (0x200 * 4)]);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0x20UL, program.State.Gpr[3] & 0x60);
        Assert.Equal(0x60UL, program.State.Gpr[1] & 0x60);
    }

    private static ulong Handler(Vector vector) => Program32.Handlers + ((uint)vector * 16) + 1;

    private static Program32 Paged(System.Action<Assembler> write)
    {
        Program32 program = new(write);
        program.Write32(Directory, Table | 3);
        for (uint page = 0; page < 1024; page++)
        {
            program.Write32(Table + (page * 4), (page << 12) | 3);
        }

        program.Change(r =>
        {
            r.Cr0 |= 1UL << 31;
            r.Cr3 = Directory;
            return r;
        });
        return program;
    }
}
