using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Lowers x87, MMX and SSE instructions to SSE4.2, AES and PCLMULQDQ, and those that save and load their state.</summary>
internal static class FpuLowering
{
    /// <summary>
    /// Sets handler, registers and immediate of <paramref name="op"/>, whose memory operand, length and next instruction the caller filled in.
    /// False: not an instruction of these units. The caller has checked that the model has the instruction.
    /// </summary>
    /// <exception cref="Host.HostException">The host allows no executable memory.</exception>
    internal static bool TryLower(in Instruction instruction, CpuModel model, ref Op op)
    {
        if (instruction.Encoding != EncodingKind.Legacy)
        {
            return false;
        }

        return instruction.Code == Code.Wait || IsX87(instruction) ? X87Lowering.TryLower(instruction, ref op) : SseLowering.TryLower(instruction, ref op);
    }

    private static bool IsX87(in Instruction instruction)
    {
        System.ReadOnlySpan<CpuidFeature> features = instruction.CpuidFeatures;
        return features.Length > 0 && features[0] is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387;
    }
}
