using System;
using Doppel.Cpu.Interpreter;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Minimal cases of mismatches with Intel CPUs that are mended, as the host answered them. They need no host.</summary>
public sealed class MendedTests
{
    private const ulong Edge = CaseLayout.WindowAt + CaseLayout.WindowLength;

    [Theory]
    [InlineData("F3A6", 0xFFFUL)]
    [InlineData("F2AE", 0xFFFUL)]
    public void A_fault_in_a_repeated_comparison_shows_the_flags_of_before(string code, ulong offset)
    {
        LiveCase test = Case(64, code);
        test.Flags |= (ulong)(RFlags.CF | RFlags.SF | RFlags.OF);
        test.Registers[0] = code == "F2AE" ? 0x11u : 0;
        test.Registers[1] = 5;
        test.Registers[6] = CaseLayout.WindowAt + 0x100;
        test.Registers[7] = CaseLayout.WindowAt + offset;
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(Edge, outcome.FaultAddress);
        Assert.Equal(4UL, outcome.Registers[1]);
        Assert.Equal(test.Flags, outcome.Flags & ~(ulong)RFlags.RF);
    }

    [Fact]
    public void The_second_operand_of_a_comparison_of_strings_faults_first()
    {
        LiveCase test = Case(64, "A6");
        test.Registers[6] = 0x1000;
        test.Registers[7] = 0x2000;
        Assert.Equal(0x2000UL, Run(test).FaultAddress);
    }

    [Theory]
    [InlineData("67F3A4", 0UL, true, true)]
    [InlineData("67F3AA", 0UL, false, true)]
    [InlineData("67F3A6", 0UL, false, false)]
    [InlineData("67F3A4", 3UL, true, true)]
    public void A_repetition_that_moves_nothing_clears_upper_halves(string code, ulong count, bool source, bool destination)
    {
        LiveCase test = Case(64, code);
        test.Registers[1] = count | (7UL << 40);
        test.Registers[6] = 0x5555_0000_0000_1000;
        test.Registers[7] = 0x6666_0000_0000_2000;
        LiveOutcome outcome = Run(test);
        Assert.Equal(count == 0 ? (int)Vector.DB : (int)Vector.PF, outcome.Vector);
        Assert.Equal(count, outcome.Registers[1]);
        Assert.Equal(source ? 0x1000UL : test.Registers[6], outcome.Registers[6]);
        Assert.Equal(destination ? 0x2000UL : test.Registers[7], outcome.Registers[7]);
    }

