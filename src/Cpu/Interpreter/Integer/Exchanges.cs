using System.Buffers.Binary;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>CMPXCHG, XADD, CMPXCHG8B, CMPXCHG16B. One vCPU runs at a time, so LOCK asks for nothing more.</summary>
// SAFETY: handler addresses and host pointers are used as Op.Handler and LinearMemory document.
internal static unsafe class Exchanges
{
    internal static Handler CompareExchange(bool memory, int bits) => bits switch
    {
        8 => memory ? &CompareExchangeMem<W8> : &CompareExchangeReg<W8>,
        16 => memory ? &CompareExchangeMem<W16> : &CompareExchangeReg<W16>,
        32 => memory ? &CompareExchangeMem<W32> : &CompareExchangeReg<W32>,
        _ => memory ? &CompareExchangeMem<W64> : &CompareExchangeReg<W64>,
    };

    internal static Handler ExchangeAdd(bool memory, int bits) => bits switch
    {
        8 => memory ? &ExchangeAddMem<W8> : &ExchangeAddReg<W8>,
        16 => memory ? &ExchangeAddMem<W16> : &ExchangeAddReg<W16>,
        32 => memory ? &ExchangeAddMem<W32> : &ExchangeAddReg<W32>,
        _ => memory ? &ExchangeAddMem<W64> : &ExchangeAddReg<W64>,
    };

    internal static void CompareExchange8(InterpreterCore c, ref Op op)
    {
        if (!Operand.TryAddress(c, ref op, 8, write: true, out ulong linear) || !c.Memory.TryBeginModify<W64>(linear, out ulong value, out byte* at))
        {
            return;
        }

        bool equal = value == (((ulong)(uint)c.Gpr(2) << 32) | (uint)c.Gpr(0));
        c.Memory.EndModify<W64>(linear, at, equal ? ((ulong)(uint)c.Gpr(1) << 32) | (uint)c.Gpr(3) : value);
        if (!equal)
        {
            c.Gpr(0) = (uint)value;
            c.Gpr(2) = value >> 32;
        }

        c.Flags.SetZero(equal);
    }

    internal static void CompareExchange16(InterpreterCore c, ref Op op)
    {
        System.Span<byte> bytes = stackalloc byte[16];
        if (!Operand.TryAddress(c, ref op, 16, write: true, out ulong linear))
        {
            return;
        }

        if ((linear & 15) != 0)
        {
            c.Raise(Vector.GP);
            return;
        }

        if (!c.Memory.TryProbeWrite(linear, 16) || !c.Memory.TryReadBytes(linear, bytes))
        {
            return;
        }

        ulong low = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong high = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        bool equal = low == c.Gpr(0) && high == c.Gpr(2);
        if (equal)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, c.Gpr(3));
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], c.Gpr(1));
        }
        else
        {
            c.Gpr(0) = low;
            c.Gpr(2) = high;
        }

        _ = c.Memory.TryWriteBytes(linear, bytes);
        c.Flags.SetZero(equal);
    }

    private static void CompareExchangeReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong value = RegisterAccess.Read<W>(ref c.Regs, op.Reg);
        ulong accumulator = RegisterAccess.Read<W>(ref c.Regs, 0);
        _ = SubOperation.Apply<W>(ref c.Flags, accumulator, value);
        if (value == accumulator)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));
        }
        else
        {
            RegisterAccess.Write<W>(ref c.Regs, 0, value);
        }
    }

    private static void CompareExchangeMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (!Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear) || !c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            return;
        }

        ulong accumulator = RegisterAccess.Read<W>(ref c.Regs, 0);
        _ = SubOperation.Apply<W>(ref c.Flags, accumulator, value);
        c.Memory.EndModify<W>(linear, at, value == accumulator ? RegisterAccess.Read<W>(ref c.Regs, op.Reg) : value);
        if (value != accumulator)
        {
            RegisterAccess.Write<W>(ref c.Regs, 0, value);
        }
    }

    private static void ExchangeAddReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong left = RegisterAccess.Read<W>(ref c.Regs, op.Reg);
        ulong sum = AddOperation.Apply<W>(ref c.Flags, left, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));
        RegisterAccess.Write<W>(ref c.Regs, op.Reg2, left);
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, sum);
    }

    private static void ExchangeAddMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear) && c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Memory.EndModify<W>(linear, at, AddOperation.Apply<W>(ref c.Flags, value, RegisterAccess.Read<W>(ref c.Regs, op.Reg)));
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, value);
        }
    }
}
