using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

/// <summary>REPE and REPNE with CMPS and SCAS: where a repetition ends, and what it leaves in ECX, the pointers and ZF (Intel SDM vol. 2B, REP).</summary>
public sealed class RepeatedComparisonTests
{
    private static readonly byte[] s_text = "aaaabaaa"u8.ToArray();

    [Theory]
    [InlineData(true, 8u, 3u, 5u, false)] // ends at the difference
    [InlineData(true, 4u, 0u, 4u, true)] // ends with the count
    [InlineData(false, 8u, 7u, 1u, true)] // the first one is equal already
    public void Scanning_for_a_letter(bool whileEqual, uint count, uint left, uint advanced, bool zero)
    {
        using Program32 program = new(a =>
        {
            a.mov(eax, 'a');
            a.mov(ecx, count);
            a.mov(edi, Program32.Data);
            if (whileEqual)
            {
                a.repe.scasb();
            }
            else
            {
                a.repne.scasb();
            }

            a.sete(bl);
            a.hlt();
        });
        program.Ram.Write(Program32.Data, s_text);
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(left, program.State.Gpr[1]);
        Assert.Equal(Program32.Data + advanced, program.State.Gpr[7]);
        Assert.Equal(zero, (program.State.Gpr[3] & 1) != 0);
    }

    [Theory]
    [InlineData(true, 3u, 5u, false)]
    [InlineData(false, 7u, 1u, true)]
    public void Comparing_two_texts(bool whileEqual, uint left, uint advanced, bool zero)
    {
        using Program32 program = new(a =>
        {
            a.mov(ecx, 8);
            a.mov(esi, Program32.Data);
            a.mov(edi, Program32.Data + 0x100);
            if (whileEqual)
            {
                a.repe.cmpsb();
            }
            else
            {
                a.repne.cmpsb();
            }

            a.sete(bl);
            a.hlt();
        });
        program.Ram.Write(Program32.Data, s_text);
        program.Ram.Write(Program32.Data + 0x100, "aaaaaaaa"u8.ToArray());
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(left, program.State.Gpr[1]);
        Assert.Equal(Program32.Data + advanced, program.State.Gpr[6]);
        Assert.Equal(Program32.Data + 0x100 + advanced, program.State.Gpr[7]);
        Assert.Equal(zero, (program.State.Gpr[3] & 1) != 0);
    }
}
