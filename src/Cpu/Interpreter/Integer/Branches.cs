using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Near jumps, conditional jumps, loops. Direct targets stand in Displacement, already truncated to the operand size.</summary>
// SAFETY: handler addresses are used as Op.Handler documents.
internal static unsafe class Branches
{
    internal static Handler Jump() => &Jump;

    internal static Handler If<TIf>(bool flat)
        where TIf : struct, ICondition => flat ? &JumpIfFlat<TIf> : &JumpIf<TIf>;

    internal static Handler JumpIndirect(bool memory, int bits) => bits switch
    {
        16 => memory ? &JumpMem<W16> : &JumpReg<W16>,
        32 => memory ? &JumpMem<W32> : &JumpReg<W32>,
        _ => memory ? &JumpMem<W64> : &JumpReg<W64>,
    };

    /// <summary>LOOP, LOOPE, LOOPNE: <paramref name="kind"/> 0, 1, 2. JCXZ: 3.</summary>
    internal static Handler Loop(int kind, int counterBits) => (kind, counterBits) switch
    {
        (3, 16) => &JumpIfCounterZero<W16>,
        (3, 32) => &JumpIfCounterZero<W32>,
        (3, _) => &JumpIfCounterZero<W64>,
        (_, 16) => &Loop<W16>,
        (_, 32) => &Loop<W32>,
        _ => &Loop<W64>,
    };

    /// <summary>Goes to a target in the current code segment, after the checks the instruction itself makes; false: #GP(0).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryGo(InterpreterCore c, ulong target)
    {
        if (!IsInReach(c, target))
        {
            c.Raise(Vector.GP);
            return false;
        }

        c.Rip = target;
        return true;
    }

    /// <summary>Whether a target lies inside the current code segment, or is canonical in 64-bit code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsInReach(InterpreterCore c, ulong target) =>
        (c.Mode & (CpuMode.Flat | CpuMode.Code64)) == CpuMode.Flat || IsValidTarget(c, target);

    private static bool IsValidTarget(InterpreterCore c, ulong target) =>
        (c.Mode & CpuMode.Code64) != 0 ? SlowMemory.IsCanonical(target) : target <= c.S.Segment[Seg.CS].Limit;

    private static void Jump(InterpreterCore c, ref Op op) => _ = TryGo(c, op.Displacement);

    private static void JumpIfFlat<TIf>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition
    {
        if (TIf.Holds(c.Flags))
        {
            c.Rip = op.Displacement;
        }
    }

    private static void JumpIf<TIf>(InterpreterCore c, ref Op op)
        where TIf : struct, ICondition
    {
        if (TIf.Holds(c.Flags))
        {
            _ = TryGo(c, op.Displacement);
        }
    }

    private static void JumpReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => _ = TryGo(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg));

    private static void JumpMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong target))
        {
            _ = TryGo(c, target);
        }
    }

    private static void Loop<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        ulong count = (RegisterAccess.Read<W>(ref c.Regs, 8) - 1) & W.Mask;
        bool taken = count != 0 && (op.Immediate == 0 || c.Flags.Zero == (op.Immediate == 1));
        if (!taken || TryGo(c, op.Displacement))
        {
            RegisterAccess.Write<W>(ref c.Regs, 8, count);
        }
    }

    private static void JumpIfCounterZero<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (RegisterAccess.Read<W>(ref c.Regs, 8) == 0)
        {
            _ = TryGo(c, op.Displacement);
        }
    }
}

/// <summary>Near calls and returns for one way of addressing the stack.</summary>
// SAFETY: handler addresses are used as Op.Handler documents.
internal static unsafe class Calls<TStack>
    where TStack : struct, IStack
{
    internal static Handler Call(int bits) => bits switch
    {
        16 => &Call<W16>,
        32 => &Call<W32>,
        _ => &Call<W64>,
    };

    internal static Handler CallIndirect(bool memory, int bits) => bits switch
    {
        16 => memory ? &CallMem<W16> : &CallReg<W16>,
        32 => memory ? &CallMem<W32> : &CallReg<W32>,
        _ => memory ? &CallMem<W64> : &CallReg<W64>,
    };

    internal static Handler Return(int bits) => bits switch
    {
        16 => &Return<W16>,
        32 => &Return<W32>,
        _ => &Return<W64>,
    };

    private static void CallTo<W>(InterpreterCore c, ulong target, ulong next)
        where W : struct, IWidth
    {
        if (!Branches.IsInReach(c, target))
        {
            RefuseCall<W>(c, next);
        }
        else if (Stacks.TryPush<W, TStack>(c, next))
        {
            c.Rip = target;
        }
    }

    // AMD's processors look at the stack before the target and push nothing. Intel's manual looks at the target first outside 64-bit mode; in 64-bit
    // mode its processors push, and the return address stays below a stack pointer that has not moved.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RefuseCall<W>(InterpreterCore c, ulong next)
        where W : struct, IWidth
    {
        uint size = (uint)W.Bits / 8;
        if (c.IsAmd)
        {
            if (!TStack.TryLinear(c, TStack.Pointer(c) - size, size, write: true, out ulong linear) || !c.Memory.TryProbeWrite(linear, (int)size))
            {
                return;
            }
        }
        else if (typeof(TStack) == typeof(Stack64))
        {
            ulong stack = c.Gpr(4);
            if (!Stacks.TryPush<W, TStack>(c, next))
            {
                return;
            }

            c.Gpr(4) = stack;
        }

        c.Raise(Vector.GP);
    }

    private static void Call<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => CallTo<W>(c, op.Displacement, op.NextIp);

    private static void CallReg<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => CallTo<W>(c, RegisterAccess.Read<W>(ref c.Regs, op.Reg), op.NextIp);

    private static void CallMem<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Operand.TryAddress(c, ref op, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out ulong target))
        {
            CallTo<W>(c, target, op.NextIp);
        }
    }

    /// <summary>RET and RET n: Immediate holds n.</summary>
    private static void Return<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (Stacks.TryPeek<W, TStack>(c, 0, out ulong target) && Branches.TryGo(c, target))
        {
            TStack.SetPointer(c, TStack.Pointer(c) + (ulong)(W.Bits / 8) + op.Immediate);
        }
    }
}
