using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Chooses handlers of MMX and SSE instructions that only move bits, and of those that save and load state.</summary>
// SAFETY: assigns addresses of static methods of this project.
internal static unsafe class SseMoveLowering
{
    internal static bool TryLower(in Instruction i, ref Op op)
    {
        switch (i.Mnemonic)
        {
            case Mnemonic.Movaps or Mnemonic.Movapd or Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqa or Mnemonic.Movdqu or Mnemonic.Lddqu
                or Mnemonic.Movntdqa or Mnemonic.Movntps or Mnemonic.Movntpd or Mnemonic.Movntdq:
                Whole(i, ref op);
                return true;
            case Mnemonic.Movss:
                return Part(i, ref op, 4, i.Op1Kind == OpKind.Memory ? SseMoves.ZeroRest : 0);
            case Mnemonic.Movsd when i.Code is Code.Movsd_xmm_xmmm64 or Code.Movsd_xmmm64_xmm:
                return Part(i, ref op, 8, i.Op1Kind == OpKind.Memory ? SseMoves.ZeroRest : 0);
            case Mnemonic.Movlps or Mnemonic.Movlpd:
                return Part(i, ref op, 8, 0);
            case Mnemonic.Movhps or Mnemonic.Movhpd or Mnemonic.Movlhps:
                return Part(i, ref op, 8, 8 << 8);
            case Mnemonic.Movhlps:
                return Part(i, ref op, 8, 8 << 16);
            case Mnemonic.Movd or Mnemonic.Movq:
                return Scalar(i, ref op, i.Mnemonic == Mnemonic.Movd ? 4u : 8u);
            case Mnemonic.Movq2dq:
                return Part(i, ref op, 8, SseMoves.ZeroRest);
            case Mnemonic.Movdq2q:
                SetRegisters(i, ref op);
                op.Handler = &MmxOperations.FromXmm;
                return true;
            case Mnemonic.Movntq:
                return Scalar(i, ref op, 8);
            case Mnemonic.Pextrb:
                return Extract(i, ref op, 1);
            case Mnemonic.Pextrw:
                return Extract(i, ref op, 2);
            case Mnemonic.Pextrd or Mnemonic.Extractps:
                return Extract(i, ref op, 4);
            case Mnemonic.Pextrq:
                return Extract(i, ref op, 8);
            case Mnemonic.Maskmovq:
                SetMasked(i, ref op);
                op.Handler = &MmxOperations.MaskedStore;
                return true;
            case Mnemonic.Maskmovdqu:
                SetMasked(i, ref op);
                op.Handler = &SseMoves.MaskedStore;
                return true;
            case Mnemonic.Emms:
                op.Handler = &MmxOperations.Empty;
                return true;
            default:
                return State(i, ref op);
        }
    }

    private static bool State(in Instruction i, ref Op op)
    {
        op.Immediate = i.Mnemonic is Mnemonic.Fxsave64 or Mnemonic.Fxrstor64 or Mnemonic.Xsave64 or Mnemonic.Xsaveopt64 or Mnemonic.Xrstor64 ? 1UL : 0;
        switch (i.Mnemonic)
        {
            case Mnemonic.Ldmxcsr:
                op.Handler = &SseMoves.LoadMxcsr;
                return true;
            case Mnemonic.Stmxcsr:
                op.Handler = &SseMoves.StoreMxcsr;
                return true;
            case Mnemonic.Fxsave or Mnemonic.Fxsave64:
                op.Handler = &FxState.Save;
                return true;
            case Mnemonic.Fxrstor or Mnemonic.Fxrstor64:
                op.Handler = &FxState.Restore;
                return true;
            case Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64:
                op.Handler = &FxState.SaveExtended;
                return true;
            case Mnemonic.Xrstor or Mnemonic.Xrstor64:
                op.Handler = &FxState.RestoreExtended;
                return true;
            default:
                return false;
        }
    }

