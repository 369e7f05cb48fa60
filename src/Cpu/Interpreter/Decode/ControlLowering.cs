using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Doppel.X86.Semantics;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Near transfers and the stack: what depends on how the stack is addressed. Transfers end their block.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class ControlLowering
{
    internal static bool TryLower(in Lowering lowering, in Instruction i, ref Op op, out bool ends)
    {
        op.Handler = Branch(lowering, i, ref op);
        ends = op.Handler != null;
        if (!ends)
        {
            op.Handler = lowering.CodeBits == 64 ? Stack<Stack64>(i, ref op, ref ends)
                : lowering.IsFlat && (lowering.Mode & CpuMode.Stack32) != 0 ? Stack<FlatStack32>(i, ref op, ref ends)
                : Stack<SegmentedStack>(i, ref op, ref ends);
        }

        return op.Handler != null;
    }

    private static Handler Branch(in Lowering lowering, in Instruction i, ref Op op)
    {
        bool flat = lowering.IsFlat && lowering.CodeBits == 32;
        if (i.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64)
        {
            op.Displacement = i.NearBranchTarget;
            if (i.Mnemonic == Mnemonic.Jmp)
            {
                return Branches.Jump();
            }

            // A conditional jump with a 16-bit operand truncates EIP: the target is that already.
            return i.Mnemonic switch
            {
                Mnemonic.Loop => Loop(i, ref op, 0),
                Mnemonic.Loope => Loop(i, ref op, 1),
                Mnemonic.Loopne => Loop(i, ref op, 2),
                Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz => Loop(i, ref op, 3),
                _ => Conditional(i.ConditionCode, flat),
            };
        }

        if (i.Mnemonic == Mnemonic.Jmp && i.FlowControl == FlowControl.IndirectBranch && i.Code is Code.Jmp_rm16 or Code.Jmp_rm32 or Code.Jmp_rm64)
        {
            bool memory = i.Op0Kind == OpKind.Memory;
            op.Reg = memory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
            return Branches.JumpIndirect(memory, RegisterMap.Bits(i, 0));
        }

        return null;
    }

    private static Handler Loop(in Instruction i, ref Op op, int kind)
    {
        int bits = i.Code switch
        {
            Code.Loop_rel8_16_RCX or Code.Loop_rel8_64_RCX or Code.Loope_rel8_16_RCX or Code.Loope_rel8_64_RCX
                or Code.Loopne_rel8_16_RCX or Code.Loopne_rel8_64_RCX or Code.Jrcxz_rel8_16 or Code.Jrcxz_rel8_64 => 64,
            Code.Loop_rel8_16_CX or Code.Loop_rel8_32_CX or Code.Loope_rel8_16_CX or Code.Loope_rel8_32_CX
                or Code.Loopne_rel8_16_CX or Code.Loopne_rel8_32_CX or Code.Jcxz_rel8_16 or Code.Jcxz_rel8_32 => 16,
            _ => 32,
        };
        op.Immediate = kind switch
        {
            1 => 1UL,
            2 => 2UL,
            _ => 0UL,
        };
        return Branches.Loop(kind, bits);
    }

    private static Handler Conditional(ConditionCode code, bool flat) => code switch
    {
        ConditionCode.o => Branches.If<IfO>(flat),
        ConditionCode.no => Branches.If<IfNo>(flat),
        ConditionCode.b => Branches.If<IfB>(flat),
        ConditionCode.ae => Branches.If<IfAe>(flat),
        ConditionCode.e => Branches.If<IfE>(flat),
        ConditionCode.ne => Branches.If<IfNe>(flat),
        ConditionCode.be => Branches.If<IfBe>(flat),
        ConditionCode.a => Branches.If<IfA>(flat),
        ConditionCode.s => Branches.If<IfS>(flat),
        ConditionCode.ns => Branches.If<IfNs>(flat),
        ConditionCode.p => Branches.If<IfP>(flat),
        ConditionCode.np => Branches.If<IfNp>(flat),
        ConditionCode.l => Branches.If<IfL>(flat),
        ConditionCode.ge => Branches.If<IfGe>(flat),
        ConditionCode.le => Branches.If<IfLe>(flat),
        ConditionCode.g => Branches.If<IfG>(flat),
        _ => null,
    };

    private static Handler Stack<TStack>(in Instruction i, ref Op op, ref bool ends)
        where TStack : struct, IStack
    {
        int bits = System.Math.Abs(i.StackPointerIncrement) * 8;
        switch (i.Mnemonic)
        {
            case Mnemonic.Call:
                ends = true;
                return Call<TStack>(i, ref op, bits);
            case Mnemonic.Ret:
                ends = true;
                op.Immediate = i.OpCount == 1 ? i.Immediate16 : 0UL;
                return Calls<TStack>.Return(i.Code switch
                {
                    Code.Retnw or Code.Retnw_imm16 => 16,
                    Code.Retnd or Code.Retnd_imm16 => 32,
                    _ => 64,
                });
            case Mnemonic.Push:
                return Push<TStack>(i, ref op, bits);
            case Mnemonic.Pop:
                return Pop<TStack>(i, ref op, bits);
            case Mnemonic.Pusha:
                return StackHandlers<TStack>.PushAll(16);
            case Mnemonic.Pushad:
                return StackHandlers<TStack>.PushAll(32);
            case Mnemonic.Popa:
                return StackHandlers<TStack>.PopAll(16);
            case Mnemonic.Popad:
                return StackHandlers<TStack>.PopAll(32);
            case Mnemonic.Leave:
                return StackHandlers<TStack>.Leave(i.Code switch { Code.Leavew => 16, Code.Leaved => 32, _ => 64 });
            case Mnemonic.Enter:
                op.Immediate = i.Immediate16;
                op.Displacement = i.Immediate8_2nd;
                return StackHandlers<TStack>.Enter(i.Code switch { Code.Enterw_imm16_imm8 => 16, Code.Enterd_imm16_imm8 => 32, _ => 64 });
            default:
                return null;
        }
    }

    private static Handler Call<TStack>(in Instruction i, ref Op op, int bits)
        where TStack : struct, IStack
    {
        if (i.Op0Kind is OpKind.NearBranch16 or OpKind.NearBranch32 or OpKind.NearBranch64)
        {
            op.Displacement = i.NearBranchTarget;
            return Calls<TStack>.Call(bits);
        }

        if (i.Code is not (Code.Call_rm16 or Code.Call_rm32 or Code.Call_rm64))
        {
            return null; // far calls are system instructions
        }

        bool memory = i.Op0Kind == OpKind.Memory;
        op.Reg = memory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
        return Calls<TStack>.CallIndirect(memory, bits);
    }

    private static Handler Push<TStack>(in Instruction i, ref Op op, int bits)
        where TStack : struct, IStack
    {
        switch (i.Op0Kind)
        {
            case OpKind.Register when i.Op0Register.IsSegmentRegister():
                op.Immediate = RegisterMap.Segment(i.Op0Register);
                return StackHandlers<TStack>.PushSegment(bits);
            case OpKind.Register:
                op.Reg = RegisterMap.Offset(i.Op0Register);
                return StackHandlers<TStack>.PushReg(bits);
            case OpKind.Memory:
                return StackHandlers<TStack>.PushMem(bits);
            default:
                op.Immediate = i.GetImmediate(0) & (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1);
                return StackHandlers<TStack>.PushImm(bits);
        }
    }

    private static Handler Pop<TStack>(in Instruction i, ref Op op, int bits)
        where TStack : struct, IStack
    {
        if (i.Op0Kind == OpKind.Memory)
        {
            return StackHandlers<TStack>.PopMem(bits);
        }

        if (i.Op0Register.IsSegmentRegister())
        {
            return null; // loads a descriptor: a system instruction
        }

        op.Reg = RegisterMap.Offset(i.Op0Register);
        return StackHandlers<TStack>.PopReg(bits);
    }
}
