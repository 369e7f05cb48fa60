using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>PUSH, POP, PUSHA, POPA, ENTER, LEAVE for one way of addressing the stack.</summary>
// SAFETY: handler addresses are used as Op.Handler documents.
internal static unsafe class StackHandlers<TStack>
    where TStack : struct, IStack
{
    internal static Handler PushReg(int bits) => bits switch
    {
        16 => &PushReg<W16>,
        32 => &PushReg<W32>,
        _ => &PushReg<W64>,
    };

    internal static Handler PushImm(int bits) => bits switch
    {
        16 => &PushImm<W16>,
        32 => &PushImm<W32>,
        _ => &PushImm<W64>,
    };

    internal static Handler PushMem(int bits) => bits switch
    {
        16 => &PushMem<W16>,
        32 => &PushMem<W32>,
        _ => &PushMem<W64>,
    };

    internal static Handler PopReg(int bits) => bits switch
    {
        16 => &PopReg<W16>,
        32 => &PopReg<W32>,
        _ => &PopReg<W64>,
    };

    internal static Handler PopMem(int bits) => bits switch
    {
        16 => &PopMem<W16>,
        32 => &PopMem<W32>,
        _ => &PopMem<W64>,
    };

    internal static Handler PushAll(int bits) => bits == 16 ? &PushAll<W16> : &PushAll<W32>;

    internal static Handler PopAll(int bits) => bits == 16 ? &PopAll<W16> : &PopAll<W32>;

    internal static Handler Leave(int bits) => bits switch
    {
        16 => &Leave<W16>,
        32 => &Leave<W32>,
        _ => &Leave<W64>,
    };

    internal static Handler Enter(int bits) => bits switch
    {
        16 => &Enter<W16>,
        32 => &Enter<W32>,
        _ => &Enter<W64>,
    };

    /// <summary>PUSH of a segment register (number in Immediate).</summary>
    internal static Handler PushSegment(int bits) => bits switch
    {
        16 => &PushSegment<W16>,
        32 => &PushSegment<W32>,
        _ => &PushSegment<W64>,
    };

    private static void PushReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => _ = Stacks.TryPush<W, TStack>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg));

    private static void PushImm<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => _ = Stacks.TryPush<W, TStack>(c, op.Immediate);

    private static void PushMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong value))
        {
            _ = Stacks.TryPush<W, TStack>(c, value);
        }
    }

    // Intel's current processors write only the selector's 16 bits when the operand is 32 bits wide (Intel SDM vol. 2, PUSH); AMD's write zeros above.
    private static void PushSegment<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong selector = c.S.Segment[(int)op.Immediate].Selector;
        if (W.Bits != 32 || c.IsAmd)
        {
            _ = Stacks.TryPush<W, TStack>(c, selector);
            return;
        }

        ulong pointer = TStack.Pointer(c) - 4;
        if (TStack.TryLinear(c, pointer, 4, write: true, out ulong linear) && c.Memory.TryWrite<W16>(linear, selector))
        {
            TStack.SetPointer(c, pointer);
        }
    }

    private static void PopReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Stacks.TryPeek<W, TStack>(c, 0, out ulong value))
        {
            TStack.SetPointer(c, TStack.Pointer(c) + (ulong)(W.Bits / 8));
            RegisterAccess.Write<W>(ref c.Regs, op.Reg, value);
        }
    }

    // The address of POP [ESP + n] is formed with the stack pointer already moved.
    private static void PopMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (!Stacks.TryPeek<W, TStack>(c, 0, out ulong value))
        {
            return;
        }

        ulong whole = c.Gpr(4);
        TStack.SetPointer(c, TStack.Pointer(c) + (ulong)(W.Bits / 8));
        if (!Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: true, out ulong linear) || !c.Memory.TryWrite<W>(linear, value))
        {
            c.Gpr(4) = whole;
        }
    }

    private static void PushAll<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        const int Count = 8;
        ulong size = (ulong)(W.Bits / 8);
        ulong pointer = TStack.Pointer(c);
        for (ulong i = 1; i <= Count; i++)
        {
            if (!TStack.TryLinear(c, pointer - (i * size), (uint)size, write: true, out ulong linear) || !c.Memory.TryProbeWrite(linear, (int)size))
            {
                return;
            }
        }

        for (int i = 0; i < Count; i++)
        {
            _ = TStack.TryLinear(c, pointer - ((ulong)(i + 1) * size), (uint)size, write: true, out ulong linear);
            _ = c.Memory.TryWrite<W>(linear, RegisterAccess.Read<W>(ref c.Regs, (byte)(i * 8)));
        }

        TStack.SetPointer(c, pointer - (Count * size));
    }

    private static void PopAll<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        const int Count = 8;
        ulong size = (ulong)(W.Bits / 8);
        System.Span<ulong> values = stackalloc ulong[Count];
        for (int i = 0; i < Count; i++)
        {
            if (!Stacks.TryPeek<W, TStack>(c, (ulong)i * size, out values[i]))
            {
                return;
            }
        }

        TStack.SetPointer(c, TStack.Pointer(c) + (Count * size));
        for (int i = 0; i < Count; i++)
        {
            if (i != 3)
            {
                RegisterAccess.Write<W>(ref c.Regs, (byte)((7 - i) * 8), values[i]);
            }
        }
    }

    private static void Leave<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong whole = c.Gpr(4);
        TStack.SetPointer(c, c.Gpr(5));
        if (!Stacks.TryPeek<W, TStack>(c, 0, out ulong value))
        {
            c.Gpr(4) = whole;
            return;
        }

        TStack.SetPointer(c, TStack.Pointer(c) + (ulong)(W.Bits / 8));
        RegisterAccess.Write<W>(ref c.Regs, 40, value);
    }

    /// <summary>ENTER: Immediate holds the allocation size, Displacement the nesting level (Intel SDM vol. 2, ENTER).</summary>
    private static void Enter<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong size = (ulong)(W.Bits / 8);
        int level = (int)op.Displacement & 31;
        ulong pointer = TStack.Pointer(c);
        ulong frameBase = c.Gpr(5);
        int count = level == 0 ? 1 : level + 1;
        ulong frame = TStack.Register(c, pointer - size);
        for (int i = 0; i < count; i++)
        {
            bool copies = i > 0 && i < level;
            if ((copies && (!TStack.TryLinear(c, frameBase - ((ulong)i * size), (uint)size, write: false, out ulong source) || !c.Memory.TryRead<W>(source, out _)))
                || !TStack.TryLinear(c, pointer - ((ulong)(i + 1) * size), (uint)size, write: true, out ulong linear) || !c.Memory.TryProbeWrite(linear, (int)size))
            {
                return;
            }
        }

        // The final stack pointer must be writable too: processors probe it so that the next push does not fault halfway.
        ulong last = pointer - ((ulong)count * size) - op.Immediate;
        if (!TStack.TryLinear(c, last, (uint)size, write: true, out ulong end) || !c.Memory.TryProbeWrite(end, (int)size))
        {
            return;
        }

        // The old frame's display may overlap what is pushed: read and push by turns.
        for (int i = 0; i < count; i++)
        {
            ulong word = i == 0 ? RegisterAccess.Read<W>(ref c.Regs, 40) : frame;
            if (i != 0 && i < level)
            {
                _ = TStack.TryLinear(c, frameBase - ((ulong)i * size), (uint)size, write: false, out ulong source);
                _ = c.Memory.TryRead<W>(source, out word);
            }

            _ = TStack.TryLinear(c, pointer - ((ulong)(i + 1) * size), (uint)size, write: true, out ulong linear);
            _ = c.Memory.TryWrite<W>(linear, word);
        }

        RegisterAccess.Write<W>(ref c.Regs, 40, frame);
        TStack.SetPointer(c, last);
    }
}