    private static void Whole(in Instruction i, ref Op op)
    {
        bool aligned = i.Mnemonic is not (Mnemonic.Movups or Mnemonic.Movupd or Mnemonic.Movdqu or Mnemonic.Lddqu);
        if (i.Op0Kind == OpKind.Memory)
        {
            op.Reg = Number(i.Op1Register);
            op.Immediate = 16 | (aligned ? SseMoves.AlignedStore : 0);
            op.Handler = &SseMoves.ToMemory;
            return;
        }

        op.Reg = Number(i.Op0Register);
        if (i.Op1Kind == OpKind.Memory)
        {
            op.Reg2 = (byte)(aligned ? 16 | SseSource.Aligned : 16);
            op.Handler = &SseMoves.WholeLoad;
        }
        else
        {
            op.Reg2 = Number(i.Op1Register);
            op.Handler = &SseMoves.WholeRegister;
        }
    }

    /// <summary>Moves between XMM registers and memory of a part; <paramref name="where"/>: offsets and flags of <see cref="SseMoves"/>.</summary>
    private static bool Part(in Instruction i, ref Op op, uint size, ulong where)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            op.Reg = Number(i.Op1Register);
            op.Immediate = size | where;
            op.Handler = &SseMoves.ToMemory;
            return true;
        }

        op.Reg = Number(i.Op0Register);
        SourceKind kind = SseLowering.SetSource(i, ref op);
        op.Immediate = size | where | ((ulong)kind << SseSource.KindShift);
        op.Handler = &SseMoves.ToXmm;
        return true;
    }

    /// <summary>MOVD, MOVQ in all directions, MOVNTQ.</summary>
    private static bool Scalar(in Instruction i, ref Op op, uint size)
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            op.Reg = Number(i.Op1Register);
            op.Immediate = size;
            op.Handler = i.Op1Register.IsMM() ? &MmxOperations.ToMemory : &SseMoves.ToMemory;
            return true;
        }

        Register target = i.Op0Register;
        if (target.IsGPR())
        {
            op.Reg = (byte)(target.GetNumber() * 8);
            op.Reg2 = Number(i.Op1Register);
            op.Immediate = size;
            op.Handler = i.Op1Register.IsMM() ? &MmxOperations.ToGpr : &SseMoves.ToGpr;
            return true;
        }

        if (target.IsXMM())
        {
            return Part(i, ref op, size, SseMoves.ZeroRest);
        }

        op.Reg = Number(target);
        SourceKind kind = SseLowering.SetSource(i, ref op);
        op.Immediate = size | ((ulong)kind << SseSource.KindShift);
        op.Handler = &MmxOperations.Move;
        return true;
    }

    private static bool Extract(in Instruction i, ref Op op, uint size)
    {
        bool mmx = i.Op1Register.IsMM();
        uint offset = (i.Immediate8 * size) & ((mmx ? 8u : 16u) - 1);
        op.Immediate = size | ((ulong)offset << 8);
        if (i.Op0Kind == OpKind.Memory)
        {
            op.Reg = Number(i.Op1Register);
            op.Handler = &SseMoves.ToMemory;
            return true;
        }

        op.Reg = (byte)(i.Op0Register.GetNumber() * 8);
        op.Reg2 = Number(i.Op1Register);
        op.Handler = mmx ? &MmxOperations.ToGpr : &SseMoves.ToGpr;
        return true;
    }

    /// <summary>The store of MASKMOVQ, MASKMOVDQU goes to DS:rDI, which is no written operand.</summary>
    private static void SetMasked(in Instruction i, ref Op op)
    {
        op.Reg = Number(i.Op1Register);
        op.Reg2 = Number(i.Op2Register);
        op.Base = 7 * 8;
        op.Index = RegisterFile.ZeroRegister;
        op.Scale = 0;
        op.Displacement = 0;
        op.AddressMask = i.Op0Kind switch
        {
            OpKind.MemorySegDI => ushort.MaxValue,
            OpKind.MemorySegEDI => uint.MaxValue,
            _ => ulong.MaxValue,
        };
        int segment = i.MemorySegment - Register.ES;
        op.Segment = i.CodeSize == CodeSize.Code64 && segment < Seg.FS ? Op.Flat : (byte)segment;
    }

    private static void SetRegisters(in Instruction i, ref Op op)
    {
        op.Reg = Number(i.Op0Register);
        op.Reg2 = Number(i.Op1Register);
    }

    private static byte Number(Register register) => (byte)register.GetNumber();
}
