using System.Collections.Generic;
using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Chooses the handler of x87 instructions.</summary>
// SAFETY: assigns addresses of static methods of this project.
internal static unsafe class X87Lowering
{
    /// <summary>Sets handler, registers and immediate; without <paramref name="quick"/> the quick way of <see cref="LeanX87"/> is left out.</summary>
    internal static bool TryLower(in Instruction instruction, ref Op op, bool quick = true)
    {
        if (TryLowerControl(instruction.Code, ref op))
        {
            return true;
        }

        if (instruction.Code is Code.Fstenv_m14byte or Code.Fstenv_m28byte or Code.Fstcw_m2byte or Code.Feni or Code.Fdisi or Code.Fclex
            or Code.Finit or Code.Fsetpm or Code.Fsave_m94byte or Code.Fsave_m108byte or Code.Fstsw_m2byte or Code.Fstsw_AX
            or Code.Fstdw_AX or Code.Fstsg_AX or Code.Frstpm or Code.Fnstdw_AX or Code.Fnstsg_AX or Code.Ftstp or Code.Frint2 or Code.Frichop or Code.Frinear)
        {
            return false; // two instructions (FWAIT and its fellow), or other makers' units
        }

        StubParts parts = StubParts.X87;
        if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory)
        {
            op.Reg2 = (byte)instruction.MemorySize.GetSize();
            op.Handler = IsStore(instruction.Mnemonic) ? &X87Operations.Store : &X87Operations.Load;
        }
        else if (instruction.Mnemonic is Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip
            or Mnemonic.Fcmovb or Mnemonic.Fcmove or Mnemonic.Fcmovbe or Mnemonic.Fcmovu
            or Mnemonic.Fcmovnb or Mnemonic.Fcmovne or Mnemonic.Fcmovnbe or Mnemonic.Fcmovnu)
        {
            parts |= StubParts.FlagsIn | StubParts.FlagsOut;
            op.Handler = &X87Operations.WithFlags;
        }
        else
        {
            op.Handler = &X87Operations.Register;
        }

        int field = OpcodeField(instruction);
        byte[] lean = LeanX87Writer.Write(instruction, field, out byte shape);
        op.Immediate = HostStubs.Get(instruction, parts, lean) | ((ulong)field << 48);
        if (quick)
        {
            ChooseLean(instruction, lean.Length > 0, shape, ref op);
            op.Reg = instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory ? shape : OtherRegister(instruction.Mnemonic, field);
        }

        return true;
    }

    private static void ChooseLean(in Instruction instruction, bool hasStub, byte shape, ref Op op)
    {
        if (instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory)
        {
            if (hasStub)
            {
                op.Handler = IsStore(instruction.Mnemonic) ? &LeanX87.StoreMemory
                    : instruction.Mnemonic is Mnemonic.Fld or Mnemonic.Fild ? &LeanX87.LoadMemory
                    : &LeanX87.ComputeMemory;
            }

            return;
        }

        op.Reg2 = shape;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Fld:
                op.Handler = &LeanX87.Duplicate;
                break;
            case Mnemonic.Fxch:
                op.Handler = &LeanX87.Exchange;
                break;
            case Mnemonic.Fst or Mnemonic.Fstp:
                op.Reg2 = (byte)(instruction.Mnemonic == Mnemonic.Fstp ? 1 : 0);
                op.Handler = &LeanX87.Copy;
                break;
            case Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip:
                op.Handler = &LeanX87.CompareFlags;
                break;
            case Mnemonic.Fld1 or Mnemonic.Fldz or Mnemonic.Fldpi or Mnemonic.Fldl2e or Mnemonic.Fldl2t or Mnemonic.Fldlg2 or Mnemonic.Fldln2:
                op.Handler = &LeanX87.Constant;
                break;
            case Mnemonic.Fsqrt or Mnemonic.Frndint or Mnemonic.Fabs or Mnemonic.Fchs:
                op.Handler = &LeanX87.Compute;
                break;
            default:
                if (hasStub)
                {
                    op.Handler = &LeanX87.Compute;
                }

                break;
        }
    }

    /// <summary>The i of ST(i); instructions of one operand have none.</summary>
    private static byte OtherRegister(Mnemonic mnemonic, int field) =>
        mnemonic is Mnemonic.Fsqrt or Mnemonic.Frndint or Mnemonic.Fabs or Mnemonic.Fchs ? (byte)0 : (byte)(field & 7);

    private static bool IsStore(Mnemonic mnemonic) =>
        mnemonic is Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp;

    private static bool TryLowerControl(Code code, ref Op op)
    {
        delegate*<InterpreterCore, ref Op, void> handler;
        switch (code)
        {
            case Code.Wait:
                handler = &X87Control.Wait;
                break;
            case Code.Fneni or Code.Fndisi or Code.Fnsetpm:
                handler = &X87Control.Nothing;
                break;
            case Code.Fninit:
                handler = &X87Control.Init;
                break;
            case Code.Fnclex:
                handler = &X87Control.ClearExceptions;
                break;
            case Code.Fldcw_m2byte:
                handler = &X87Control.LoadControl;
                break;
            case Code.Fnstcw_m2byte:
                handler = &X87Control.StoreControl;
                break;
            case Code.Fnstsw_m2byte:
                handler = &X87Control.StoreStatus;
                break;
            case Code.Fnstsw_AX:
                handler = &X87Control.StatusToAx;
                break;
            case Code.Fnstenv_m14byte or Code.Fnstenv_m28byte:
                op.Reg2 = (byte)(code == Code.Fnstenv_m14byte ? 14 : 28);
                handler = &X87Control.StoreEnvironment;
                break;
            case Code.Fldenv_m14byte or Code.Fldenv_m28byte:
                op.Reg2 = (byte)(code == Code.Fldenv_m14byte ? 14 : 28);
                handler = &X87Control.LoadEnvironment;
                break;
            case Code.Fnsave_m94byte or Code.Fnsave_m108byte:
                op.Reg2 = (byte)(code == Code.Fnsave_m94byte ? 94 : 108);
                handler = &X87Control.Save;
                break;
            case Code.Frstor_m94byte or Code.Frstor_m108byte:
                op.Reg2 = (byte)(code == Code.Frstor_m94byte ? 94 : 108);
                handler = &X87Control.Restore;
                break;
            default:
                return false;
        }

        op.Handler = handler;
        return true;
    }

    /// <summary>The 11 bits that FOP holds: low three of the first opcode byte, then the ModRM byte. The encoder gives back the guest's own bytes.</summary>
    private static int OpcodeField(in Instruction instruction)
    {
        List<byte> bytes = new(16);
        Encoder encoder = Encoder.Create(instruction.CodeSize switch { CodeSize.Code16 => 16, CodeSize.Code64 => 64, _ => 32 }, new StubWriter.ListWriter(bytes));
        if (encoder.TryEncode(instruction, instruction.IP, out _, out _))
        {
            for (int i = 0; i + 1 < bytes.Count; i++)
            {
                if ((bytes[i] & 0xF8) == 0xD8)
                {
                    return ((bytes[i] & 7) << 8) | bytes[i + 1];
                }
            }
        }

        return 0;
    }
}
