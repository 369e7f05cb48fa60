using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>INC, DEC, NEG, NOT, BSWAP; shifts and rotates; multiplication and division.</summary>
// SAFETY: handler addresses and host pointers are used as Op.Handler and LinearMemory document.
internal static unsafe class UnaryArithmetic
{
    internal static Handler Select<TOp>(bool memory, int bits)
        where TOp : struct, IUnaryOperation => bits switch
        {
            8 => memory ? &Mem<TOp, W8> : &Reg<TOp, W8>,
            16 => memory ? &Mem<TOp, W16> : &Reg<TOp, W16>,
            32 => memory ? &Mem<TOp, W32> : &Reg<TOp, W32>,
            _ => memory ? &Mem<TOp, W64> : &Reg<TOp, W64>,
        };

    internal static Handler SelectShift<TOp>(bool memory, bool byCl, int bits)
        where TOp : struct, IShiftOperation => bits switch
        {
            8 => SelectShift<TOp, W8>(memory, byCl),
            16 => SelectShift<TOp, W16>(memory, byCl),
            32 => SelectShift<TOp, W32>(memory, byCl),
            _ => SelectShift<TOp, W64>(memory, byCl),
        };

    internal static Handler SelectDoubleShift(bool left, bool memory, bool byCl, int bits) => bits switch
    {
        16 => SelectDoubleShift<W16>(left, memory, byCl),
        32 => SelectDoubleShift<W32>(left, memory, byCl),
        _ => SelectDoubleShift<W64>(left, memory, byCl),
    };

    private static Handler SelectShift<TOp, W>(bool memory, bool byCl)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth => (memory, byCl) switch
        {
            (false, false) => &ShiftReg<TOp, W>,
            (false, true) => &ShiftRegCl<TOp, W>,
            (true, false) => &ShiftMem<TOp, W>,
            _ => &ShiftMemCl<TOp, W>,
        };

    private static Handler SelectDoubleShift<W>(bool left, bool memory, bool byCl)
        where W : struct, IWidth => (left, memory, byCl) switch
        {
            (true, false, false) => &ShldReg<W>,
            (true, false, true) => &ShldRegCl<W>,
            (true, true, false) => &ShldMem<W>,
            (true, true, true) => &ShldMemCl<W>,
            (false, false, false) => &ShrdReg<W>,
            (false, false, true) => &ShrdRegCl<W>,
            (false, true, false) => &ShrdMem<W>,
            _ => &ShrdMemCl<W>,
        };

    private static void Reg<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IUnaryOperation
        where W : struct, IWidth =>
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, TOp.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg)));

    private static void Mem<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IUnaryOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, TOp.Apply<W>(ref c.Flags, value));
        }
    }

    private static int MaskCount<W>(ulong count)
        where W : struct, IWidth => (int)count & (W.Bits == 64 ? 63 : 31);

    private static ulong Cl(InterpreterCore c) => RegisterAccess.Read<W8>(ref c.Regs, 8);

    private static void ShiftReg<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth => ShiftReg<TOp, W>(c, ref op, op.Immediate);

    private static void ShiftRegCl<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth => ShiftReg<TOp, W>(c, ref op, Cl(c));

    private static void ShiftReg<TOp, W>(InterpreterCore c, ref Op op, ulong by)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth
    {
        int count = MaskCount<W>(by);
        ulong value = RegisterAccess.Read<W>(ref c.Regs, op.Reg);
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, count == 0 ? value : TOp.Apply<W>(ref c.Flags, value, count));
    }

    private static void ShiftMem<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth => ShiftMem<TOp, W>(c, ref op, op.Immediate);

    private static void ShiftMemCl<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth => ShiftMem<TOp, W>(c, ref op, Cl(c));

    private static void ShiftMem<TOp, W>(InterpreterCore c, ref Op op, ulong by)
        where TOp : struct, IShiftOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            int count = MaskCount<W>(by);
            c.Memory.EndModify<W>(linear, at, count == 0 ? value : TOp.Apply<W>(ref c.Flags, value, count));
        }
    }

    private static void ShldReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleReg<W>(c, ref op, left: true, op.Immediate);

    private static void ShldRegCl<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleReg<W>(c, ref op, left: true, Cl(c));

    private static void ShrdReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleReg<W>(c, ref op, left: false, op.Immediate);

    private static void ShrdRegCl<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleReg<W>(c, ref op, left: false, Cl(c));

    private static void ShldMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleMem<W>(c, ref op, left: true, op.Immediate);

    private static void ShldMemCl<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleMem<W>(c, ref op, left: true, Cl(c));

    private static void ShrdMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleMem<W>(c, ref op, left: false, op.Immediate);

    private static void ShrdMemCl<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => DoubleMem<W>(c, ref op, left: false, Cl(c));

    private static void DoubleReg<W>(InterpreterCore c, ref Op op, bool left, ulong by)
        where W : struct, IWidth =>
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, Double<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), op.Reg2, left, by));

    private static void DoubleMem<W>(InterpreterCore c, ref Op op, bool left, ulong by)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, Double<W>(c, value, op.Reg2, left, by));
        }
    }

    private static ulong Double<W>(InterpreterCore c, ulong value, byte fillRegister, bool left, ulong by)
        where W : struct, IWidth
    {
        int count = MaskCount<W>(by);
        ulong fill = RegisterAccess.Read<W>(ref c.Regs, fillRegister);
        return count == 0 ? value
            : left ? DoubleShift.Left<W>(ref c.Flags, value, fill, count)
            : DoubleShift.Right<W>(ref c.Flags, value, fill, count);
    }
}