    [Fact]
    public void A_near_call_to_a_target_that_is_not_canonical_has_pushed()
    {
        LiveCase test = Case(64, "FFD0");
        test.Registers[0] = 1UL << 62;
        test.Registers[4] = CaseLayout.WindowAt + 0x108;
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.GP, outcome.Vector);
        Assert.Equal(test.Registers[4], outcome.Registers[4]);
        Assert.Equal(CaseLayout.CodeStart + 2, BitConverter.ToUInt32(outcome.Memory, 0x100));
    }

    [Fact]
    public void A_near_call_whose_stack_is_not_canonical_is_a_stack_fault()
    {
        LiveCase test = Case(64, "FFD0");
        test.Registers[0] = 1UL << 62;
        test.Registers[4] = 1UL << 61;
        Assert.Equal((int)Vector.SS, Run(test).Vector);
    }

    [Fact]
    public void A_store_of_an_MMX_register_has_set_TOP_when_it_faults()
    {
        LiveCase test = Case(64, "0F7F10");
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.StatusWord), (ushort)0x1800);
        test.Fx[FxBytes.TagByte] = 0x34;
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(0, BitConverter.ToUInt16(outcome.Fx, FxBytes.StatusWord));
        Assert.Equal(0x34, outcome.Fx[FxBytes.TagByte]);
    }

    [Fact]
    public void A_conversion_to_MMX_has_entered_its_state_when_an_exception_ends_it()
    {
        LiveCase test = Case(64, "0F2DC0");
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.StatusWord), (ushort)0x1800);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x1F00);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0), 0x7F80_0000);
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.XM, outcome.Vector);
        Assert.Equal(0, BitConverter.ToUInt16(outcome.Fx, FxBytes.StatusWord));
        Assert.Equal(0xFF, outcome.Fx[FxBytes.TagByte]);
    }

    [Fact]
    public void A_store_that_an_unmasked_exception_stops_does_not_fault()
    {
        // fistp word ptr [rax] of a number that is too large, invalid operation unmasked, nothing mapped at 0.
        LiveCase test = Case(64, "DF18");
        BitConverter.TryWriteBytes(test.Fx, (ushort)0x37E);
        test.Fx[FxBytes.TagByte] = 0xFF;
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.St0), 1UL << 63);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.St0 + 8), (ushort)0x403E);
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.DB, outcome.Vector);
        Assert.Equal(0x8081, BitConverter.ToUInt16(outcome.Fx, FxBytes.StatusWord) & 0x80FF);

        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.St0 + 8), (ushort)0x3FFF);
        Assert.Equal((int)Vector.PF, Run(test).Vector);
    }

    [Theory]
    [InlineData("0F59C1", 0x00800001u, 0x3F000003u, 0x1780u, 0x30u)] // tiny, inexact
    [InlineData("0F59C1", 0x00800001u, 0x3F000000u, 0x1780u, 0x10u)] // exact but for the exponent
    [InlineData("0F59C1", 0x7F7FFFFFu, 0x40000003u, 0x1B80u, 0x28u)]
    [InlineData("0F59C1", 0x7F7FFFFFu, 0x40000000u, 0x1B80u, 0x08u)]
    [InlineData("0F58C1", 0x7F7FFFFFu, 0x7F7FFFFFu, 0x1B80u, 0x08u)]
    [InlineData("0F58C1", 0x7F7FFFFFu, 0x7F7FFFFEu, 0x1B80u, 0x28u)]
    [InlineData("0F5CC1", 0x00800001u, 0x00800000u, 0x1780u, 0x10u)]
    public void Precision_beside_an_unmasked_range_exception_is_that_of_an_unbounded_exponent(string code, uint left, uint right, uint mxcsr, uint flags)
    {
        LiveCase test = Case(64, code);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), mxcsr);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0), left);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0 + 16), right);
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.XM, outcome.Vector);
        Assert.Equal(mxcsr | flags, BitConverter.ToUInt32(outcome.Fx, FxBytes.Mxcsr));
    }

    [Fact]
    public void A_denormal_that_counts_for_zero_is_exact_beside_an_unmasked_overflow()
    {
        // mulps xmm0,xmm1: the first product is too large and exact, the second is zero times something.
        LiveCase test = Case(64, "0F59C1");
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x13C0);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0), 0x0040_0001_7F00_0000);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0 + 16), 0x3F80_0003_7F00_0000);
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.XM, outcome.Vector);
        Assert.Equal(0x13C8u, BitConverter.ToUInt32(outcome.Fx, FxBytes.Mxcsr));
    }

    [Fact]
    public void A_dot_product_ends_with_the_step_that_raised_an_unmasked_exception()
    {
        // dpps xmm2,xmm5,90h: the products are tiny and exact; the sum that would be inexact is not made.
        LiveCase test = Case(64, "660F3A40D590");
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0xA380);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0 + 32), 0x7466_B2BD_10E0_4600);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Xmm0 + 80), 0x0020_0000_0000_0001);
        LiveOutcome outcome = Run(test);
        Assert.Equal((int)Vector.XM, outcome.Vector);
        Assert.Equal(0xA392u, BitConverter.ToUInt32(outcome.Fx, FxBytes.Mxcsr));
    }

    [Fact]
    public void Alignment_comes_before_the_address_of_a_stack_operand()
    {
        LiveCase test = Case(64, "0F584500");
        test.Registers[5] = (1UL << 62) | 4;
        Assert.Equal((int)Vector.GP, Run(test).Vector);
        test.Registers[5] = 1UL << 62;
        Assert.Equal((int)Vector.SS, Run(test).Vector);
    }

    [Fact]
    public void BOUND_fails_by_its_lower_bound_before_it_reads_the_upper()
    {
        LiveCase test = Case(32, "6203");
        test.Registers[3] = Edge - 4;
        test.Pattern[0xFC] = 1;
        Assert.Equal((int)Vector.BR, Run(test).Vector);
        test.Registers[0] = 1;
        Assert.Equal((int)Vector.PF, Run(test).Vector);
    }

    [Fact]
    public void FXSAVE_wants_all_its_512_bytes()
    {
        LiveCase test = Case(32, "0FAE00");
        test.Registers[0] = Edge - 0x1E0;
        Assert.Equal((int)Vector.PF, Run(test).Vector);
    }

    private static LiveOutcome Run(LiveCase test, string vendor = "GenuineIntel")
    {
        using LiveBench bench = new(new InterpreterEngine(), vendor);
        LiveOutcome outcome = new();
        bench.Run(test, outcome);
        return outcome;
    }

    private static LiveCase Case(int bits, string code)
    {
        byte[] bytes = Convert.FromHexString(code);
        LiveCase test = new() { Bits = bits, Code = bytes, Instruction = Decoder.Create(bits, new ByteArrayCodeReader(bytes)).Decode(), Flags = 0x302 };
        BitConverter.TryWriteBytes(test.Fx, (ushort)0x37F);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x1F80);
        return test;
    }
}
