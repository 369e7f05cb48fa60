using System;
using System.Collections.Generic;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

/// <summary>REP INS and OUTS, element by element and many at a time: nothing of the guest may see the difference, counts included.</summary>
public sealed class PortStringTests
{
    private const int Block = 512;

    [Fact]
    public void The_bus_sees_the_iterations_before_its_own()
    {
        using Program32 program = new(a =>
        {
            a.mov(edi, Program32.Data);
            a.mov(ecx, 5);
            a.mov(edx, 0x1F0);
            a.rep.insw();
            a.hlt();
        });
        _ = program.Run();
        Assert.Equal([3UL, 4, 5, 6, 7], program.CountsAtPorts);
        Assert.Equal(9UL, program.Vcpu.RetiredInstructions);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(4, true)]
    public void Many_at_a_time_is_as_one_by_one(int size, bool output)
    {
        Random random = new((size * 2) + (output ? 1 : 0));
        int moved = 0;
        for (int round = 0; round < 60; round++)
        {
            uint address = Program32.Data + (uint)random.Next(0x3000);
            uint count = (uint)random.Next(1, 4000 / size);
            bool down = random.Next(8) == 0;
            ulong budget = (ulong)(random.Next(3) == 0 ? 100_000 : random.Next(1, 700));
            bool stops = random.Next(2) == 0;
            string one = Trace(size, output, address, count, down, budget, stops, many: false, out int none);
            string all = Trace(size, output, address, count, down, budget, stops, many: true, out int some);
            Assert.Equal(one, all);
            Assert.Equal(0, none);
            moved += some;
        }

        Assert.True(moved > 1000, $"only {moved} elements moved together");
    }

    // Everything that the guest or the machine around it could see.
    private static string Trace(int size, bool output, uint address, uint count, bool down, ulong budget, bool stops, bool many, out int moved)
    {
        using Program32 program = new(a =>
        {
            a.mov(esi, address);
            a.mov(edi, address);
            a.mov(ecx, count);
            a.mov(edx, 0x1F0);
            if (down)
            {
                a.std();
            }

            Emit(a, size, output);
            a.hlt();
        });
        for (uint at = 0; at < 0x8000; at += 4)
        {
            program.Write32(Program32.Data - 0x2000 + at, at * 2654435761);
        }

        PortStream stream = new(Block, many, () => program.Vcpu.RetiredInstructions);
        stream.Ended = stops ? program.Vcpu.RequestStop : null;
        program.Stream = stream;
        List<string> trace = [];
        StopReason reason;
        do
        {
            reason = program.Run(budget);
            VcpuRecord state = program.State;
            trace.Add($"{reason} {program.Vcpu.RetiredInstructions} {state.Gpr[1]:X} {state.Gpr[6]:X} {state.Gpr[7]:X} {state.Rip:X}");
        }
        while (reason != StopReason.Halt && trace.Count < 10_000);
        trace.Add(string.Join(' ', stream.Ends));
        trace.Add(Convert.ToHexString([.. stream.Taken]));
        trace.Add(Convert.ToHexString(program.Ram.Read(Program32.Data - 0x2000, 0x8000)));
        moved = stream.Moved;
        return string.Join('\n', trace);
    }

    private static void Emit(Assembler a, int size, bool output)
    {
        switch (size)
        {
            case 1 when output:
                a.rep.outsb();
                break;
            case 1:
                a.rep.insb();
                break;
            case 2 when output:
                a.rep.outsw();
                break;
            case 2:
                a.rep.insw();
                break;
            case 4 when output:
                a.rep.outsd();
                break;
            default:
                a.rep.insd();
                break;
        }
    }
}
