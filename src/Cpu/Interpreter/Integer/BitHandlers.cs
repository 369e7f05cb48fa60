using System.Numerics;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>BT, BTS, BTR, BTC; BSF, BSR, LZCNT, TZCNT, POPCNT; CRC32.</summary>
// SAFETY: handler addresses and host pointers are used as Op.Handler and LinearMemory document.
internal static unsafe class BitHandlers
{
    /// <summary>What a bit test does to the bit.</summary>
    internal enum Change
    {
        None,
        Set,
        Reset,
        Complement,
    }

    /// <summary>Bit test; the bit number is Immediate or register Reg2. With a register, memory operands reach outside their word.</summary>
    internal static Handler Test(Change change, bool memory, bool immediate, int bits) => bits switch
    {
        16 => Test<W16>(change, memory, immediate),
        32 => Test<W32>(change, memory, immediate),
        _ => Test<W64>(change, memory, immediate),
    };

    /// <summary>BSF 0, BSR 1, TZCNT 2, LZCNT 3, POPCNT 4.</summary>
    internal static Handler Scan(int kind, bool memory, int bits) => bits switch
    {
        16 => Scan<W16>(kind, memory),
        32 => Scan<W32>(kind, memory),
        _ => Scan<W64>(kind, memory),
    };

    internal static Handler Crc32(bool memory, int bits) => bits switch
    {
        8 => memory ? &Crc32Mem<W8> : &Crc32Reg<W8>,
        16 => memory ? &Crc32Mem<W16> : &Crc32Reg<W16>,
        32 => memory ? &Crc32Mem<W32> : &Crc32Reg<W32>,
        _ => memory ? &Crc32Mem<W64> : &Crc32Reg<W64>,
    };

    private static Handler Test<W>(Change change, bool memory, bool immediate)
        where W : struct, IWidth => change switch
        {
            Change.None => Test<W, Keep>(memory, immediate),
            Change.Set => Test<W, SetBit>(memory, immediate),
            Change.Reset => Test<W, ResetBit>(memory, immediate),
            _ => Test<W, FlipBit>(memory, immediate),
        };

    private static Handler Test<W, TChange>(bool memory, bool immediate)
        where W : struct, IWidth
        where TChange : struct, IBitChange => memory
            ? immediate ? &TestMemImm<W, TChange> : &TestMemReg<W, TChange>
            : immediate ? &TestRegImm<W, TChange> : &TestRegReg<W, TChange>;

    private static Handler Scan<W>(int kind, bool memory)
        where W : struct, IWidth => kind switch
        {
            0 => memory ? &ScanMem<W, Forward> : &ScanReg<W, Forward>,
            1 => memory ? &ScanMem<W, Reverse> : &ScanReg<W, Reverse>,
            2 => memory ? &ScanMem<W, TrailingZeros> : &ScanReg<W, TrailingZeros>,
            3 => memory ? &ScanMem<W, LeadingZeros> : &ScanReg<W, LeadingZeros>,
            _ => memory ? &ScanMem<W, Population> : &ScanReg<W, Population>,
        };

    private static void TestRegReg<W, TChange>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TChange : struct, IBitChange => TestReg<W, TChange>(c, ref op, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));

    private static void TestRegImm<W, TChange>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TChange : struct, IBitChange => TestReg<W, TChange>(c, ref op, op.Immediate);

    private static void TestReg<W, TChange>(InterpreterCore c, ref Op op, ulong number)
        where W : struct, IWidth
        where TChange : struct, IBitChange
    {
        int bit = (int)number & (W.Bits - 1);
        ulong value = RegisterAccess.Read<W>(ref c.Regs, op.Reg);
        c.Flags.SetCarry((value >> bit) & 1);
        if (TChange.Writes)
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, TChange.Apply(value, 1UL << bit));
        }
    }

    private static void TestMemImm<W, TChange>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TChange : struct, IBitChange
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, TChange.Writes, out ulong linear))
        {
            TestAt<W, TChange>(c, linear, (int)op.Immediate & (W.Bits - 1));
        }
    }

    // The register is a signed bit offset from the operand: the word it falls into is accessed (Intel SDM vol. 2, BT).
    private static void TestMemReg<W, TChange>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TChange : struct, IBitChange
    {
        long number = (long)Width.SignExtend<W>(RegisterAccess.Read<W>(ref c.Regs, op.Reg2));
        ulong offset = (Operand.Offset(c, ref op) + (ulong)((number >> BitOperations.Log2((uint)W.Bits)) * (W.Bits / 8))) & op.AddressMask;
        ulong linear = offset;
        if (op.Segment == Op.Flat || Operand.TrySegment(c, ref op, offset, (uint)W.Bits / 8, TChange.Writes, out linear))
        {
            TestAt<W, TChange>(c, linear, (int)number & (W.Bits - 1));
        }
    }

    private static void TestAt<W, TChange>(InterpreterCore c, ulong linear, int bit)
        where W : struct, IWidth
        where TChange : struct, IBitChange
    {
        if (!TChange.Writes)
        {
            if (c.Memory.TryRead<W>(linear, out ulong word))
            {
                c.Flags.SetCarry((word >> bit) & 1);
            }

            return;
        }

        if (c.Memory.TryBeginModify<W>(linear, out ulong value, out byte* at))
        {
            c.Flags.SetCarry((value >> bit) & 1);
            c.Memory.EndModify<W>(linear, at, TChange.Apply(value, 1UL << bit));
        }
    }

    private static void ScanReg<W, TScan>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TScan : struct, IScan =>
        RegisterAccess.Write<W>(ref c.Regs, op.Reg, TScan.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, op.Reg2), RegisterAccess.Read<W>(ref c.Regs, op.Reg)));

    private static void ScanMem<W, TScan>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
        where TScan : struct, IScan
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, TScan.Apply<W>(ref c.Flags, value, RegisterAccess.Read<W>(ref c.Regs, op.Reg)));
        }
    }

    private static void Crc32Reg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => Crc32<W>(c, ref op, RegisterAccess.Read<W>(ref c.Regs, op.Reg2));

    private static void Crc32Mem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            Crc32<W>(c, ref op, value);
        }
    }

    private static void Crc32<W>(InterpreterCore c, ref Op op, ulong value)
        where W : struct, IWidth
    {
        uint crc = (uint)RegisterAccess.Read<W32>(ref c.Regs, op.Reg);
        crc = W.Bits switch
        {
            8 => BitOperations.Crc32C(crc, (byte)value),
            16 => BitOperations.Crc32C(crc, (ushort)value),
            32 => BitOperations.Crc32C(crc, (uint)value),
            _ => BitOperations.Crc32C(crc, value),
        };
        RegisterAccess.Write<W32>(ref c.Regs, op.Reg, crc);
    }
}
