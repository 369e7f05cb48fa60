using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Cpu;
using Doppel.X86.Registers;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Agreement.Tests;

/// <summary>Every engine counts as docs/design/counting.md says and keeps the contract of <see cref="IVcpu.Run"/>.</summary>
public sealed class CountingTests
{
    private const ulong Start = FlatBench.CodeLinear;

    public static IEnumerable<TheoryDataRow<string>> EngineNames => Engines.Names;

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void Run_retires_exactly_its_budget(string engine)
    {
        using FlatBench bench = Bench(engine, Nops);
        foreach (ulong budget in new ulong[] { 1, 2, 7, 100 })
        {
            Begin(bench);
            Assert.Equal((StopReason.Budget, budget), RunFor(bench, budget));
            Assert.Equal(Start + budget, bench.State.R.Rip);
        }
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void Each_iteration_of_a_rep_counts_one(string engine)
    {
        using FlatBench bench = Bench(engine, RepMovsb);
        Begin(bench, ecx: 5);
        Assert.Equal((StopReason.Budget, 2UL), RunFor(bench, 2));
        Assert.Equal((Start, 3UL), (bench.State.R.Rip, bench.State.R.Gpr[1]));
        Assert.Equal((StopReason.Budget, 3UL), RunFor(bench, 3));
        Assert.Equal((Start + 2, 0UL), (bench.State.R.Rip, bench.State.R.Gpr[1]));
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_rep_of_count_zero_counts_one(string engine)
    {
        using FlatBench bench = Bench(engine, RepMovsb);
        Begin(bench, ecx: 0);
        Assert.Equal((StopReason.Budget, 1UL), RunFor(bench, 1));
        Assert.Equal(Start + 2, bench.State.R.Rip);
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_fault_inside_a_rep_leaves_the_completed_iterations(string engine)
    {
        using FlatBench bench = Bench(engine, RepMovsb);
        Begin(bench, ecx: 10, edi: FlatBench.DataLinear + FlatBench.DataLength - 4);
        Assert.Equal((StopReason.Budget, 5UL), RunFor(bench, 5)); // four iterations and the delivery
        Assert.True(bench.Faulted);
        Assert.Equal(14, bench.FaultVector);
        Assert.Equal(6UL, bench.State.R.Gpr[1]);
        Assert.Equal((uint)Start, bench.Frame(hasErrorCode: true).Eip);
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_delivered_exception_counts_one_and_spends_the_budget(string engine)
    {
        using FlatBench bench = Bench(engine, program => program.ud2());
        Begin(bench);
        Assert.Equal((StopReason.Budget, 1UL), RunFor(bench, 1));
        Assert.True(bench.Faulted);
        Assert.Equal(6, bench.FaultVector);
        Assert.Equal(Start, bench.Frame(hasErrorCode: false).Eip);
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void Hlt_halts_in_ring_0_and_faults_in_ring_3(string engine)
    {
        using FlatBench bench = Bench(engine, program => program.hlt());
        Begin(bench);
        Assert.Equal((StopReason.Halt, 2UL), RunFor(bench, 100)); // the delivery of #GP, then the handler's HLT
        Assert.Equal(13, bench.FaultVector);
        Assert.Equal(VcpuActivity.Halted, bench.State.R.Activity);
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_fault_without_any_handler_is_a_shutdown(string engine)
    {
        using FlatBench bench = Bench(engine, program => program.ud2());
        bench.State.R.Idtr.Limit = 0;
        Begin(bench);
        Assert.Equal(StopReason.Shutdown, RunFor(bench, 100).Reason);
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_kick_before_or_during_run_ends_an_endless_loop(string engine)
    {
        using FlatBench bench = Bench(engine, EndlessLoop);
        Begin(bench);
        bench.Vcpu.Kick();
        Assert.Equal(StopReason.Kick, bench.Vcpu.Run(new RunLimits(ulong.MaxValue)));
        using System.Threading.Timer kicker = new(_ => bench.Vcpu.Kick(), null, 20, 20);
        Assert.Equal(StopReason.Kick, bench.Vcpu.Run(new RunLimits(ulong.MaxValue)));
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void Many_short_runs_equal_one_long_run(string engine)
    {
        const ulong Steps = 1000;
        using FlatBench bench = Bench(engine, Mixture);
        Begin(bench, ecx: 50);
        Assert.Equal(Steps, RunFor(bench, Steps).Counted);
        VcpuRecord inOne = bench.State.R;
        byte[] data = bench.Data.ToArray();

        bench.WriteData(0, new byte[FlatBench.DataLength]);
        Begin(bench, ecx: 50);
        for (ulong step = 0; step < Steps; step++)
        {
            Assert.Equal(1UL, RunFor(bench, 1).Counted);
        }

        Assert.Equal(inOne.Rip, bench.State.R.Rip);
        Assert.Equal(inOne.Rflags, bench.State.R.Rflags);
        Assert.Equal(((ReadOnlySpan<ulong>)inOne.Gpr).ToArray(), ((ReadOnlySpan<ulong>)bench.State.R.Gpr).ToArray());
        Assert.Equal(data, bench.Data.ToArray());
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void A_stored_state_is_loaded_again_unchanged(string engine)
    {
        using FlatBench bench = Bench(engine, Nops);
        for (int i = 0; i < 8; i++)
        {
            bench.State.R.Gpr[i] = 0x8000_0000 + (ulong)i;
        }

        Span<byte> fx = FxBytes.Of(bench.State);
        for (int i = FxBytes.Xmm0; i < FxBytes.Xmm0 + 128; i++)
        {
            fx[i] = (byte)i;
        }

        bench.State.R.Rip = Start;
        bench.State.R.Rflags = (ulong)(RFlags.CF | RFlags.OF | RFlags.ID);
        bench.Start();
        VcpuState loaded = new();
        bench.Vcpu.Load(loaded);
        Assert.Equal(bench.State.R.Rflags, loaded.R.Rflags);
        Assert.Equal(((ReadOnlySpan<ulong>)bench.State.R.Gpr).ToArray(), ((ReadOnlySpan<ulong>)loaded.R.Gpr).ToArray());
        Assert.Equal(((ReadOnlySpan<SegmentState>)bench.State.R.Segment).ToArray(), ((ReadOnlySpan<SegmentState>)loaded.R.Segment).ToArray());
        Assert.Equal(FxBytes.Of(bench.State).ToArray(), FxBytes.Of(loaded).ToArray());
        Assert.Equal((bench.State.R.Cr0, bench.State.R.Cr3, bench.State.R.Cr4), (loaded.R.Cr0, loaded.R.Cr3, loaded.R.Cr4));
    }

    [Theory, Trait("class", "contract"), MemberData(nameof(EngineNames))]
    public void Code_that_was_written_over_runs_as_it_is_now(string engine)
    {
        using FlatBench bench = Bench(engine, program => program.mov(__byte_ptr[FlatBench.CodeLinear + 8], 0x41u));
        Begin(bench, ecx: 7);
        bench.WriteCode(8, [0x90]);
        Assert.Equal(StopReason.Budget, RunFor(bench, 3).Reason); // mov, nop, then what was a nop
        Assert.Equal(8UL, bench.State.R.Gpr[1]);
    }

    private static void Nops(Assembler program)
    {
        for (int i = 0; i < 128; i++)
        {
            program.nop();
        }
    }

    private static void RepMovsb(Assembler program) => program.rep.movsb();

    private static void EndlessLoop(Assembler program)
    {
        Label self = program.CreateLabel();
        program.Label(ref self);
        program.jmp(self);
    }

    // Calls, memory, flags, a REP and faults are all in it; it starts over for ever.
    private static void Mixture(Assembler program)
    {
        Label again = program.CreateLabel();
        Label routine = program.CreateLabel();
        program.Label(ref again);
        program.add(eax, 0x1234567);
        program.adc(edx, eax);
        program.mov(__dword_ptr[esi + 0x40], edx);
        program.call(routine);
        program.push(ecx);
        program.mov(ecx, 5);
        program.mov(edi, FlatBench.DataLinear + 0x100);
        program.rep.stosb();
        program.pop(ecx);
        program.dec(ecx);
        program.jmp(again);
        program.Label(ref routine);
        program.rol(eax, 7);
        program.xor(eax, __dword_ptr[esi + 0x40]);
        program.ret();
    }

    private static FlatBench Bench(string engine, Action<Assembler> write)
    {
        FlatBench bench = new(Engines.Create(engine));
        Assembler program = new(32);
        write(program);
        using MemoryStream code = new();
        program.Assemble(new StreamCodeWriter(code), Start);
        byte[] page = new byte[256];
        Array.Fill(page, (byte)0x90);
        code.ToArray().CopyTo(page, 0);
        bench.WriteCode(0, page);
        return bench;
    }

    private static void Begin(FlatBench bench, uint ecx = 0, uint edi = FlatBench.DataLinear + 0x800)
    {
        ref VcpuRecord r = ref bench.State.R;
        r.Rip = Start;
        r.Rflags = 2;
        for (int i = 0; i < 8; i++)
        {
            r.Gpr[i] = 0;
        }

        r.Gpr[1] = ecx;
        r.Gpr[4] = FlatBench.DataLinear + 0x1000;
        r.Gpr[6] = FlatBench.DataLinear;
        r.Gpr[7] = edi;
        bench.Start();
    }

    private static (StopReason Reason, ulong Counted) RunFor(FlatBench bench, ulong budget)
    {
        ulong before = bench.Vcpu.RetiredInstructions;
        StopReason reason = bench.Vcpu.Run(new RunLimits(budget));
        bench.Finish();
        return (reason, bench.Vcpu.RetiredInstructions - before);
    }
}
