using System;
using Doppel.Cpu.Interpreter;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Where AMD's and Intel's processors differ: minimal cases as hosts of both makers answered them. They need no host.</summary>
public sealed class MakerTests
{
    private const string Amd = "AuthenticAMD";
    private const string Intel = "GenuineIntel";
    private const ulong Edge = CaseLayout.WindowAt + CaseLayout.WindowLength;

    [Theory]
    [InlineData(Amd, false)]
    [InlineData(Intel, true)]
    public void A_near_call_to_a_target_that_is_not_canonical(string vendor, bool hasPushed)
    {
        LiveCase test = Case(64, "FFD0");
        test.Registers[0] = 1UL << 62;
        test.Registers[4] = CaseLayout.WindowAt + 0x108;
        LiveOutcome outcome = Run(test, vendor);
        Assert.Equal((int)Vector.GP, outcome.Vector);
        Assert.Equal(hasPushed ? (uint)CaseLayout.CodeStart + 2 : 0, BitConverter.ToUInt32(outcome.Memory, 0x100));
    }

    [Theory]
    [InlineData(Amd, (int)Vector.SS)]
    [InlineData(Intel, (int)Vector.GP)]
    public void A_near_call_beyond_the_limit_with_a_stack_that_is_full(string vendor, int vector)
    {
        LiveCase test = Case(32, "FFD0", (10, SegmentOf.Stack), (2, SegmentOf.Code));
        test.Registers[0] = 0x1000;
        test.Registers[4] = 0x8000;
        Assert.Equal(vector, Run(test, vendor).Vector);
        test.Registers[4] = 0x800;
        Assert.Equal((int)Vector.GP, Run(test, vendor).Vector);
    }

    [Theory]
    [InlineData(Amd, 0u)]
    [InlineData(Intel, 0x1111_0000u)]
    public void The_upper_half_of_a_selector_that_is_pushed(string vendor, uint upper)
    {
        LiveCase test = Case(32, "1E");
        test.Registers[4] = CaseLayout.WindowAt + 0x104;
        test.Pattern.AsSpan().Fill(0x11);
        Assert.Equal(upper | LiveDescriptors.UserData, BitConverter.ToUInt32(Run(test, vendor).Memory, 0x100));
    }

    [Theory]
    [InlineData(Amd, (int)Vector.UD)]
    [InlineData(Intel, (int)Vector.DB)]
    public void A_prefetch_of_a_register(string vendor, int vector) => Assert.Equal(vector, Run(Case(32, "0F0DE4"), vendor).Vector);

