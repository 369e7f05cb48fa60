using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Where the operands of a two-operand instruction are: destination first.</summary>
internal enum Form
{
    RegReg,
    RegMem,
    MemReg,
    RegImm,
    MemImm,
}

/// <summary>Two-operand arithmetic in all operand forms.</summary>
// SAFETY: handler addresses and host pointers are used as Op.Handler and LinearMemory document.
internal static unsafe class Arithmetic
{
    internal static Handler Select<TOp>(Form form, int bits)
        where TOp : struct, IBinaryOperation => bits switch
        {
            8 => Select<TOp, W8>(form),
            16 => Select<TOp, W16>(form),
            32 => Select<TOp, W32>(form),
            _ => Select<TOp, W64>(form),
        };

    private static Handler Select<TOp, W>(Form form)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth => form switch
        {
            Form.RegReg => &RegReg<TOp, W>,
            Form.RegMem => &RegMem<TOp, W>,
            Form.MemReg => TOp.Writes ? &MemReg<TOp, W> : &MemRegCompare<TOp, W>,
            Form.RegImm => &RegImm<TOp, W>,
            _ => TOp.Writes ? &MemImm<TOp, W> : &MemImmCompare<TOp, W>,
        };

    private static void RegReg<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        ulong result = TOp.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg), RegisterAccess.Read<W>(ref c.Regs, op.Reg2));
        if (TOp.Writes)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, result);
        }
    }

    private static void RegImm<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        ulong result = TOp.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg), op.Immediate);
        if (TOp.Writes)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, result);
        }
    }

    private static void RegMem<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<W>(c, ref op);
        if (at != null)
        {
            ulong result = TOp.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg), LinearMemory.Value<W>(at));
            if (TOp.Writes)
            {
                RegisterAccess.Write<W>(ref c.Regs, op.Reg, result);
            }
        }
        else
        {
            RegMemSlow<TOp, W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RegMemSlow<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        if (!Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) || !c.Memory.TryRead<W>(linear, out ulong value))
        {
            return;
        }

        ulong result = TOp.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg), value);
        if (TOp.Writes)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, result);
        }
    }

    private static void MemReg<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, TOp.Apply<W>(ref c.Flags, value, RegisterAccess.Read<W>(ref c.Regs, op.Reg)));
        }
    }

    private static void MemImm<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, TOp.Apply<W>(ref c.Flags, value, op.Immediate));
        }
    }

    private static void MemRegCompare<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<W>(c, ref op);
        if (at != null)
        {
            _ = TOp.Apply<W>(ref c.Flags, LinearMemory.Value<W>(at), RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        }
        else
        {
            MemRegCompareSlow<TOp, W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MemRegCompareSlow<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            _ = TOp.Apply<W>(ref c.Flags, value, RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        }
    }

    private static void MemImmCompare<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<W>(c, ref op);
        if (at != null)
        {
            _ = TOp.Apply<W>(ref c.Flags, LinearMemory.Value<W>(at), op.Immediate);
        }
        else
        {
            MemImmCompareSlow<TOp, W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MemImmCompareSlow<TOp, W>(InterpreterCore c, ref Op op)
        where TOp : struct, IBinaryOperation
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            _ = TOp.Apply<W>(ref c.Flags, value, op.Immediate);
        }
    }
}
