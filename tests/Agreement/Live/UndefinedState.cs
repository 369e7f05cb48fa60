using Doppel.X86.Registers;
using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace Doppel.Agreement.Tests.Live;

/// <summary>What the manual leaves open after an instruction: from Iced's instruction data, and here where the shift count or the operand decides.</summary>
internal static class UndefinedState
{
    private const RflagsBits Arithmetic = RflagsBits.CF | RflagsBits.PF | RflagsBits.AF | RflagsBits.ZF | RflagsBits.SF | RflagsBits.OF;

    /// <summary>Undefined RFLAGS bits, and undefined status-word bits (C0 to C3) in <paramref name="status"/>.</summary>
    internal static ulong Flags(LiveCase test, out ushort status)
    {
        RflagsBits bits = Bits(test);
        ulong flags = 0;
        flags |= (bits & RflagsBits.CF) != 0 ? (ulong)RFlags.CF : 0;
        flags |= (bits & RflagsBits.PF) != 0 ? (ulong)RFlags.PF : 0;
        flags |= (bits & RflagsBits.AF) != 0 ? (ulong)RFlags.AF : 0;
        flags |= (bits & RflagsBits.ZF) != 0 ? (ulong)RFlags.ZF : 0;
        flags |= (bits & RflagsBits.SF) != 0 ? (ulong)RFlags.SF : 0;
        flags |= (bits & RflagsBits.OF) != 0 ? (ulong)RFlags.OF : 0;
        status = 0;
        status |= (bits & RflagsBits.C0) != 0 ? (ushort)0x100 : (ushort)0;
        status |= (bits & RflagsBits.C1) != 0 ? (ushort)0x200 : (ushort)0;
        status |= (bits & RflagsBits.C2) != 0 ? (ushort)0x400 : (ushort)0;
        status |= (bits & RflagsBits.C3) != 0 ? (ushort)0x4000 : (ushort)0;
        return flags;
    }

    /// <summary>SHLD and SHRD of 16 bits by more than 16, BSF and BSR of zero: the result is undefined (Intel SDM vol. 2).</summary>
    internal static bool Result(LiveCase test, LiveOutcome host) =>
        IsOvershift(test) || (test.Instruction.Mnemonic is M.Bsf or M.Bsr && (host.Flags & (ulong)RFlags.ZF) != 0);

    private static bool IsOvershift(LiveCase test) => test.Instruction.Mnemonic is M.Shld or M.Shrd && Count(test) > Width(test);

    private static RflagsBits Bits(LiveCase test)
    {
        RflagsBits undefined = test.Instruction.RflagsUndefined;
        switch (test.Instruction.Mnemonic)
        {
            case M.Shl or M.Shr or M.Sal or M.Sar or M.Shld or M.Shrd:
                int count = Count(test);
                if (count == 0)
                {
                    return RflagsBits.None;
                }

                if (IsOvershift(test))
                {
                    return Arithmetic;
                }

                undefined |= RflagsBits.AF;
                undefined |= count >= Width(test) && test.Instruction.Mnemonic is not M.Sar ? RflagsBits.CF : 0;
                return count == 1 ? undefined & ~RflagsBits.OF : undefined | RflagsBits.OF;
            case M.Rol or M.Ror or M.Rcl or M.Rcr:
                return Count(test) is 0 or 1 ? RflagsBits.None : RflagsBits.OF;
            default:
                return undefined;
        }
    }

    private static int Width(LiveCase test) => test.Instruction.Op0Kind == OpKind.Register ? test.Instruction.Op0Register.GetSize() * 8 : test.Instruction.MemorySize.GetSize() * 8;

    private static int Count(LiveCase test)
    {
        int last = test.Instruction.OpCount - 1;
        int count = test.Instruction.GetOpKind(last) == OpKind.Register ? (int)test.Registers[1] : (int)test.Instruction.GetImmediate(last);
        return count & (Width(test) == 64 ? 63 : 31);
    }
}
