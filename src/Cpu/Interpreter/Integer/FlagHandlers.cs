using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Decode;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Instructions on single flags, LAHF, SAHF, SALC, BOUND, CLFLUSH.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class FlagHandlers
{
    internal static void Clc(InterpreterCore c, ref Op op) => c.Flags.SetCarry(0);

    internal static void Stc(InterpreterCore c, ref Op op) => c.Flags.SetCarry(1);

    internal static void Cmc(InterpreterCore c, ref Op op) => c.Flags.SetCarry(c.Flags.CarryBit ^ 1);

    internal static void Cld(InterpreterCore c, ref Op op) => c.SystemFlags &= ~(ulong)RFlags.DF;

    internal static void Std(InterpreterCore c, ref Op op) => c.SystemFlags |= (ulong)RFlags.DF;

    internal static void Lahf(InterpreterCore c, ref Op op) => RegisterAccess.Write<W8>(ref c.Regs, 1, (c.Flags.Pack() & 0xD5) | 2);

    internal static void Sahf(InterpreterCore c, ref Op op) =>
        c.Flags.Unpack((RegisterAccess.Read<W8>(ref c.Regs, 1) & 0xD5) | (c.Flags.Overflow ? (ulong)RFlags.OF : 0));

    internal static void Salc(InterpreterCore c, ref Op op) => RegisterAccess.Write<W8>(ref c.Regs, 0, c.Flags.Carry ? 0xFFUL : 0);

    /// <summary>CLFLUSH touches its byte as a read does.</summary>
    internal static void Clflush(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, 1, write: false, out ulong linear))
        {
            _ = c.Memory.TryRead<W8>(linear, out _);
        }
    }

    internal static Handler Bound(in Instruction i, ref Op op)
    {
        op.Reg = RegisterMap.Offset(i.Op0Register);
        return i.Op0Register.GetSize() == 2 ? &Bound<W16> : &Bound<W32>;
    }

    private static void Bound<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        uint size = (uint)W.Bits / 8;
        long index = (long)Width.SignExtend<W>(RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        if (!Operand.TryAddress(c, ref op, size * 2, write: false, out ulong linear) || !c.Memory.TryRead<W>(linear, out ulong low))
        {
            return;
        }

        // Intel's processors read the upper bound when the index is not below the lower one, AMD's always.
        bool below = index < (long)Width.SignExtend<W>(low);
        if (below && !c.IsAmd)
        {
            c.Raise(Vector.BR);
        }
        else if (c.Memory.TryRead<W>((uint)(linear + size), out ulong high) && (below || index > (long)Width.SignExtend<W>(high)))
        {
            c.Raise(Vector.BR);
        }
    }
}
