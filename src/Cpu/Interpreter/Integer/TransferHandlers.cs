using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Far jumps, calls and returns, software interrupts, IRET, PUSHF, POPF, CLI, STI, HLT.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class TransferHandlers
{
    /// <summary>Far jump or call through memory; operand size in bits.</summary>
    internal static Handler FarMemory(bool call, int bits) => bits switch
    {
        16 => call ? &FarCallMemory<W16> : &FarJumpMemory<W16>,
        32 => call ? &FarCallMemory<W32> : &FarJumpMemory<W32>,
        _ => call ? &FarCallMemory<W64> : &FarJumpMemory<W64>,
    };

    /// <summary>Direct far jump: offset in Displacement, selector in Immediate.</summary>
    internal static void FarJump(InterpreterCore c, ref Op op) => Jump(c, (ushort)op.Immediate, op.Displacement, op.NextIp);

    /// <summary>Direct far call; operand size in bytes in Reg.</summary>
    internal static void FarCall(InterpreterCore c, ref Op op)
    {
        if (FarTransfers.Call(c, (ushort)op.Immediate, op.Displacement, op.Reg, op.NextIp))
        {
            SegmentHandlers.Finish(c);
        }
    }

    /// <summary>RETF: operand size in bytes in Reg, bytes to release in Immediate.</summary>
    internal static void FarReturn(InterpreterCore c, ref Op op)
    {
        if (FarReturns.Return(c, op.Reg, (int)op.Immediate))
        {
            SegmentHandlers.Finish(c);
        }
    }

    /// <summary>IRET: operand size in bytes in Reg.</summary>
    internal static void Iret(InterpreterCore c, ref Op op)
    {
        if (InterruptReturn.Return(c, op.Reg, op.NextIp))
        {
            SegmentHandlers.Finish(c);
        }
    }

    internal static void Int(InterpreterCore c, ref Op op) => AfterInterrupt(c, SoftwareInterrupts.Interrupt(c, (byte)op.Immediate, op.NextIp));

    internal static void Int3(InterpreterCore c, ref Op op) => AfterInterrupt(c, SoftwareInterrupts.Breakpoint(c, op.NextIp));

    internal static void Int1(InterpreterCore c, ref Op op) => AfterInterrupt(c, SoftwareInterrupts.Debug(c, op.NextIp));

    internal static void Into(InterpreterCore c, ref Op op)
    {
        if (c.Flags.Overflow)
        {
            AfterInterrupt(c, SoftwareInterrupts.Overflow(c, op.NextIp));
        }
    }

    /// <summary>PUSHF: operand size in bytes in Reg.</summary>
    internal static void PushFlags<TStack>(InterpreterCore c, ref Op op)
        where TStack : struct, IStack
    {
        if (!FlagInstructions.TryPushImage(c, op.Reg, out ulong image))
        {
            return;
        }

        _ = op.Reg switch
        {
            2 => Stacks.TryPush<W16, TStack>(c, image),
            4 => Stacks.TryPush<W32, TStack>(c, image),
            _ => Stacks.TryPush<W64, TStack>(c, image),
        };
    }

    /// <summary>POPF: operand size in bytes in Reg.</summary>
    internal static void PopFlags<TStack>(InterpreterCore c, ref Op op)
        where TStack : struct, IStack
    {
        ulong image;
        bool read = op.Reg switch
        {
            2 => Stacks.TryPeek<W16, TStack>(c, 0, out image),
            4 => Stacks.TryPeek<W32, TStack>(c, 0, out image),
            _ => Stacks.TryPeek<W64, TStack>(c, 0, out image),
        };
        ulong before = c.SystemFlags;
        if (!read || !FlagInstructions.PopFlags(c, op.Reg, image))
        {
            return;
        }

        TStack.SetPointer(c, TStack.Pointer(c) + op.Reg);
        LookUpIfChanged(c, before);
    }

    internal static void Cli(InterpreterCore c, ref Op op) => _ = FlagInstructions.ClearInterrupts(c);

    internal static void Sti(InterpreterCore c, ref Op op)
    {
        ulong before = c.SystemFlags;
        if (FlagInstructions.SetInterrupts(c))
        {
            LookUpIfChanged(c, before);
        }
    }

    internal static void Hlt(InterpreterCore c, ref Op op)
    {
        if (c.Cpl != 0)
        {
            c.Raise(Vector.GP);
            return;
        }

        c.S.Activity = VcpuActivity.Halted;
        c.Attend(Attention.Inactive);
        c.LeaveBlock();
    }

    // Interrupts may have become possible, a trap armed, or the privilege view changed (AC under SMAP).
    private static void LookUpIfChanged(InterpreterCore c, ulong before)
    {
        if (before == c.SystemFlags && c.S.InterruptShadow == 0)
        {
            return;
        }

        if (((before ^ c.SystemFlags) & (ulong)RFlags.AC) != 0)
        {
            c.Memory.PrivilegeChanged();
        }

        ulong gained = ~before & c.SystemFlags;
        if (c.S.InterruptShadow != 0 || (gained & (ulong)(RFlags.TF | RFlags.RF)) != 0)
        {
            SegmentHandlers.Finish(c);
        }
        else if ((gained & (ulong)RFlags.IF) != 0)
        {
            c.LeaveBlock();
        }
    }

    private static void AfterInterrupt(InterpreterCore c, bool delivered)
    {
        if (delivered)
        {
            c.SuppressSingleStep = true;
            SegmentHandlers.Finish(c);
        }
    }

    private static void Jump(InterpreterCore c, ushort selector, ulong offset, ulong nextIp)
    {
        if (FarTransfers.Jump(c, selector, offset, nextIp))
        {
            SegmentHandlers.Finish(c);
        }
    }

    private static bool TryFarPointer<W>(InterpreterCore c, ref Op op, out ushort selector, out ulong offset)
        where W : struct, IWidth
    {
        uint size = (uint)W.Bits / 8;
        selector = 0;
        offset = 0;
        if (!Operand.TryAddress(c, ref op, size + 2, write: false, out ulong linear) || !c.Memory.TryRead<W>(linear, out offset)
            || !c.Memory.TryRead<W16>(c.Is64Bit ? linear + size : (uint)(linear + size), out ulong value))
        {
            return false;
        }

        selector = (ushort)value;
        return true;
    }

    private static void FarJumpMemory<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryFarPointer<W>(c, ref op, out ushort selector, out ulong offset))
        {
            Jump(c, selector, offset, op.NextIp);
        }
    }

    private static void FarCallMemory<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth
    {
        if (TryFarPointer<W>(c, ref op, out ushort selector, out ulong offset) && FarTransfers.Call(c, selector, offset, W.Bits / 8, op.NextIp))
        {
            SegmentHandlers.Finish(c);
        }
    }
}
