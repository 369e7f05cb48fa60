using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>MOV, MOVZX, MOVSX, LEA, XCHG, CMOVcc, SETcc, sign extensions.</summary>
// SAFETY: handler addresses and host pointers are used as Op.Handler and LinearMemory document.
internal static unsafe class Moves
{
    internal static Handler Mov(Form form, int bits) => bits switch
    {
        8 => Mov<W8>(form),
        16 => Mov<W16>(form),
        32 => Mov<W32>(form),
        _ => Mov<W64>(form),
    };

    /// <summary>MOVZX, MOVSX, MOVSXD, and MOVBE is elsewhere.</summary>
    internal static Handler Extend(bool memory, bool signed, int fromBits, int toBits) => fromBits switch
    {
        8 => Extend<W8>(memory, signed, toBits),
        16 => Extend<W16>(memory, signed, toBits),
        _ => Extend<W32>(memory, signed, toBits),
    };

    internal static Handler Lea(int bits) => bits switch
    {
        16 => &Lea<W16>,
        32 => &Lea<W32>,
        _ => &Lea<W64>,
    };

    internal static Handler Xchg(bool memory, int bits) => bits switch
    {
        8 => memory ? &XchgMem<W8> : &XchgReg<W8>,
        16 => memory ? &XchgMem<W16> : &XchgReg<W16>,
        32 => memory ? &XchgMem<W32> : &XchgReg<W32>,
        _ => memory ? &XchgMem<W64> : &XchgReg<W64>,
    };

    internal static Handler Cmov<TIf>(bool memory, int bits)
        where TIf : struct, ICondition => bits switch
        {
            16 => memory ? &CmovMem<TIf, W16> : &CmovReg<TIf, W16>,
            32 => memory ? &CmovMem<TIf, W32> : &CmovReg<TIf, W32>,
            _ => memory ? &CmovMem<TIf, W64> : &CmovReg<TIf, W64>,
        };

    internal static Handler Set<TIf>(bool memory)
        where TIf : struct, ICondition => memory ? &SetMem<TIf> : &SetReg<TIf>;

    internal static Handler Movbe(bool store, int bits) => bits switch
    {
        16 => store ? &MovbeStore<W16> : &MovbeLoad<W16>,
        32 => store ? &MovbeStore<W32> : &MovbeLoad<W32>,
        _ => store ? &MovbeStore<W64> : &MovbeLoad<W64>,
    };

    internal static void Nothing(InterpreterCore c, ref Op op)
    {
    }

    /// <summary>MOVSXD of a 16-bit register from memory: AMD's processors read 32 bits of it.</summary>
    internal static void LoadNarrow(InterpreterCore c, ref Op op)
    {
        ulong value = 0;
        if (Operand.TryAddress(c, ref op, c.IsAmd ? 4u : 2u, write: false, out ulong linear)
            && (c.IsAmd ? c.Memory.TryRead<W32>(linear, out value) : c.Memory.TryRead<W16>(linear, out value)))
        {
            RegisterAccess.Write<W16>(ref c.Regs, op.Reg, value & 0xFFFF);
        }
    }

    internal static void Cbw(InterpreterCore c, ref Op op) =>
        RegisterAccess.Write<W16>(ref c.Regs, 0, Width.SignExtend<W8>(c.Gpr(0)));

    internal static void Cwde(InterpreterCore c, ref Op op) => RegisterAccess.Write<W32>(ref c.Regs, 0, Width.SignExtend<W16>(c.Gpr(0)));

    internal static void Cdqe(InterpreterCore c, ref Op op) => c.Gpr(0) = Width.SignExtend<W32>(c.Gpr(0));

    internal static void Cwd(InterpreterCore c, ref Op op) => RegisterAccess.Write<W16>(ref c.Regs, 16, Width.SignExtend<W16>(c.Gpr(0)) >> 16);

    internal static void Cdq(InterpreterCore c, ref Op op) => RegisterAccess.Write<W32>(ref c.Regs, 16, Width.SignExtend<W32>(c.Gpr(0)) >> 32);

    internal static void Cqo(InterpreterCore c, ref Op op) => c.Gpr(2) = (ulong)((long)c.Gpr(0) >> 63);

    /// <summary>XLAT: AL = [BX + AL]; base and index stand in the operand already.</summary>
    internal static void Xlat(InterpreterCore c, ref Op op)
    {
        ulong offset = (c.Gpr(3) + (byte)c.Gpr(0)) & op.AddressMask;
        ulong linear = offset;
        if ((op.Segment == Op.Flat || Operand.TrySegment(c, ref op, offset, 1, write: false, out linear))
            && c.Memory.TryRead<W8>(linear, out ulong value))
        {
            RegisterAccess.Write<W8>(ref c.Regs, 0, value);
        }
    }

