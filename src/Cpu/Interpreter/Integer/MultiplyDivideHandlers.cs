using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>MUL, IMUL, DIV, IDIV, and the decimal adjustments.</summary>
// SAFETY: handler addresses are used as Op.Handler documents.
internal static unsafe class MultiplyDivideHandlers
{
    private const byte Ah = 1;
    private const byte Rax = 0;
    private const byte Rdx = 16;

    internal static Handler Mul(bool memory, int bits) => bits switch
    {
        8 => memory ? &MulMem<W8> : &MulReg<W8>,
        16 => memory ? &MulMem<W16> : &MulReg<W16>,
        32 => memory ? &MulMem<W32> : &MulReg<W32>,
        _ => memory ? &MulMem<W64> : &MulReg<W64>,
    };

    internal static Handler Imul(bool memory, int bits) => bits switch
    {
        8 => memory ? &ImulMem<W8> : &ImulReg<W8>,
        16 => memory ? &ImulMem<W16> : &ImulReg<W16>,
        32 => memory ? &ImulMem<W32> : &ImulReg<W32>,
        _ => memory ? &ImulMem<W64> : &ImulReg<W64>,
    };

    /// <summary>IMUL with two operands (<c>Reg = Reg * operand</c>) or three (<c>Reg = operand * Immediate</c>).</summary>
    internal static Handler ImulTo(bool memory, bool immediate, int bits) => bits switch
    {
        16 => ImulTo<W16>(memory, immediate),
        32 => ImulTo<W32>(memory, immediate),
        _ => ImulTo<W64>(memory, immediate),
    };

    internal static Handler Div(bool memory, int bits) => bits switch
    {
        8 => memory ? &DivMem<W8> : &DivReg<W8>,
        16 => memory ? &DivMem<W16> : &DivReg<W16>,
        32 => memory ? &DivMem<W32> : &DivReg<W32>,
        _ => memory ? &DivMem<W64> : &DivReg<W64>,
    };

    internal static Handler Idiv(bool memory, int bits) => bits switch
    {
        8 => memory ? &IdivMem<W8> : &IdivReg<W8>,
        16 => memory ? &IdivMem<W16> : &IdivReg<W16>,
        32 => memory ? &IdivMem<W32> : &IdivReg<W32>,
        _ => memory ? &IdivMem<W64> : &IdivReg<W64>,
    };

    internal static void Aaa(InterpreterCore c, ref Op op) => SetAx(c, DecimalAdjust.AfterAdd(ref c.Flags, Ax(c)));

    internal static void Aas(InterpreterCore c, ref Op op) => SetAx(c, DecimalAdjust.AfterSubtract(ref c.Flags, Ax(c)));

    internal static void Aad(InterpreterCore c, ref Op op) => SetAx(c, DecimalAdjust.BeforeDivide(ref c.Flags, Ax(c), (byte)op.Immediate));

    internal static void Aam(InterpreterCore c, ref Op op)
    {
        if (DecimalAdjust.TryAfterMultiply(ref c.Flags, Ax(c), (byte)op.Immediate, out ushort result))
        {
            SetAx(c, result);
        }
        else
        {
            c.Raise(Vector.DE);
        }
    }

    internal static void Daa(InterpreterCore c, ref Op op) =>
        RegisterAccess.Write<W8>(ref c.Regs, Rax, DecimalAdjust.PackedAfterAdd(ref c.Flags, (byte)Ax(c)));

    internal static void Das(InterpreterCore c, ref Op op) =>
        RegisterAccess.Write<W8>(ref c.Regs, Rax, DecimalAdjust.PackedAfterSubtract(ref c.Flags, (byte)Ax(c)));

    private static ushort Ax(InterpreterCore c) => (ushort)RegisterAccess.Read<W16>(ref c.Regs, Rax);

    private static void SetAx(InterpreterCore c, ushort value) => RegisterAccess.Write<W16>(ref c.Regs, Rax, value);

    private static Handler ImulTo<W>(bool memory, bool immediate)
        where W : struct, IWidth => (memory, immediate) switch
        {
            (false, false) => &ImulRegReg<W>,
            (false, true) => &ImulRegRegImm<W>,
            (true, false) => &ImulRegMem<W>,
            _ => &ImulRegMemImm<W>,
        };

    private static bool TryLoad<W>(InterpreterCore c, ref Op op, out ulong value)
        where W : struct, IWidth
    {
        value = 0;
        return Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out value);
    }

    private static void MulReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => Mul<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg));

    private static void MulMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            Mul<W>(c, value);
        }
    }

    private static void Mul<W>(InterpreterCore c, ulong value)
        where W : struct, IWidth
    {
        MultiplyDivide.Multiply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, Rax), value, out ulong low, out ulong high);
        SetPair<W>(c, low, high);
    }

    private static void ImulReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => Imul<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg));

    private static void ImulMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            Imul<W>(c, value);
        }
    }

    private static void Imul<W>(InterpreterCore c, ulong value)
        where W : struct, IWidth
    {
        MultiplyDivide.MultiplySigned<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, Rax), value, out ulong low, out ulong high);
        SetPair<W>(c, low, high);
    }

    private static void SetPair<W>(InterpreterCore c, ulong low, ulong high)
        where W : struct, IWidth
    {
        RegisterAccess.Write<W>(ref c.Regs, Rax, low);
        RegisterAccess.Write<W>(ref c.Regs, W.Bits == 8 ? Ah : Rdx, high);
    }

    private static void ImulRegReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth =>
        ImulTo<W>(c, ref op, RegisterAccess.Read<W>(ref c.Regs, op.Reg), RegisterAccess.Read<W>(ref c.Regs, op.Reg2));

    private static void ImulRegRegImm<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => ImulTo<W>(c, ref op, RegisterAccess.Read<W>(ref c.Regs, op.Reg2), op.Immediate);

    private static void ImulRegMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            ImulTo<W>(c, ref op, RegisterAccess.Read<W>(ref c.Regs, op.Reg), value);
        }
    }

    private static void ImulRegMemImm<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            ImulTo<W>(c, ref op, value, op.Immediate);
        }
    }

    private static void ImulTo<W>(InterpreterCore c, ref Op op, ulong left, ulong right)
        where W : struct, IWidth
    {
        MultiplyDivide.MultiplySigned<W>(ref c.Flags, left, right, out ulong low, out _);
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, low);
    }

    private static void DivReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => Divide<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), signed: false);

    private static void DivMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            Divide<W>(c, value, signed: false);
        }
    }

    private static void IdivReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => Divide<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), signed: true);

    private static void IdivMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryLoad<W>(c, ref op, out ulong value))
        {
            Divide<W>(c, value, signed: true);
        }
    }

    private static void Divide<W>(InterpreterCore c, ulong divisor, bool signed)
        where W : struct, IWidth
    {
        byte upper = W.Bits == 8 ? Ah : Rdx;
        ulong low = RegisterAccess.Read<W>(ref c.Regs, Rax);
        ulong high = RegisterAccess.Read<W>(ref c.Regs, upper);
        bool fits = signed
            ? MultiplyDivide.TryDivideSigned<W>(low, high, divisor, out ulong quotient, out ulong remainder)
            : MultiplyDivide.TryDivide<W>(low, high, divisor, out quotient, out remainder);
        if (!fits)
        {
            c.Raise(Vector.DE);
            return;
        }

        RegisterAccess.Write<W>(ref c.Regs, Rax, quotient);
        RegisterAccess.Write<W>(ref c.Regs, upper, remainder);
    }
}
