using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>MOV to and from segment registers, POP to them, LDS and its kin. The segment number stands in Immediate.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class SegmentHandlers
{
    internal static Handler MoveFrom(bool memory, int bits) => bits switch
    {
        16 => memory ? &StoreSelector : &ReadSelector<W16>,
        32 => memory ? &StoreSelector : &ReadSelector<W32>,
        _ => memory ? &StoreSelector : &ReadSelector<W64>,
    };

    internal static Handler MoveTo(bool memory) => memory ? &LoadFromMemory : &LoadFromRegister;

    internal static Handler Pop(int bits) => bits switch
    {
        16 => &Pop<W16>,
        32 => &Pop<W32>,
        _ => &Pop<W64>,
    };

    internal static Handler LoadPointer(int bits) => bits switch
    {
        16 => &LoadPointer<W16>,
        32 => &LoadPointer<W32>,
        _ => &LoadPointer<W64>,
    };

    /// <summary>What follows a change of flags, mode or segments: the run loop looks up.</summary>
    internal static void Finish(InterpreterCore c)
    {
        c.LeaveBlock();
        DebugTraps.UpdateAttention(c);
    }

    private static void ReadSelector<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => RegisterAccess.Write<W>(ref c.Regs, op.Reg, c.S.Segment[(int)op.Immediate].Selector);

    private static void StoreSelector(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, 2, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<W16>(linear, c.S.Segment[(int)op.Immediate].Selector);
        }
    }

    private static void LoadFromRegister(InterpreterCore c, ref Op op) =>
        _ = TryLoad(c, (int)op.Immediate, (ushort)RegisterAccess.Read<W16>(ref c.Regs, op.Reg));

    private static void LoadFromMemory(InterpreterCore c, ref Op op)
    {
        if (Operand.TryAddress(c, ref op, 2, write: false, out ulong linear) && c.Memory.TryRead<W16>(linear, out ulong selector))
        {
            _ = TryLoad(c, (int)op.Immediate, (ushort)selector);
        }
    }

    // A load of SS by MOV or POP holds off interrupts and debug traps for one instruction (Intel SDM vol. 3A 6.8.3); LSS does not need it. The mode is part of a block's key, so blocks end
    // when a load changes it.
    private static bool TryLoad(InterpreterCore c, int segment, ushort selector, bool isWhole = false)
    {
        CpuMode before = c.Mode;
        if (!SegmentLoads.Load(c, segment, selector))
        {
            return false;
        }

        if (segment == Seg.SS)
        {
            c.S.InterruptShadow = isWhole ? (byte)0 : (byte)2;
            Finish(c);
        }
        else if (c.Mode != before)
        {
            c.LeaveBlock();
        }

        return true;
    }

    private static void Pop<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        int size = W.Bits / 8;
        if (StackPops.TryPeek(c, 0, size, out ulong selector))
        {
            ulong pointer = c.Gpr(4);
            int oldStack = c.S.Segment[Seg.SS].Attributes & Attr.Big;
            if (TryLoad(c, (int)op.Immediate, (ushort)selector))
            {
                // The width of the stack pointer is that of the stack popped from.
                c.Gpr(4) = c.Is64Bit ? pointer + (ulong)size
                    : oldStack != 0 ? (uint)(pointer + (ulong)size)
                    : (pointer & ~0xFFFFUL) | (ushort)(pointer + (ulong)size);
            }
        }
    }

    private static void LoadPointer<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        uint size = (uint)W.Bits / 8;
        if (Operand.TryAddress(c, ref op, size + 2, write: false, out ulong linear)
            && c.Memory.TryRead<W>(linear, out ulong offset)
            && c.Memory.TryRead<W16>(c.Is64Bit ? linear + size : (uint)(linear + size), out ulong selector)
            && TryLoad(c, (int)op.Immediate, (ushort)selector, isWhole: true))
        {
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, offset);
        }
    }
}
