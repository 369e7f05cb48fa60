using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// SSE instructions that run through stubs. <see cref="Op.Reg"/>: first operand (XMM number, or register file offset). <see cref="Op.Immediate"/>:
/// stub address in bits 47:0, source kind above.
/// </summary>
// SAFETY: operands are places of the core's own FxArea.
internal static unsafe class SseOperations
{
    private const ulong ArithmeticFlags = (ulong)RFlags.Arithmetic;

    /// <summary>XMM destination, no MXCSR.</summary>
    internal static void Integer(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            HostStubs.Run(ref op, b, FxLayout.XmmAt(b, op.Reg), source);
        }
    }

    /// <summary>XMM destination under MXCSR.</summary>
    internal static void Float(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            _ = SseFloat.TryRun(c, ref op, b, FxLayout.XmmAt(b, op.Reg), source);
        }
    }

    /// <summary>PTEST.</summary>
    internal static void Test(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            HostStubs.Run(ref op, b, FxLayout.XmmAt(b, op.Reg), source);
            c.Flags.Unpack(*(ulong*)(b + FxLayout.Out) & ArithmeticFlags);
        }
    }

    /// <summary>COMISS, UCOMISS and their double fellows.</summary>
    internal static void Compare(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source)
            && SseFloat.TryRun(c, ref op, b, FxLayout.XmmAt(b, op.Reg), source))
        {
            c.Flags.Unpack(*(ulong*)(b + FxLayout.Out) & ArithmeticFlags);
        }
    }

    /// <summary>Sign masks of XMM or MMX registers to a general-purpose register.</summary>
    internal static void Mask(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            HostStubs.Run(ref op, b, b, source);
            RegisterAccess.At(ref c.Regs, op.Reg) = *(ulong*)(b + FxLayout.Out);
        }
    }

    /// <summary>PMOVMSKB of an MMX register.</summary>
    internal static void MmxMask(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Mmx(c) && SseSource.TryGet(c, ref op, b, out byte* source))
        {
            HostStubs.Run(ref op, b, b, source);
            RegisterAccess.At(ref c.Regs, op.Reg) = *(ulong*)(b + FxLayout.Out);
        }
    }

    /// <summary>Floating point to a general-purpose register.</summary>
    internal static void FloatToGpr(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (FpuGate.Sse(c) && SseSource.TryGet(c, ref op, b, out byte* source)
            && SseFloat.TryRun(c, ref op, b, b + FxLayout.Spare, source))
        {
            RegisterAccess.At(ref c.Regs, op.Reg) = *(ulong*)(b + FxLayout.Out);
        }
    }

    /// <summary>String compares that return an index.</summary>
    internal static void TextIndex(InterpreterCore c, ref Op op)
    {
        byte* b = c.Fx.Base;
        if (RunText(c, ref op, b))
        {
            RegisterAccess.Write<W32>(ref c.Regs, 1 * 8, ((ulong*)(b + FxLayout.Out))[1]);
        }
    }

    /// <summary>String compares that return a mask in XMM0.</summary>
    internal static void TextMask(InterpreterCore c, ref Op op) => _ = RunText(c, ref op, c.Fx.Base);

    private static bool RunText(InterpreterCore c, ref Op op, byte* b)
    {
        if (!FpuGate.Sse(c) || !SseSource.TryGet(c, ref op, b, out byte* source))
        {
            return false;
        }

        ulong* exchange = (ulong*)(b + FxLayout.Out);
        exchange[0] = RegisterAccess.At(ref c.Regs, 0);
        exchange[1] = RegisterAccess.At(ref c.Regs, 2 * 8);
        HostStubs.Run(ref op, b, FxLayout.XmmAt(b, op.Reg), source);
        c.Flags.Unpack(exchange[0] & ArithmeticFlags);
        return true;
    }
}