    [Theory]
    [InlineData(Amd, 0x1800)]
    [InlineData(Intel, 0)]
    public void TOP_after_a_store_of_an_MMX_register_that_faults(string vendor, int status)
    {
        LiveCase test = Case(64, "0F7F10");
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.StatusWord), (ushort)0x1800);
        LiveOutcome outcome = Run(test, vendor);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(status, BitConverter.ToUInt16(outcome.Fx, FxBytes.StatusWord));
    }

    [Theory]
    [InlineData(Amd, (int)Vector.PF)]
    [InlineData(Intel, (int)Vector.DB)]
    public void A_store_to_nowhere_that_an_unmasked_exception_stops(string vendor, int vector)
    {
        // fistp word ptr [rax] of a number that is too large.
        LiveCase test = Case(64, "DF18");
        BitConverter.TryWriteBytes(test.Fx, (ushort)0x37E);
        test.Fx[FxBytes.TagByte] = 0xFF;
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.St0), 1UL << 63);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.St0 + 8), (ushort)0x403E);
        Assert.Equal(vector, Run(test, vendor).Vector);
    }

    [Theory]
    [InlineData(Amd, true)]
    [InlineData(Intel, false)]
    public void The_flags_of_a_repeated_comparison_that_faults(string vendor, bool ofLastRound)
    {
        LiveCase test = Case(64, "F3AE");
        test.Registers[1] = 5;
        test.Registers[7] = Edge - 1;
        LiveOutcome outcome = Run(test, vendor);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(4UL, outcome.Registers[1]);
        Assert.Equal(ofLastRound, (outcome.Flags & (ulong)RFlags.ZF) != 0);
    }

    [Theory]
    [InlineData(Amd, 0x7777_0000_0000_0000UL)]
    [InlineData(Intel, 0UL)]
    public void The_upper_halves_after_no_round_at_all(string vendor, ulong upper)
    {
        LiveCase test = Case(64, "67F3AA");
        test.Registers[1] = 0x7777_0000_0000_0000;
        test.Registers[7] = 0x7777_0000_0000_0008;
        LiveOutcome outcome = Run(test, vendor);
        Assert.Equal(upper, outcome.Registers[1]);
        Assert.Equal(upper | 8, outcome.Registers[7]);
    }

    [Theory]
    [InlineData(Amd, (int)Vector.PF)]
    [InlineData(Intel, (int)Vector.BR)]
    public void BOUND_below_the_lower_bound_with_no_upper_one(string vendor, int vector)
    {
        LiveCase test = Case(32, "6203");
        test.Registers[3] = (uint)Edge - 4;
        test.Pattern[0xFC] = 1;
        Assert.Equal(vector, Run(test, vendor).Vector);
    }

    [Theory]
    [InlineData(Amd, (int)Vector.PF)]
    [InlineData(Intel, (int)Vector.DB)]
    public void MOVSXD_of_16_bits_from_the_last_two_bytes(string vendor, int vector)
    {
        LiveCase test = Case(64, "666306");
        test.Registers[6] = Edge - 2;
        Assert.Equal(vector, Run(test, vendor).Vector);
        test.Registers[6] = Edge - 4;
        Assert.Equal((int)Vector.DB, Run(test, vendor).Vector);
    }

    [Theory]
    [InlineData(Amd, 0u)]
    [InlineData(Intel, 0x2Cu)]
    public void IRET_to_an_offset_and_a_stack_that_are_both_wrong(string vendor, uint errorCode)
    {
        // iretq to 17:1000h, whose limit is FFFh, with the read-only code segment 2Fh for a stack.
        LiveCase test = Case(64, "48CF");
        test.Registers[4] = CaseLayout.WindowAt + 0x100;
        ulong[] frame = [0x1000, LiveDescriptors.Selector(2), 0x302, CaseLayout.WindowAt, 0x2F];
        for (int i = 0; i < frame.Length; i++)
        {
            BitConverter.TryWriteBytes(test.Pattern.AsSpan(i * 8), frame[i]);
        }

        LiveOutcome outcome = Run(test, vendor);
        Assert.Equal((int)Vector.GP, outcome.Vector);
        Assert.Equal(errorCode, outcome.ErrorCode);
    }

    internal static LiveOutcome Run(LiveCase test, string vendor)
    {
        using LiveBench bench = new(new InterpreterEngine(), vendor);
        LiveOutcome outcome = new();
        bench.Run(test, outcome);
        return outcome;
    }

    /// <summary>A case with some segment registers loaded from the shared LDT.</summary>
    internal static LiveCase Case(int bits, string code, params ReadOnlySpan<(int Local, SegmentOf Register)> segments)
    {
        ushort[] selectors = [.. SegmentSetup.Ordinary(bits).Selectors];
        foreach ((int local, SegmentOf register) in segments)
        {
            selectors[(int)register] = LiveDescriptors.Selector(local);
        }

        byte[] bytes = Convert.FromHexString(code);
        LiveCase test = new() { Bits = bits, Code = bytes, Instruction = Decoder.Create(bits, new ByteArrayCodeReader(bytes)).Decode(), Flags = 0x302, Segments = new SegmentSetup(selectors) };
        BitConverter.TryWriteBytes(test.Fx, (ushort)0x37F);
        BitConverter.TryWriteBytes(test.Fx.AsSpan(FxBytes.Mxcsr), 0x1F80);
        return test;
    }
}

/// <summary>Segment registers by encoding number.</summary>
internal enum SegmentOf
{
    Extra = 0,
    Code = 1,
    Stack = 2,
    Data = 3,
}
