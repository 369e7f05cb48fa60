using System.Collections.Generic;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>Shadows, NMI, debug traps and faults inside delivery, as programs of bytes.</summary>
public sealed class EventTests
{
    private static readonly Mode[] ProtectedModes = [Mode.Protected16, Mode.Protected32, Mode.Compatibility, Mode.Long];

    // MOV SS and POP SS hold off interrupts, NMIs and single steps until the next instruction is done (Intel SDM vol. 3A 6.8.3).
    [Theory]
    [InlineData("8ED0")]
    [InlineData("17")]
    public void A_load_of_ss_casts_a_shadow(string load)
    {
        foreach (Mode mode in ProtectedModes)
        {
            if (mode == Mode.Long && load == "17")
            {
                continue;
            }

            foreach (int what in (int[])[0, 1, 2])
            {
                using WholeMachine m = new(new Surroundings(mode, 0, 0));
                byte[] code = System.Convert.FromHexString(load + "90909090");
                m.Put(m.CodeAt, code);
                m.R.Gpr[0] = m.R.Segment[2].Selector;
                m.Frame(m.Where.OperandSize, m.R.Segment[2].Selector);
                ulong start = m.R.Rip;
                m.R.Rflags |= (ulong)RFlags.IF | (what == 0 ? (ulong)RFlags.TF : 0);
                m.Step();
                m.R.NmiPending = what == 1 ? 1u : 0;
                m.R.InterruptRequest = what == 2 ? 1u : 0;
                m.WaitingVector = what == 2 ? (byte)0x40 : null;
                ulong after = start + (ulong)(load.Length / 2);
                Assert.Equal(after, m.R.Rip);
                m.Step();
                Assert.Equal(after + 1, m.R.Rip);
                m.Step();
                Assert.Equal(Handler(what switch { 0 => 1, 1 => 2, _ => 0x40 }), m.R.Rip);
                Assert.Equal(after + 1, m.Pushed(0));
            }
        }
    }

    // STI holds off interrupts for one instruction, and only when IF was clear (Intel SDM vol. 2 STI).
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sti_casts_a_shadow_when_interrupts_were_off(bool already)
    {
        using WholeMachine m = new(new Surroundings(Mode.Real, 0, 0));
        m.Put(m.CodeAt, 0xFB, 0x90, 0x90);
        m.R.Rflags |= already ? (ulong)RFlags.IF : 0;
        m.Step();
        if (already)
        {
            Assert.Equal(0u, m.R.InterruptShadow);
            return;
        }

        m.R.InterruptRequest = 1;
        m.WaitingVector = 0x40;
        m.Step();
        Assert.Equal(WholeMachine.Start + 2UL, m.R.Rip);
        m.Step();
        Assert.Equal(Handler(0x40), m.R.Rip);
    }

    // A second NMI waits for IRET, even one that faults elsewhere in between does not let it in (Intel SDM vol. 3A 6.7.1).
    [Fact]
    public void An_nmi_blocks_the_next_until_iret()
    {
        foreach (Mode mode in (Mode[])[Mode.Real, Mode.Protected32, Mode.Long])
        {
            using WholeMachine m = new(new Surroundings(mode, 0, 0));
            m.Put(m.CodeAt, 0x90, 0x90, 0x90);
            byte[] handler = mode == Mode.Long ? [0x90, 0x48, 0xCF] : [0x90, 0xCF];
            m.Put((uint)Handler(2), handler);
            ulong start = m.R.Rip;
            m.R.NmiPending = 1;
            m.Step();
            Assert.Equal((Handler(2), 1u, 0u), (m.R.Rip, m.R.NmiBlocked, m.R.NmiPending));
            m.R.NmiPending = 1;
            m.Step();
            Assert.Equal((Handler(2) + 1, 1u), (m.R.Rip, m.R.NmiPending));
            m.Step();
            Assert.Equal((start, 0u), (m.R.Rip, m.R.NmiBlocked));
            m.Step();
            Assert.Equal((Handler(2), 1u), (m.R.Rip, m.R.NmiBlocked));
        }
    }

