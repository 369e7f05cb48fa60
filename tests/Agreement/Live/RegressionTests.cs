using System;
using Doppel.Cpu.Interpreter;
using Doppel.X86.Exceptions;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Minimal cases of mismatches that are mended, and the comparison's own ability to fail. They need no host.</summary>
public sealed class RegressionTests
{
    [Fact]
    public void A_fault_under_the_trap_flag_brings_no_single_step_trap()
    {
        using LiveBench bench = new(new InterpreterEngine(), "AuthenticAMD");
        LiveOutcome outcome = new();
        LiveCase test = Load();
        test.Registers[3] = 0x1234_5000;
        bench.Run(test, outcome);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(4u, outcome.ErrorCode);
        Assert.Equal(0x1234_5000u, outcome.FaultAddress);
        Assert.Equal(CaseLayout.CodeStart, outcome.Rip);
    }

    [Fact]
    public void An_instruction_under_the_trap_flag_ends_in_a_single_step_trap()
    {
        using LiveBench bench = new(new InterpreterEngine(), "AuthenticAMD");
        LiveOutcome outcome = new();
        LiveCase test = Load();
        test.Registers[3] = CaseLayout.WindowAt;
        test.Pattern[0] = 0x5A;
        bench.Run(test, outcome);
        Assert.Equal((int)Vector.DB, outcome.Vector);
        Assert.Equal(CaseLayout.CodeStart + 2, outcome.Rip);
        Assert.Equal(0x5Au, outcome.Registers[0]);
    }

    [Fact]
    public void The_comparison_sees_a_wrong_register_flag_byte_and_vector()
    {
        LiveCase test = Load();
        LiveOutcome right = new() { Vector = 1 };
        LiveOutcome wrong = new() { Vector = 1, Flags = 1 };
        wrong.Registers[5] = 1;
        wrong.Memory[7] = 1;
        wrong.Fx[FxBytes.Xmm0] = 1;
        Assert.Empty(Comparison.Differences(test, right, new LiveOutcome { Vector = 1 }, masked: true));
        Assert.Equal(4, Comparison.Differences(test, right, wrong, masked: true).Count);
        Assert.Single(Comparison.Differences(test, right, new LiveOutcome { Vector = 14 }, masked: true));
    }

    // mov eax,[rbx]
    private static LiveCase Load()
    {
        byte[] code = [0x8B, 0x03];
        LiveCase test = new() { Bits = 64, Code = code, Instruction = Decoder.Create(64, new ByteArrayCodeReader(code)).Decode(), Flags = 0x302 };
        BitConverter.TryWriteBytes(test.Fx, (ushort)0x37F);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x1F80);
        return test;
    }
}
