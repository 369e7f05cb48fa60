using System.Runtime.Intrinsics.X86;
using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Chooses the handler and the stub of MMX and SSE instructions that compute; <see cref="SseMoveLowering"/> has the rest.</summary>
// SAFETY: assigns addresses of static methods of this project.
internal static unsafe class SseLowering
{
    internal static bool TryLower(in Instruction instruction, ref Op op)
    {
        if (!IsKnown(instruction))
        {
            return false;
        }

        if (SseMoveLowering.TryLower(instruction, ref op))
        {
            return true;
        }

        if (instruction.OpCount < 2 || instruction.Op0Kind != OpKind.Register)
        {
            return false;
        }

        Register target = instruction.Op0Register;
        op.Reg = target.IsGPR() ? (byte)(target.GetNumber() * 8) : (byte)target.GetNumber();
        SourceKind kind = SetSource(instruction, ref op);
        StubParts parts;
        if (target.IsXMM())
        {
            parts = LowerXmm(instruction, kind, ref op);
        }
        else if (target.IsMM())
        {
            parts = LowerMmx(instruction.Mnemonic, ref op);
        }
        else if (!TryLowerGpr(instruction.Mnemonic, kind, ref op, out parts))
        {
            return false;
        }

        op.Immediate = HostStubs.Get(instruction, parts) | ((ulong)kind << SseSource.KindShift);
        return true;
    }

    /// <summary>Sets <see cref="Op.Reg2"/> from the second operand. An immediate takes the first operand for both.</summary>
    internal static SourceKind SetSource(in Instruction instruction, ref Op op)
    {
        if (instruction.Op1Kind == OpKind.Memory)
        {
            int size = instruction.MemorySize.GetSize();
            op.Reg2 = (byte)(size == 16 && !MayBeMisaligned(instruction.Mnemonic) ? size | SseSource.Aligned : size);
            return SourceKind.Memory;
        }

        if (instruction.Op1Kind != OpKind.Register)
        {
            op.Reg2 = op.Reg;
            return instruction.Op0Register.IsMM() ? SourceKind.Mm : SourceKind.Xmm;
        }

        Register source = instruction.Op1Register;
        op.Reg2 = (byte)(source.IsGPR() ? source.GetNumber() * 8 : source.GetNumber());
        return source.IsGPR() ? SourceKind.Gpr : source.IsMM() ? SourceKind.Mm : SourceKind.Xmm;
    }

    private static StubParts LowerXmm(in Instruction instruction, SourceKind kind, ref Op op)
    {
        Mnemonic mnemonic = instruction.Mnemonic;
        switch (mnemonic)
        {
            case Mnemonic.Comiss or Mnemonic.Comisd or Mnemonic.Ucomiss or Mnemonic.Ucomisd:
                op.Handler = &SseOperations.Compare;
                return StubParts.LoadXmm | StubParts.FlagsOut | StubParts.Mxcsr;
            case Mnemonic.Ptest:
                op.Handler = &SseOperations.Test;
                return StubParts.LoadXmm | StubParts.FlagsOut;
            case Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpistri:
                op.Handler = &SseOperations.TextIndex;
                return StubParts.Text | StubParts.FlagsOut;
            case Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Pcmpistrm:
                op.Handler = &SseOperations.TextMask;
                return StubParts.Text | StubParts.FlagsOut;
            case Mnemonic.Pblendvb or Mnemonic.Blendvps or Mnemonic.Blendvpd:
                op.Handler = &SseOperations.Integer;
                return StubParts.Blend;
            case Mnemonic.Insertps when kind == SourceKind.Xmm:
                op.Handler = &SseOperations.Integer;
                return StubParts.LoadXmm | StubParts.StoreXmm | StubParts.SourceXmm;
        }

        bool usesMxcsr = UsesMxcsr(mnemonic);
        op.Handler = usesMxcsr ? &SseOperations.Float : &SseOperations.Integer;
        return StubParts.LoadXmm | StubParts.StoreXmm | (usesMxcsr ? StubParts.Mxcsr : StubParts.None);
    }

    private static StubParts LowerMmx(Mnemonic mnemonic, ref Op op)
    {
        if (UsesMxcsr(mnemonic))
        {
            op.Handler = &MmxOperations.FromFloat;
            return StubParts.StoreMm | StubParts.Mxcsr;
        }

        op.Handler = &MmxOperations.Integer;
        return StubParts.LoadMm | StubParts.StoreMm;
    }

