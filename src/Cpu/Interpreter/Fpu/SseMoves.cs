using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// SSE instructions that only move bits. <see cref="Op.Immediate"/>: size in bits 7:0, byte offset in the XMM destination (or, of an extraction, in
/// the XMM source) in bits 15:8, byte offset in the source in bits 23:16, <see cref="ZeroRest"/>, source kind from bit 48.
/// </summary>
// SAFETY: operands are places of the core's own FxArea; offset + size is at most 16 by construction in the lowering.
internal static unsafe class SseMoves
{
    /// <summary>The rest of the destination becomes zero.</summary>
    internal const ulong ZeroRest = 1UL << 24;

    /// <summary>A store whose misaligned operand raises #GP(0).</summary>
    internal const ulong AlignedStore = 1UL << 25;

    /// <summary>Any move to a part of an XMM register.</summary>
    internal static void ToXmm(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (!FpuGate.Sse(c) || !SseSource.TryGet(c, ref op, b, out byte* source))
        {
            return;
        }

        byte* destination = FxLayout.XmmAt(b, op.Reg);
        source += (byte)(op.Immediate >> 16);
        ulong value = *(ulong*)source;
        bool zero = (op.Immediate & ZeroRest) != 0;
        switch ((byte)op.Immediate)
        {
            case 4 when zero:
                *(ulong*)destination = (uint)value;
                *(ulong*)(destination + 8) = 0;
                break;
            case 4:
                *(uint*)destination = (uint)value;
                break;
            case 8:
                *(ulong*)(destination + (byte)(op.Immediate >> 8)) = value;
                if (zero)
                {
                    *(ulong*)(destination + 8) = 0;
                }

                break;
            default:
                ulong high = *(ulong*)(source + 8);
                *(ulong*)destination = value;
                *(ulong*)(destination + 8) = high;
                break;
        }
    }

    /// <summary>Whole register to register.</summary>
    internal static void WholeRegister(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Sse(c))
        {
            byte* b = c.Fx.Base;
            Copy(FxLayout.XmmAt(b, op.Reg), FxLayout.XmmAt(b, op.Reg2));
        }
    }

    /// <summary>16 bytes from memory.</summary>
    internal static void WholeLoad(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Sse(c)
            && SseSource.TryAddress(c, ref op, 16, write: false, (op.Reg2 & SseSource.Aligned) != 0, out ulong linear))
        {
            _ = FpuMemory.TryLoad(c, linear, 16, FxLayout.XmmAt(c.Fx.Base, op.Reg));
        }
    }

    /// <summary>A part of XMM register <see cref="Op.Reg"/> to memory.</summary>
    internal static void ToMemory(InterpreterCore c, ref Op op)
    {
        int size = (byte)op.Immediate;
        if (FpuGate.Sse(c)
            && SseSource.TryAddress(c, ref op, size, write: true, (op.Immediate & AlignedStore) != 0, out ulong linear))
        {
            _ = FpuMemory.TryStore(c, linear, size, FxLayout.XmmAt(c.Fx.Base, op.Reg) + (byte)(op.Immediate >> 8));
        }
    }

    /// <summary>A part of XMM register <see cref="Op.Reg2"/> to the general-purpose register at <see cref="Op.Reg"/>.</summary>
    internal static void ToGpr(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Sse(c))
        {
            byte* at = FxLayout.XmmAt(c.Fx.Base, op.Reg2) + (byte)(op.Immediate >> 8);
            RegisterAccess.At(ref c.Regs, op.Reg) = (byte)op.Immediate switch
            {
                1 => *at,
                2 => *(ushort*)at,
                4 => *(uint*)at,
                _ => *(ulong*)at,
            };
        }
    }

    /// <summary>MASKMOVDQU.</summary>
    internal static void MaskedStore(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c))
        {
            _ = MaskedMove.TryStore(c, ref op, FxLayout.XmmAt(b, op.Reg), FxLayout.XmmAt(b, op.Reg2), 16);
        }
    }

    /// <summary>LDMXCSR: reserved bits raise #GP(0) (Intel SDM vol. 1 10.2.3).</summary>
    internal static void LoadMxcsr(InterpreterCore c, ref Op op)
    {
        if (!FpuGate.Sse(c)
            || !Operand.TryAddress(c, ref op, 4, write: false, out ulong linear)
            || !c.Memory.TryRead<Doppel.X86.Semantics.W32>(linear, out ulong value))
        {
            return;
        }

        if ((value & ~(ulong)FxState.MxcsrMaskOf(c.Model)) != 0)
        {
            c.Raise(Vector.GP);
            return;
        }

        FxLayout.MxcsrOf(c.Fx.Base) = (uint)value;
    }

    /// <summary>STMXCSR.</summary>
    internal static void StoreMxcsr(InterpreterCore c, ref Op op)
    {
        if (FpuGate.Sse(c) && Operand.TryAddress(c, ref op, 4, write: true, out ulong linear))
        {
            _ = c.Memory.TryWrite<Doppel.X86.Semantics.W32>(linear, FxLayout.MxcsrOf(c.Fx.Base));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* to, byte* from)
    {
        (ulong low, ulong high) = (((ulong*)from)[0], ((ulong*)from)[1]);
        ((ulong*)to)[0] = low;
        ((ulong*)to)[1] = high;
    }
}
