using System.Collections.Generic;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>What a lean x87 stub means for its handler, kept in <c>Op.Reg2</c> (register forms) or <c>Op.Reg</c> (memory forms).</summary>
internal static class LeanShape
{
    /// <summary>Bits 1:0: registers popped afterwards.</summary>
    internal const byte PopMask = 3;

    /// <summary>C0 to C3 come from the stub; else C1 only.</summary>
    internal const byte AllConditions = 4;
}

/// <summary>
/// Writes the lean form of common x87 instructions: operands through RSI (ST0) and RDX (the other register, or memory), control word at RDI, status
/// to RDI + 512. No x87 state but that is moved. Valid with all exceptions masked and no stack fault ahead, which the handler checks.
/// </summary>
/// <remarks>
/// Clearing flags costs some 10 ns and most results are inexact, so that flag alone may stay on the host's unit between stubs (masked, it harms nobody).
/// It is cleared on the way in unless the guest has it set anyway.
/// </remarks>
internal static class LeanX87Writer
{
    // fldcw [rdi]; test byte [rdi+2], 20h; jnz +8; fnstsw ax; test al, 20h; jz +2; fnclex
    private static readonly byte[] Enter = [0xD9, 0x2F, 0xF6, 0x47, 0x02, 0x20, 0x75, 0x08, 0xDF, 0xE0, 0xA8, 0x20, 0x74, 0x02, 0xDB, 0xE2];
    private static readonly byte[] LoadFirst = [0xDB, 0x2E];                                    // fld tbyte [rsi]
    private static readonly byte[] LoadSecond = [0xDB, 0x2A];                                   // fld tbyte [rdx]
    private static readonly byte[] StoreFirst = [0xDB, 0x3E];                                   // fstp tbyte [rsi]
    private static readonly byte[] StoreSecond = [0xDB, 0x3A];                                  // fstp tbyte [rdx]
    private static readonly byte[] Drop = [0xDD, 0xD8];                                         // fstp st0
    private static readonly byte[] TakeStatus = [0xDF, 0xE0, 0x66, 0x89, 0x87, 0, 2, 0, 0];     // fnstsw ax; mov [rdi+512], ax

    // test al, 1Fh; jz +2; fnclex; fldcw [rip+1]; ret; 037Fh
    private static readonly byte[] Leave = [0xA8, 0x1F, 0x74, 0x02, 0xDB, 0xE2, 0xD9, 0x2D, 0x01, 0, 0, 0, 0xC3, 0x7F, 0x03];

    // pushfq; pop [rdi+520]
    private static readonly byte[] TakeFlags = [0x9C, 0x8F, 0x87, 8, 2, 0, 0];

    /// <summary>Empty when the instruction has no lean form. <paramref name="field"/>: its eleven opcode bits.</summary>
    internal static byte[] Write(in Instruction instruction, int field, out byte shape)
    {
        List<byte> code = new(48);
        code.AddRange(Enter);
        bool known = instruction.OpCount > 0 && instruction.Op0Kind == OpKind.Memory
            ? WriteMemory(code, instruction.Mnemonic, field, out shape)
            : WriteRegister(code, instruction.Mnemonic, field, out shape);
        code.AddRange(Leave);
        return known ? [.. code] : [];
    }

