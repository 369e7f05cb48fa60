using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE, SWAPGS: 64-bit code only (Intel SDM vol. 2). False: an exception was raised.</summary>
internal static class SegmentBases
{
    /// <summary>RDFSBASE or RDGSBASE; a 32-bit destination takes the low half.</summary>
    internal static bool Read(InterpreterCore c, int segment, out ulong value)
    {
        value = c.S.Segment[segment].Base;
        return TryEnabled(c);
    }

    /// <summary>WRFSBASE or WRGSBASE with the operand zero-extended.</summary>
    internal static bool Write(InterpreterCore c, int segment, ulong value)
    {
        if (!TryEnabled(c))
        {
            return false;
        }

        if (!Words.IsCanonical(value))
        {
            return Privilege.Fault(c, Vector.GP);
        }

        Set(c, segment, value);
        return true;
    }

    /// <summary>SWAPGS.</summary>
    internal static bool SwapGs(InterpreterCore c)
    {
        if (!c.Is64Bit)
        {
            return Privilege.Fault(c, Vector.UD);
        }

        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        ulong old = c.S.Segment[Seg.GS].Base;
        Set(c, Seg.GS, c.S.KernelGsBase);
        c.S.KernelGsBase = old;
        return true;
    }

    /// <summary>Changes the base alone.</summary>
    internal static void Set(InterpreterCore c, int segment, ulong value)
    {
        SegmentState state = c.S.Segment[segment];
        state.Base = value;
        SegmentRegisters.Set(c, segment, state);
    }

    private static bool TryEnabled(InterpreterCore c) => (c.Is64Bit && (c.S.Cr4 & Cr4.FSGSBASE) != 0) || Privilege.Fault(c, Vector.UD);
}
