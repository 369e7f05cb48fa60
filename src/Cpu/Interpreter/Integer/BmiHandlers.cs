using System.Numerics;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>
/// BMI1, BMI2, ADX (Intel SDM vol. 2, the page of each name). Immediate: kind in bits 7:0, memory source in bit 8, the other register (or RORX's count)
/// in bits 23:16.
/// </summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class BmiHandlers
{
    internal enum Kind
    {
        Andn,
        Bextr,
        Blsi,
        Blsmsk,
        Blsr,
        Bzhi,
        Mulx,
        Pdep,
        Pext,
        Rorx,
        Sarx,
        Shlx,
        Shrx,
        Adcx,
        Adox,
    }

    internal static Handler Select32() => &Run<W32>;

    internal static Handler Select64() => &Run<W64>;

    private static void Run<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong source;
        if ((op.Immediate & 0x100) == 0)
        {
            source = RegisterAccess.Read<W>(ref c.Regs, op.Reg2);
        }
        else if (!Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) || !c.Memory.TryRead<W>(linear, out source))
        {
            return;
        }

        byte third = (byte)(op.Immediate >> 16);
        Kind kind = (Kind)(op.Immediate & 0xFF);
        ulong other = kind == Kind.Rorx ? third : RegisterAccess.Read<W>(ref c.Regs, third);
        ulong result = kind switch
        {
            Kind.Andn => Logic<W>(c, ~other & source),
            Kind.Bextr => Extract<W>(c, source, other),
            Kind.Blsi => Lowest<W>(c, (0 - source) & source & W.Mask, source != 0),
            Kind.Blsmsk => Lowest<W>(c, ((source - 1) ^ source) & W.Mask, source == 0),
            Kind.Blsr => Lowest<W>(c, (source - 1) & source & W.Mask, source == 0),
            Kind.Bzhi => ZeroHigh<W>(c, source, (int)(byte)other),
            Kind.Mulx => Multiply<W>(c, source, third),
            Kind.Pdep => Deposit(source, other),
            Kind.Pext => Gather(source, other),
            Kind.Rorx => Rotate<W>(source, (int)other & (W.Bits - 1)),
            Kind.Sarx => (ulong)((long)Width.SignExtend<W>(source) >> ((int)other & (W.Bits - 1))) & W.Mask,
            Kind.Shlx => (source << ((int)other & (W.Bits - 1))) & W.Mask,
            Kind.Shrx => source >> ((int)other & (W.Bits - 1)),
            Kind.Adcx => AddCarry<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), source),
            _ => AddOverflow<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), source),
        };
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, result);
    }

    private static ulong Logic<W>(InterpreterCore c, ulong result)
        where W : struct, IWidth
    {
        result &= W.Mask;
        c.Flags.SetLogic<W>(result);
        return result;
    }

    private static ulong Lowest<W>(InterpreterCore c, ulong result, bool carry)
        where W : struct, IWidth
    {
        c.Flags.SetResult<W>(result, carry ? 1UL : 0, 0, 0);
        return result;
    }

    private static ulong Extract<W>(InterpreterCore c, ulong source, ulong control)
        where W : struct, IWidth
    {
        int start = (byte)control;
        int length = (byte)(control >> 8);
        ulong result = start >= W.Bits ? 0 : source >> start;
        if (length < W.Bits)
        {
            result &= (1UL << length) - 1;
        }

        c.Flags.SetLogic<W>(result);
        return result;
    }

    private static ulong ZeroHigh<W>(InterpreterCore c, ulong source, int from)
        where W : struct, IWidth
    {
        ulong result = from >= W.Bits ? source : source & ((1UL << from) - 1);
        c.Flags.SetResult<W>(result, from >= W.Bits ? 1UL : 0, 0, 0);
        return result;
    }

    // The lower half goes to the second operand first: when both name one register, the upper half stays.
    private static ulong Multiply<W>(InterpreterCore c, ulong source, byte lowRegister)
        where W : struct, IWidth
    {
        ArithmeticFlags untouched = c.Flags;
        MultiplyDivide.Multiply<W>(ref untouched, RegisterAccess.Read<W>(ref c.Regs, 16), source, out ulong low, out ulong high);
        RegisterAccess.Write<W>(ref c.Regs, lowRegister, low);
        return high;
    }

    private static ulong Deposit(ulong mask, ulong source)
    {
        ulong result = 0;
        for (; mask != 0; mask &= mask - 1, source >>= 1)
        {
            result |= (source & 1) != 0 ? mask & (0 - mask) : 0;
        }

        return result;
    }

    private static ulong Gather(ulong mask, ulong source)
    {
        ulong result = 0;
        for (int bit = 0; mask != 0; mask &= mask - 1, bit++)
        {
            result |= ((source >> BitOperations.TrailingZeroCount(mask)) & 1) << bit;
        }

        return result;
    }

    private static ulong Rotate<W>(ulong value, int count)
        where W : struct, IWidth => count == 0 ? value : ((value >> count) | (value << (W.Bits - count))) & W.Mask;

    private static ulong AddCarry<W>(InterpreterCore c, ulong left, ulong right)
        where W : struct, IWidth
    {
        ulong result = (left + right + c.Flags.CarryBit) & W.Mask;
        bool carry = result < left || (c.Flags.Carry && result == left);
        c.Flags.SetCarry(carry ? 1UL : 0);
        return result;
    }

    private static ulong AddOverflow<W>(InterpreterCore c, ulong left, ulong right)
        where W : struct, IWidth
    {
        bool before = c.Flags.Overflow;
        ulong result = (left + right + (before ? 1UL : 0)) & W.Mask;
        bool carry = result < left || (before && result == left);
        ulong flags = c.Flags.Pack() & ~(ulong)RFlags.OF;
        c.Flags.Unpack(flags | (carry ? (ulong)RFlags.OF : 0));
        return result;
    }
}