    private static bool WriteRegister(List<byte> code, Mnemonic mnemonic, int field, out byte shape)
    {
        byte group = (byte)(0xD8 + (field >> 8));
        byte operation = (byte)((field & 0xF8) | 1);
        shape = 0;
        switch (mnemonic)
        {
            case Mnemonic.Fadd or Mnemonic.Fmul or Mnemonic.Fsub or Mnemonic.Fsubr or Mnemonic.Fdiv or Mnemonic.Fdivr when group == 0xD8:
                Two(code, 0xD8, operation, toSecond: false);
                return true;
            case Mnemonic.Fadd or Mnemonic.Fmul or Mnemonic.Fsub or Mnemonic.Fsubr or Mnemonic.Fdiv or Mnemonic.Fdivr:
                Two(code, 0xDC, operation, toSecond: true);
                return true;
            case Mnemonic.Faddp or Mnemonic.Fmulp or Mnemonic.Fsubp or Mnemonic.Fsubrp or Mnemonic.Fdivp or Mnemonic.Fdivrp:
                shape = 1;
                Two(code, 0xDC, operation, toSecond: true);
                return true;
            case Mnemonic.Fcom or Mnemonic.Fcomp or Mnemonic.Fcompp:
                shape = (byte)(LeanShape.AllConditions | (mnemonic == Mnemonic.Fcom ? 0 : mnemonic == Mnemonic.Fcomp ? 1 : 2));
                Compare(code, 0xD8, 0xD1);
                return true;
            case Mnemonic.Fucom or Mnemonic.Fucomp or Mnemonic.Fucompp:
                shape = (byte)(LeanShape.AllConditions | (mnemonic == Mnemonic.Fucom ? 0 : mnemonic == Mnemonic.Fucomp ? 1 : 2));
                Compare(code, 0xDD, 0xE1);
                return true;
            case Mnemonic.Fcomi or Mnemonic.Fcomip:
                shape = (byte)(mnemonic == Mnemonic.Fcomi ? 0 : 1);
                CompareFlags(code, 0xF1);
                return true;
            case Mnemonic.Fucomi or Mnemonic.Fucomip:
                shape = (byte)(mnemonic == Mnemonic.Fucomi ? 0 : 1);
                CompareFlags(code, 0xE9);
                return true;
            case Mnemonic.Fsqrt or Mnemonic.Frndint or Mnemonic.Fabs or Mnemonic.Fchs:
                code.AddRange([.. LoadFirst, 0xD9, (byte)field, .. TakeStatus, .. StoreFirst]);
                return true;
            case Mnemonic.Fld1 or Mnemonic.Fldz or Mnemonic.Fldpi or Mnemonic.Fldl2e or Mnemonic.Fldl2t or Mnemonic.Fldlg2 or Mnemonic.Fldln2:
                code.AddRange([0xD9, (byte)field, .. TakeStatus, .. StoreFirst]);
                return true;
            default:
                return false;
        }
    }

    private static bool WriteMemory(List<byte> code, Mnemonic mnemonic, int field, out byte shape)
    {
        byte group = (byte)(0xD8 + (field >> 8));
        byte operation = (byte)((field & 0x38) | 2); // [rdx]
        shape = 0;
        switch (mnemonic)
        {
            case Mnemonic.Fadd or Mnemonic.Fmul or Mnemonic.Fsub or Mnemonic.Fsubr or Mnemonic.Fdiv or Mnemonic.Fdivr
                or Mnemonic.Fiadd or Mnemonic.Fimul or Mnemonic.Fisub or Mnemonic.Fisubr or Mnemonic.Fidiv or Mnemonic.Fidivr:
                code.AddRange([.. LoadFirst, group, operation, .. TakeStatus, .. StoreFirst]);
                return true;
            case Mnemonic.Fcom or Mnemonic.Fcomp or Mnemonic.Ficom or Mnemonic.Ficomp:
                // Without the pop: /2 in place of /3.
                shape = (byte)(LeanShape.AllConditions | ((field & 0x38) == 0x18 ? 1 : 0));
                code.AddRange([.. LoadFirst, group, 0x12, .. TakeStatus, .. Drop]);
                return true;
            case Mnemonic.Fld or Mnemonic.Fild:
                code.AddRange([group, operation, .. TakeStatus, .. StoreFirst]);
                return true;
            case Mnemonic.Fst or Mnemonic.Fist:
                code.AddRange([.. LoadFirst, group, operation, .. TakeStatus, .. Drop]);
                return true;
            case Mnemonic.Fstp or Mnemonic.Fistp or Mnemonic.Fisttp:
                shape = 1;
                code.AddRange([.. LoadFirst, group, operation, .. TakeStatus]);
                return true;
            default:
                return false;
        }
    }

    private static void Two(List<byte> code, byte group, byte operation, bool toSecond)
    {
        code.AddRange([.. LoadSecond, .. LoadFirst, group, operation, .. TakeStatus]);
        code.AddRange(toSecond ? [.. Drop, .. StoreSecond] : [.. StoreFirst, .. Drop]);
    }

    private static void Compare(List<byte> code, byte group, byte operation) =>
        code.AddRange([.. LoadSecond, .. LoadFirst, group, operation, .. TakeStatus, .. Drop, .. Drop]);

    private static void CompareFlags(List<byte> code, byte operation) =>
        code.AddRange([.. LoadSecond, .. LoadFirst, 0xDB, operation, .. TakeFlags, .. TakeStatus, .. Drop, .. Drop]);
}