    private static Handler Mov<W>(Form form)
        where W : struct, IWidth => form switch
        {
            Form.RegReg => &RegReg<W>,
            Form.RegMem => &Load<W>,
            Form.MemReg => &Store<W>,
            Form.RegImm => &RegImm<W>,
            _ => &StoreImm<W>,
        };

    private static Handler Extend<TFrom>(bool memory, bool signed, int toBits)
        where TFrom : struct, IWidth => toBits switch
        {
            16 => Extend<TFrom, W16>(memory, signed),
            32 => Extend<TFrom, W32>(memory, signed),
            _ => Extend<TFrom, W64>(memory, signed),
        };

    private static Handler Extend<TFrom, W>(bool memory, bool signed)
        where TFrom : struct, IWidth
        where W : struct, IWidth => (memory, signed) switch
        {
            (false, false) => &ZeroReg<TFrom, W>,
            (false, true) => &SignReg<TFrom, W>,
            (true, false) => &ZeroMem<TFrom, W>,
            _ => &SignMem<TFrom, W>,
        };

    private static void RegReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => RegisterAccess.Write<W>(ref c.Regs, op.Reg, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));

    private static void RegImm<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => RegisterAccess.Write<W>(ref c.Regs, op.Reg, op.Immediate);

    private static void Load<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<W>(c, ref op);
        if (at != null)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, LinearMemory.Value<W>(at));
        }
        else
        {
            LoadSlow<W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LoadSlow<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, value);
        }
    }

    private static void Store<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        byte* at = Operand.WriteHit<W>(c, ref op);
        if (at != null)
        {
            LinearMemory.Store<W>(at, RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        }
        else
        {
            StoreSlow<W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSlow<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W>(linear, RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        }
    }

    private static void StoreImm<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W>(linear, op.Immediate);
        }
    }

    private static void ZeroReg<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth => RegisterAccess.Write<W>(ref c.Regs, op.Reg, RegisterAccess.Read<TFrom>(ref c.Regs, op.Reg2));

    private static void SignReg<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth =>
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, Width.SignExtend<TFrom>(RegisterAccess.Read<TFrom>(ref c.Regs, op.Reg2)));

    private static void ZeroMem<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<TFrom>(c, ref op);
        if (at != null)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, LinearMemory.Value<TFrom>(at));
        }
        else
        {
            ZeroMemSlow<TFrom, W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ZeroMemSlow<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)TFrom.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<TFrom>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, value);
        }
    }

    private static void SignMem<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth
    {
        byte* at = Operand.ReadHit<TFrom>(c, ref op);
        if (at != null)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, Width.SignExtend<TFrom>(LinearMemory.Value<TFrom>(at)));
        }
        else
        {
            SignMemSlow<TFrom, W>(c, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SignMemSlow<TFrom, W>(InterpreterCore c, ref Op op)
        where TFrom : struct, IWidth
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)TFrom.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<TFrom>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, Width.SignExtend<TFrom>(value));
        }
    }

    private static void Lea<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => RegisterAccess.Write<W>(ref c.Regs, op.Reg, Operand.Offset(c, ref op));

    private static void XchgReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong first = RegisterAccess.Read<W>(ref c.Regs, op.Reg);
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));
        RegisterAccess.Write<W>(ref c.Regs, op.Reg2, first);
    }

    private static void XchgMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear)
            && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, RegisterAccess.Read<W>(ref c.Regs, op.Reg));
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, value);
        }
    }

    // A 32-bit CMOV clears the upper half even when the condition fails.
    private static void CmovReg<TIf, W>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition
        where W : struct, IWidth =>
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, RegisterAccess.Read<W>(ref c.Regs, TIf.Holds(c.Flags) ? op.Reg2 : op.Reg));

    private static void CmovMem<TIf, W>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, TIf.Holds(c.Flags) ? value : RegisterAccess.Read<W>(ref c.Regs, op.Reg));
        }
    }

    private static void SetReg<TIf>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition => RegisterAccess.Write<W8>(ref c.Regs, op.Reg, TIf.Holds(c.Flags) ? 1UL : 0);

    private static void SetMem<TIf>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition
    {
        if (Operand.TryAddress(c, ref op, 1, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W8>(linear, TIf.Holds(c.Flags) ? 1UL : 0);
        }
    }

    private static ulong Swap<W>(ulong value)
        where W : struct, IWidth => System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value) >> (64 - W.Bits);

    private static void MovbeLoad<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, Swap<W>(value));
        }
    }

    private static void MovbeStore<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W>(linear, Swap<W>(RegisterAccess.Read<W>(ref c.Regs, op.Reg)));
        }
    }
}