    // TF is cleared on the way into a handler: INT n and far transfers through it do not trap before the handler's IRET, other far transfers trap behind
    // themselves (Intel SDM vol. 3B 17.3.1.4, vol. 2 INT n).
    [Fact]
    public void Single_steps_with_transfers()
    {
        using WholeMachine jump = new(new Surroundings(Mode.Protected32, 0, 0));
        jump.Put(jump.CodeAt, 0xEA, 0x00, 0x80, 0x01, 0x00, 0x08, 0x00);
        jump.R.Rflags |= (ulong)RFlags.TF;
        jump.Step();
        jump.Step();
        Assert.Equal((Handler(1), 0x1_8000UL), (jump.R.Rip, jump.Pushed(0)));
        Assert.NotEqual(0UL, jump.R.Dr[6] & 0x4000);

        using WholeMachine call = new(new Surroundings(Mode.Protected32, 0, 0));
        call.Put(call.CodeAt, 0xCD, 0x80);
        call.Put((uint)Handler(0x80), 0x90, 0x90);
        call.R.Rflags |= (ulong)RFlags.TF;
        call.Step();
        call.Step();
        call.Step();
        Assert.Equal(Handler(0x80) + 2, call.R.Rip);
        Assert.NotEqual(0UL, call.Pushed(2) & (ulong)RFlags.TF);
    }

