using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Where the second operand of an MMX or SSE operation comes from: bits 49:48 of <see cref="Op.Immediate"/>.</summary>
internal enum SourceKind : byte
{
    /// <summary>XMM register <see cref="Op.Reg2"/>.</summary>
    Xmm = 0,

    /// <summary>Memory; <see cref="Op.Reg2"/> is the size in bytes, with <see cref="SseSource.Aligned"/>.</summary>
    Memory = 1,

    /// <summary>General-purpose register at offset <see cref="Op.Reg2"/>.</summary>
    Gpr = 2,

    /// <summary>MMX register <see cref="Op.Reg2"/>.</summary>
    Mm = 3,
}

/// <summary>Fetches the second operand of MMX and SSE operations.</summary>
// SAFETY: results point into the core's own FxArea, 16 bytes at least, aligned to 16.
internal static unsafe class SseSource
{
    /// <summary>Flag of <see cref="Op.Reg2"/>: a misaligned operand raises #GP(0).</summary>
    internal const byte Aligned = 0x80;

    internal const int KindShift = 48;

    /// <summary>False: an exception was raised and nothing changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryGet(InterpreterCore c, ref Op op, byte* b, out byte* source)
    {
        SourceKind kind = (SourceKind)((op.Immediate >> KindShift) & 3);
        if (kind == SourceKind.Xmm)
        {
            source = FxLayout.XmmAt(b, op.Reg2);
            return true;
        }

        return kind == SourceKind.Memory ? TryMemory(c, ref op, b, out source) : TryOther(c, ref op, b, kind, out source);
    }

    /// <summary>Alignment check of legacy SSE operands (Intel SDM vol. 1 10.4.1.1, vol. 2 table 2-18).</summary>
    internal static bool IsAligned(InterpreterCore c, ulong linear, int alignment)
    {
        if ((linear & (ulong)(alignment - 1)) == 0)
        {
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }

    /// <summary>Address of an operand that may have to be aligned to 16. Processors look at that before they look at the address of a stack operand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryAddress(InterpreterCore c, ref Op op, int size, bool write, bool aligned, out ulong linear) =>
        aligned ? TryAlignedAddress(c, ref op, size, write, 16, out linear) : Operand.TryAddress(c, ref op, (uint)size, write, out linear);

    /// <summary>Address of an operand that has to be aligned.</summary>
    internal static bool TryAlignedAddress(InterpreterCore c, ref Op op, int size, bool write, int alignment, out ulong linear)
    {
        bool inside = Operand.TryAddress(c, ref op, (uint)size, write, out linear);
        return IsAligned(c, linear, alignment) && inside; // #GP instead of #SS
    }

    private static bool TryMemory(InterpreterCore c, ref Op op, byte* b, out byte* source)
    {
        int size = op.Reg2 & ~Aligned;
        source = b + FxLayout.Operand;
        return TryAddress(c, ref op, size, write: false, (op.Reg2 & Aligned) != 0, out ulong linear) && FpuMemory.TryLoad(c, linear, size, source);
    }

    private static bool TryOther(InterpreterCore c, ref Op op, byte* b, SourceKind kind, out byte* source)
    {
        if (kind == SourceKind.Gpr)
        {
            source = b + FxLayout.Operand;
            *(ulong*)source = RegisterAccess.At(ref c.Regs, op.Reg2);
            return true;
        }

        source = b;
        if (!FpuGate.NoPendingError(c))
        {
            return false;
        }

        FxLayout.EnterMmx(b);
        source = FxLayout.St(b, op.Reg2);
        return true;
    }
}
