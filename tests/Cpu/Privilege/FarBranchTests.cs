using System;
using System.Collections.Generic;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>
/// ADV-43: far jumps, calls, returns, IRET and INT n between all privilege levels: CPL x RPL x DPL x gate DPL x conforming, with the rules of Intel SDM
/// vol. 3A 5.8.1 (direct), 5.8.4 (call gates), 5.8.6 (returns) and 6.12.1 (interrupt gates).
/// </summary>
public sealed class FarBranchTests
{
    private const ushort Target = WholeMachine.Spare;
    private const ushort GateSelector = 0xE8;
    private const uint TargetAt = 0x1_8000;

    private static readonly ushort[] Stacks = [WholeMachine.Data0, 0xD8 | 1, 0xE0 | 2, WholeMachine.Data3];

    [Theory]
    [InlineData(0xEA)]
    [InlineData(0x9A)]
    public void Adv43_direct_branches_stay_at_their_level(byte opcode) => Everywhere((m, cpl, rpl, dpl, _, conforming) =>
    {
        Far(m, opcode, (ushort)(Target | rpl));
        bool allowed = conforming ? dpl <= cpl : dpl == cpl && rpl <= cpl;
        Check(m, allowed, cpl, Target);
    }, gates: false);

    [Theory]
    [InlineData(0xEA)]
    [InlineData(0x9A)]
    public void Adv43_call_gates(byte opcode) => Everywhere((m, cpl, rpl, dpl, gateDpl, conforming) =>
    {
        m.Put64(WholeMachine.Gdt + GateSelector, (TargetAt & 0xFFFF) | ((ulong)Target << 16) | ((0x8CUL | ((ulong)gateDpl << 5)) << 40) | ((ulong)(TargetAt >> 16) << 48));
        Far(m, opcode, (ushort)(GateSelector | rpl));
        bool gate = Math.Max(cpl, rpl) <= gateDpl;
        bool code = opcode == 0xEA && !conforming ? dpl == cpl : dpl <= cpl;
        Check(m, gate && code, conforming ? cpl : dpl, gate ? Target : GateSelector);
    }, gates: true);

    [Theory]
    [InlineData(0xCB)]
    [InlineData(0xCF)]
    public void Adv43_returns_never_go_inward(byte opcode) => Everywhere((m, cpl, rpl, dpl, _, conforming) =>
    {
        m.Put(m.CodeAt, opcode);
        if (opcode == 0xCB)
        {
            m.Frame(4, TargetAt, (uint)Target | (uint)rpl, m.StackAt, Stacks[rpl]);
        }
        else
        {
            m.Frame(4, TargetAt, (uint)Target | (uint)rpl, 2, m.StackAt, Stacks[rpl]);
        }

        m.Step();
        bool allowed = rpl >= cpl && (conforming ? dpl <= rpl : dpl == rpl);
        Check(m, allowed, rpl, Target);
    }, gates: false);

    [Fact]
    public void Adv43_interrupts_through_gates() => Everywhere((m, cpl, rpl, dpl, gateDpl, conforming) =>
    {
        m.Put64(WholeMachine.Idt + (0x90 * 8), (TargetAt & 0xFFFF) | ((ulong)(Target | rpl) << 16) | ((0x8EUL | ((ulong)gateDpl << 5)) << 40) | ((ulong)(TargetAt >> 16) << 48));
        m.Put(m.CodeAt, 0xCD, 0x90);
        m.Step();
        bool gate = cpl <= gateDpl;
        Check(m, gate && dpl <= cpl, conforming ? cpl : dpl, gate ? Target : (0x90 * 8) + 2);
    }, gates: true);

    private static void Far(WholeMachine m, byte opcode, ushort selector)
    {
        m.Put(m.CodeAt, opcode);
        m.Put32(m.CodeAt + 1, TargetAt);
        m.Put16(m.CodeAt + 5, selector);
        m.Step();
    }

    private static void Everywhere(Action<WholeMachine, int, int, int, int, bool> test, bool gates)
    {
        for (int cpl = 0; cpl < 4; cpl++)
        {
            using WholeMachine m = new(new Surroundings(Mode.Protected32, cpl, 0));
            m.Descriptor(Stacks[1], 0, 0xF_FFFF, 0xC0B3);
            m.Descriptor(Stacks[2], 0, 0xF_FFFF, 0xC0D3);
            for (uint level = 0; level < 3; level++)
            {
                m.Put32(WholeMachine.Task + 4 + (level * 8), 0xE000);
                m.Put32(WholeMachine.Task + 8 + (level * 8), Stacks[level]);
            }

            VcpuRecord start = m.R;
            foreach ((int rpl, int dpl, int gateDpl, bool conforming) in Cases(gates))
            {
                m.R = start;
                m.Descriptor(Target, 0, 0xF_FFFF, (conforming ? 0xC09F : 0xC09B) | (dpl << 5));
                test(m, cpl, rpl, dpl, gateDpl, conforming);
            }
        }
    }

    private static IEnumerable<(int Rpl, int Dpl, int GateDpl, bool Conforming)> Cases(bool gates)
    {
        for (int i = 0; i < (gates ? 128 : 32); i++)
        {
            yield return (i & 3, (i >> 2) & 3, (i >> 5) & 3, (i & 16) != 0);
        }
    }

    private static void Check(WholeMachine m, bool allowed, int level, int named)
    {
        if (allowed)
        {
            Assert.Equal((TargetAt, Target | level, level), ((uint)m.R.Rip, m.R.Segment[1].Selector, (m.R.Segment[2].Attributes >> 5) & 3));
            return;
        }

        Assert.Equal(WholeMachine.Handlers + ((ulong)Vector.GP * 16), m.R.Rip);
        Assert.Equal((uint)named, (uint)m.Pushed(0));
    }
}
