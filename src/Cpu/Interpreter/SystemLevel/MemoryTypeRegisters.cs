using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>MTRRs and PAT (Intel SDM vol. 3A 11.11, 11.12): kept and checked; caches are not modelled, so that they have no effect.</summary>
internal static class MemoryTypeRegisters
{
    private const int VariablePairs = 8;
    private const int FirstFixed = VariablePairs * 2;
    private const ulong Capability = VariablePairs | (1 << 8) | (1 << 10); // fixed ranges, write combining

    internal static bool Knows(uint number) => number is Msr.MtrrCapability or Msr.MtrrDefaultType || Index(number) >= 0;

    internal static ulong Read(InterpreterCore c, uint number) => number switch
    {
        Msr.MtrrCapability => Capability,
        Msr.MtrrDefaultType => c.S.MtrrDefType,
        _ => c.S.Mtrr[Index(number)],
    };

    internal static MsrOutcome Write(InterpreterCore c, uint number, ulong value)
    {
        if (number == Msr.MtrrDefaultType)
        {
            if ((value & ~0xCFFUL) != 0 || !IsType((byte)value))
            {
                return MsrOutcome.Refused;
            }

            c.S.MtrrDefType = value;
            return MsrOutcome.Done;
        }

        int index = Index(number);
        if (index < 0 || !IsValid(c, index, value))
        {
            return MsrOutcome.Refused;
        }

        c.S.Mtrr[index] = value;
        return MsrOutcome.Done;
    }

    internal static MsrOutcome WritePat(InterpreterCore c, ulong value)
    {
        for (int i = 0; i < 8; i++)
        {
            byte type = (byte)(value >> (8 * i));
            if (type != 7 && !IsType(type))
            {
                return MsrOutcome.Refused;
            }
        }

        c.S.Pat = value;
        return MsrOutcome.Done;
    }

    private static int Index(uint number) => number switch
    {
        >= Msr.MtrrBase0 and < Msr.MtrrBase0 + FirstFixed => (int)(number - Msr.MtrrBase0),
        Msr.MtrrFix64K => FirstFixed,
        Msr.MtrrFix16K or Msr.MtrrFix16K + 1 => (int)(number - Msr.MtrrFix16K) + FirstFixed + 1,
        >= Msr.MtrrFix4K and < Msr.MtrrFix4K + 8 => (int)(number - Msr.MtrrFix4K) + FirstFixed + 3,
        _ => -1,
    };

    private static bool IsValid(InterpreterCore c, int index, ulong value)
    {
        if (index < FirstFixed)
        {
            bool inside = value >> c.Model.PhysicalAddressBits == 0;
            return inside && ((index & 1) == 0 ? (value & 0xF00) == 0 && IsType((byte)value) : (value & 0x7FF) == 0);
        }

        for (int i = 0; i < 8; i++)
        {
            if (!IsType((byte)(value >> (8 * i))))
            {
                return false;
            }
        }

        return true;
    }

    // Uncacheable, write combining, write through, write protected, write back.
    private static bool IsType(byte type) => type is 0 or 1 or 4 or 5 or 6;
}
