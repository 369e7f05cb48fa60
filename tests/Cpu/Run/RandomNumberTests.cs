using Doppel.Cpu.Tests.Privilege;
using Doppel.X86.Cpuid;
using Doppel.X86.Registers;
using static Iced.Intel.AssemblerRegisters;

namespace Doppel.Cpu.Tests.Run;

/// <summary>RDRAND and RDSEED (Intel SDM vol. 2): a number from the board, CF set, the other arithmetic flags clear.</summary>
public sealed class RandomNumberTests
{
    private const ulong Arithmetic = (ulong)RFlags.Arithmetic;

    [Fact]
    public void The_number_fills_the_operand_and_carry_tells_that_it_is_one()
    {
        using Program32 program = new(a =>
        {
            a.mov(ecx, -1);
            a.mov(eax, -1);
            a.add(al, 1);
            a.rdrand(cx);
            a.rdseed(edx);
            a.hlt();
        });
        Assert.Equal(StopReason.Halt, program.Run());
        Assert.Equal(0xFFFF_CDEFUL, program.State.Gpr[1]);
        Assert.Equal(0x89AB_CDEFUL, program.State.Gpr[2]);
        Assert.Equal((ulong)RFlags.CF, program.State.Rflags & Arithmetic);
    }

    [Fact]
    public void A_model_without_them_raises_UD()
    {
        foreach (CpuFeatures feature in (CpuFeatures[])[CpuFeatures.Rdrand, CpuFeatures.Rdseed])
        {
            using WholeMachine m = new(new Surroundings(Mode.Long, 3, 0), (CpuFeatures)ulong.MaxValue & ~feature);
            byte form = (byte)(feature == CpuFeatures.Rdrand ? 0xF0 : 0xF8);
            m.Put(m.CodeAt, 0x48, 0x0F, 0xC7, form);
            ulong before = m.R.Gpr[0];
            m.Step();
            Assert.Equal((WholeMachine.Handlers + (6 * 16UL), before), (m.R.Rip, m.R.Gpr[0]));
        }

        using WholeMachine other = new(new Surroundings(Mode.Long, 3, 0));
        other.Put(other.CodeAt, 0x48, 0x0F, 0xC7, 0xF0);
        other.Step();
        Assert.Equal(0x8123_4567_89AB_CDEFUL, other.R.Gpr[0]);
    }

    [Fact]
    public void Only_max_announces_them_unasked()
    {
        Assert.False(CpuModels.Default.Has(CpuFeatures.Rdrand));
        Assert.True(CpuModels.Find("max").Has(CpuFeatures.Rdrand) && CpuModels.Find("max").Has(CpuFeatures.Rdseed));
        Assert.NotEqual(0u, CpuidLeaves.Query(CpuModels.Find("x86-64-v2,+rdrand"), 1, 0, default).Ecx & (1u << 30));
    }
}