    private static bool TryLowerGpr(Mnemonic mnemonic, SourceKind kind, ref Op op, out StubParts parts)
    {
        parts = StubParts.ResultRax;
        switch (mnemonic)
        {
            case Mnemonic.Cvtss2si or Mnemonic.Cvttss2si or Mnemonic.Cvtsd2si or Mnemonic.Cvttsd2si:
                op.Handler = &SseOperations.FloatToGpr;
                parts |= StubParts.Mxcsr;
                return true;
            case Mnemonic.Pmovmskb when kind == SourceKind.Mm:
                op.Handler = &SseOperations.MmxMask;
                parts |= StubParts.SourceMm;
                return true;
            case Mnemonic.Pmovmskb or Mnemonic.Movmskps or Mnemonic.Movmskpd:
                op.Handler = &SseOperations.Mask;
                parts |= StubParts.SourceXmm;
                return true;
            default:
                return false;
        }
    }

    private static bool MayBeMisaligned(Mnemonic mnemonic) =>
        mnemonic is Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu
            or Mnemonic.Pcmpestri or Mnemonic.Pcmpestri64 or Mnemonic.Pcmpestrm or Mnemonic.Pcmpestrm64 or Mnemonic.Pcmpistri or Mnemonic.Pcmpistrm;

    private static bool UsesMxcsr(Mnemonic mnemonic) => mnemonic
        is Mnemonic.Addps or Mnemonic.Addpd or Mnemonic.Addss or Mnemonic.Addsd
        or Mnemonic.Subps or Mnemonic.Subpd or Mnemonic.Subss or Mnemonic.Subsd
        or Mnemonic.Mulps or Mnemonic.Mulpd or Mnemonic.Mulss or Mnemonic.Mulsd
        or Mnemonic.Divps or Mnemonic.Divpd or Mnemonic.Divss or Mnemonic.Divsd
        or Mnemonic.Sqrtps or Mnemonic.Sqrtpd or Mnemonic.Sqrtss or Mnemonic.Sqrtsd
        or Mnemonic.Minps or Mnemonic.Minpd or Mnemonic.Minss or Mnemonic.Minsd
        or Mnemonic.Maxps or Mnemonic.Maxpd or Mnemonic.Maxss or Mnemonic.Maxsd
        or Mnemonic.Cmpps or Mnemonic.Cmppd or Mnemonic.Cmpss or Mnemonic.Cmpsd
        or Mnemonic.Addsubps or Mnemonic.Addsubpd or Mnemonic.Haddps or Mnemonic.Haddpd or Mnemonic.Hsubps or Mnemonic.Hsubpd
        or Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd or Mnemonic.Cvtps2pi or Mnemonic.Cvtpd2pi or Mnemonic.Cvttps2pi or Mnemonic.Cvttpd2pi
        or Mnemonic.Cvtsi2ss or Mnemonic.Cvtsi2sd
        or Mnemonic.Cvtps2pd or Mnemonic.Cvtpd2ps or Mnemonic.Cvtss2sd or Mnemonic.Cvtsd2ss
        or Mnemonic.Cvtdq2ps or Mnemonic.Cvtps2dq or Mnemonic.Cvttps2dq or Mnemonic.Cvtdq2pd or Mnemonic.Cvtpd2dq or Mnemonic.Cvttpd2dq
        or Mnemonic.Roundps or Mnemonic.Roundpd or Mnemonic.Roundss or Mnemonic.Roundsd or Mnemonic.Dpps or Mnemonic.Dppd;

    /// <summary>The instruction sets known here; .NET asks for SSE4.2 of its host, the last two may be missing there.</summary>
    private static bool IsKnown(in Instruction instruction)
    {
        foreach (CpuidFeature feature in instruction.CpuidFeatures)
        {
            bool known = feature switch
            {
                CpuidFeature.MMX or CpuidFeature.SSE or CpuidFeature.SSE2 or CpuidFeature.SSE3 or CpuidFeature.SSSE3 => true,
                CpuidFeature.SSE4_1 or CpuidFeature.SSE4_2 or CpuidFeature.FXSR or CpuidFeature.XSAVE or CpuidFeature.XSAVEOPT => true,
                CpuidFeature.AES => Aes.IsSupported,
                CpuidFeature.PCLMULQDQ => Pclmulqdq.IsSupported,
                _ => false,
            };
            if (!known)
            {
                return false;
            }
        }

        return true;
    }
}
