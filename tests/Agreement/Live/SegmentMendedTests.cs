using System;
using Doppel.X86.Exceptions;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Minimal cases of mismatches in segments and on selectors that are mended, as the host answered them. They need no host.</summary>
public sealed class SegmentMendedTests
{
    private const string Amd = "AuthenticAMD";

    [Fact]
    public void ENTER_of_32_bits_on_a_16_bit_stack_takes_the_whole_ESP_for_its_frame()
    {
        LiveCase test = MakerTests.Case(32, "C8080002", (8, SegmentOf.Stack));
        test.Registers[4] = CaseLayout.NarrowStack | 0x4108;
        test.Registers[5] = 0x4208;
        LiveOutcome outcome = MakerTests.Run(test, Amd);
        Assert.Equal((int)Vector.DB, outcome.Vector);
        Assert.Equal(CaseLayout.NarrowStack | 0x4104u, outcome.Registers[5]);
        Assert.Equal(CaseLayout.NarrowStack | 0x4104u, BitConverter.ToUInt32(outcome.Memory, 0xFC));
        Assert.Equal(CaseLayout.NarrowStack | 0x40F4u, outcome.Registers[4]);
    }

    [Fact]
    public void ENTER_reads_a_level_before_it_pushes_it()
    {
        // The display lies where nothing is mapped; the third push would leave the segment.
        LiveCase test = MakerTests.Case(32, "C8000003", (13, SegmentOf.Stack));
        test.Registers[4] = 0x8408;
        test.Registers[5] = 0x10_0000;
        Assert.Equal((int)Vector.PF, MakerTests.Run(test, Amd).Vector);
    }

    [Fact]
    public void LSS_does_not_hold_the_trap_off()
    {
        LiveCase test = MakerTests.Case(32, "0FB203");
        test.Registers[3] = CaseLayout.WindowAt;
        BitConverter.TryWriteBytes(test.Pattern.AsSpan(4), LiveDescriptors.Flat);
        LiveOutcome outcome = MakerTests.Run(test, Amd);
        Assert.Equal((int)Vector.DB, outcome.Vector);
        Assert.Equal(CaseLayout.CodeStart + 3u, outcome.Rip);
        Assert.Equal(LiveDescriptors.Flat, outcome.Selectors[2]);
    }

    [Fact]
    public void MOV_SS_holds_the_trap_off()
    {
        LiveCase test = MakerTests.Case(32, "8ED0");
        test.Registers[0] = LiveDescriptors.Flat;
        LiveOutcome outcome = MakerTests.Run(test, Amd);
        Assert.Equal((int)Vector.DB, outcome.Vector);
        Assert.Equal(CaseLayout.CodeStart + 3u, outcome.Rip);
    }

    [Theory]
    [InlineData(0x800UL, (int)Vector.SS)] // beyond the limit
    [InlineData(0x801UL, (int)Vector.GP)] // and misaligned
    public void Alignment_comes_before_the_limit_of_the_stack_segment(ulong offset, int vector)
    {
        LiveCase test = MakerTests.Case(32, "0F584500", (10, SegmentOf.Stack));
        test.Registers[5] = offset;
        Assert.Equal(vector, MakerTests.Run(test, Amd).Vector);
    }

    [Theory]
    [InlineData(0, (int)Vector.DB)]
    [InlineData(3, (int)Vector.GP)]
    public void ARPL_needs_a_segment_that_can_be_written_only_to_write(int level, int vector)
    {
        LiveCase test = MakerTests.Case(32, "6303", (11, SegmentOf.Data));
        test.Registers[0] = (ulong)level;
        Assert.Equal(vector, MakerTests.Run(test, Amd).Vector);
    }

    [Fact]
    public void ARPL_of_nothing_is_a_fault_of_reading()
    {
        LiveOutcome outcome = MakerTests.Run(MakerTests.Case(32, "6303"), Amd);
        Assert.Equal((int)Vector.PF, outcome.Vector);
        Assert.Equal(4u, outcome.ErrorCode);
    }

    [Fact]
    public void MOVS_reads_before_it_looks_at_the_limit_of_its_destination()
    {
        LiveCase test = MakerTests.Case(32, "A4", (10, SegmentOf.Extra));
        test.Registers[7] = 0x800;
        Assert.Equal((int)Vector.PF, MakerTests.Run(test, Amd).Vector);
        test.Registers[6] = CaseLayout.WindowAt;
        Assert.Equal((int)Vector.GP, MakerTests.Run(test, Amd).Vector);
    }

    [Theory]
    [InlineData(0x8400UL, (int)Vector.DB)]
    [InlineData(0x83FFUL, (int)Vector.GP)]
    public void A_segment_that_expands_down_starts_behind_its_limit(ulong offset, int vector)
    {
        LiveCase test = MakerTests.Case(32, "8B03", (13, SegmentOf.Data));
        test.Registers[3] = offset;
        Assert.Equal(vector, MakerTests.Run(test, Amd).Vector);
    }

    [Fact]
    public void A_far_call_with_a_full_stack_and_a_target_beyond_the_limit_is_a_stack_fault()
    {
        // call far 1F:1000, limit 87Fh of an execute-only segment.
        LiveCase test = MakerTests.Case(32, "9A001000001F00", (10, SegmentOf.Stack));
        test.Registers[4] = 0x900;
        Assert.Equal((int)Vector.SS, MakerTests.Run(test, Amd).Vector);
        test.Registers[4] = 0x700;
        Assert.Equal((int)Vector.GP, MakerTests.Run(test, Amd).Vector);
    }
}