    // POPF that sets TF traps behind the next instruction, not behind itself; the one that clears it still traps (Intel SDM vol. 3B 17.3.1.4).
    [Fact]
    public void The_trap_flag_counts_from_the_next_instruction_on()
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 0, 0));
        m.Put(m.CodeAt, 0x9D, 0x90, 0x90);
        m.Frame(4, 2 | (ulong)RFlags.TF);
        m.Step();
        m.Step();
        Assert.Equal(m.CodeAt + 2UL, m.R.Rip);
        m.Step();
        Assert.Equal((Handler(1), m.CodeAt + 2UL), (m.R.Rip, m.Pushed(0)));
    }

    // A fault's frame has RF set, so that a breakpoint on the instruction does not strike again when the handler returns (Intel SDM vol. 3B 17.3.1.1).
    [Fact]
    public void A_breakpoint_strikes_once()
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 0, 0));
        m.Put(m.CodeAt, 0x90, 0x90);
        m.Put((uint)Handler(1), 0xCF);
        m.R.Dr[0] = m.CodeAt;
        m.R.Dr[7] = 0x401;
        m.Step();
        Assert.Equal((Handler(1), m.CodeAt), (m.R.Rip, (uint)m.Pushed(0)));
        Assert.NotEqual(0UL, m.Pushed(2) & (ulong)RFlags.RF);
        m.Step();
        m.Step();
        Assert.Equal((m.CodeAt + 1UL, 0UL), (m.R.Rip, m.R.Rflags & (ulong)RFlags.RF));
    }

    // Intel SDM vol. 3A table 6-5: benign first: the second is handled; contributory then contributory, page fault then either: double fault.
    [Theory]
    [InlineData("0F0B", Vector.UD, Vector.NP, false)]
    [InlineData("F6F1", Vector.DE, Vector.NP, true)]
    [InlineData("8ED8", Vector.GP, Vector.NP, true)]
    [InlineData("8ED8", Vector.GP, Vector.PF, false)]
    [InlineData("8A0500004000", Vector.PF, Vector.NP, true)]
    [InlineData("8A0500004000", Vector.PF, Vector.PF, true)]
    [InlineData("F6F1", Vector.DE, Vector.PF, false)]
    public void A_fault_while_a_fault_is_delivered(string code, Vector first, Vector second, bool doubled)
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 3, 0));
        m.Put(m.CodeAt, System.Convert.FromHexString(code));
        (m.R.Gpr[0], m.R.Gpr[1]) = (0x33, 0);
        Map(m);
        if (second == Vector.NP)
        {
            m.Put64(WholeMachine.Idt + ((uint)first * 8), m.Get(WholeMachine.Idt + ((uint)first * 8), 8) & ~(1UL << 47));
        }
        else
        {
            m.Put32(WholeMachine.Task + 4, 0x40_1000); // the inner stack is not there
            m.Gate(14, (uint)Handler(14), 0);
            if (doubled || first != Vector.PF)
            {
                // #DF and #PF go by tasks, so that they need no inner stack.
                m.Descriptor(WholeMachine.Spare, 0x7A00, 0x67, 0x89);
                Task(m, 0x7A00, 0x1_9000);
                m.Put64(WholeMachine.Idt + (8 * 8), ((ulong)WholeMachine.Spare << 16) | (0x85UL << 40));
                m.Descriptor(0xD8, 0x7B00, 0x67, 0x89);
                Task(m, 0x7B00, 0x1_A000);
                m.Put64(WholeMachine.Idt + (14 * 8), first == Vector.PF ? m.Get(WholeMachine.Idt + (14 * 8), 8) : (0xD8UL << 16) | (0x85UL << 40));
            }
        }

        m.Step();
        ulong where = m.R.Rip == 0x1_9000 ? Handler(8) : m.R.Rip == 0x1_A000 ? Handler(14) : m.R.Rip;
        Assert.Equal(Handler(doubled ? 8 : (int)second), where);
        ulong error = m.Get(m.R.Gpr[4], 4);
        Assert.Equal(doubled ? 0UL : second == Vector.NP ? ((ulong)first * 8) + 3 : 2, error);
    }

    // A third fault stops the processor (Intel SDM vol. 3A 6.15, interrupt 8).
    [Fact]
    public void A_third_fault_shuts_down_in_every_mode()
    {
        foreach (Surroundings where in Surroundings.All)
        {
            using WholeMachine m = new(where);
            m.Put(m.CodeAt, 0x0F, 0x0B);
            m.R.Idtr.Limit = 0;
            Assert.Equal(StopReason.Shutdown, m.Run(10));
            Assert.Equal(VcpuActivity.Shutdown, m.R.Activity);
        }
    }

    // ADV-47: task switches to a TSS with VM set; wrong local tables and targets are the new task's faults, taken at level 0 outside virtual-8086 mode.
    [Theory]
    [InlineData(0, 0x100u, -1)]
    [InlineData(0x78, 0x100u, -1)]
    [InlineData(0x7C, 0x100u, 0x7C)]
    [InlineData(0x08, 0x100u, 0x08)]
    [InlineData(0xFFF8, 0x100u, 0xFFF8)]
    [InlineData(0, 0x1_0000u, 0)]
    public void Adv47_vm86_task(int ldt, uint ip, int error)
    {
        using WholeMachine m = new(new Surroundings(Mode.Protected32, 0, 0));
        m.Put(m.CodeAt, 0xEA, 0, 0, 0, 0, (byte)WholeMachine.FreeTask, 0);
        Task(m, 0x7800, ip);
        m.Put32(0x7800 + 36, (uint)(RFlags.VM | RFlags.IF) | 2);
        m.Put32(0x7800 + 96, (uint)ldt);
        foreach (uint segment in (uint[])[72, 76, 80, 84, 88, 92])
        {
            m.Put32(0x7800 + segment, segment == 76 ? 0x1000u : 0xFFFFu); // any paragraph will do in virtual-8086 mode
        }

        m.Step();
        Assert.Equal(WholeMachine.FreeTask, m.R.Segment[7].Selector);
        if (error < 0)
        {
            Assert.Equal((ip, 0x1_0000UL, 0xF_FFF0UL, 3), ((uint)m.R.Rip, m.R.Segment[1].Base, m.R.Segment[2].Base, (m.R.Segment[2].Attributes >> 5) & 3));
            Assert.NotEqual(0UL, m.R.Rflags & (ulong)RFlags.VM);
            return;
        }

        Assert.Equal(Handler((int)(ip > 0xFFFF ? Vector.GP : Vector.TS)), m.R.Rip);
        Assert.Equal((0UL, (ulong)error), (m.R.Rflags & (ulong)RFlags.VM, m.Get(m.R.Gpr[4], 4)));
    }

    private static void Task(WholeMachine m, uint at, uint ip)
    {
        Dictionary<uint, uint> words = new()
        {
            [4] = 0xC000, [8] = WholeMachine.Data0, [28] = 0x8000, [32] = ip, [36] = 2, [56] = 0xB000,
            [72] = WholeMachine.Data0, [76] = WholeMachine.Code0, [80] = WholeMachine.Data0, [84] = WholeMachine.Data0,
        };
        foreach ((uint offset, uint value) in words)
        {
            m.Put32(at + offset, value);
        }
    }

    // 32-bit paging, the first 2 MiB one to one for all levels.
    private static void Map(WholeMachine m)
    {
        m.Put32(0x8000, 0x9007);
        for (uint page = 0; page < 512; page++)
        {
            m.Put32(0x9000 + (page * 4), (page << 12) | 7);
        }

        m.R.Cr3 = 0x8000;
        m.R.Cr0 |= Cr0.PG;
    }

    private static ulong Handler(int vector) => WholeMachine.Handlers + ((ulong)vector * 16);
}
