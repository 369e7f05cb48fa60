using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Addresses of memory operands.</summary>
// SAFETY: host addresses come from a TLB hit and are used within the same guest instruction.
internal static unsafe class Operand
{
    /// <summary>Offset of the memory operand inside its segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Offset(InterpreterCore c, ref Op op) =>
        (RegisterAccess.At(ref c.Regs, op.Base) + (RegisterAccess.At(ref c.Regs, op.Index) << op.Scale) + op.Displacement) & op.AddressMask;

    /// <summary>Linear address of the memory operand, after segment checks of <paramref name="size"/> bytes. False: an exception was raised.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryAddress(InterpreterCore c, ref Op op, uint size, bool write, out ulong linear)
    {
        linear = Offset(c, ref op);
        return op.Segment == Op.Flat || TrySegment(c, ref op, linear, size, write, out linear);
    }

    /// <summary>Linear address of an offset in the operand's segment, when that is not plainly flat.</summary>
    internal static bool TrySegment(InterpreterCore c, ref Op op, ulong offset, uint size, bool write, out ulong linear)
    {
        if (op.Segment != Op.FlatStack)
        {
            return SegmentRegisters.TryLinear(c, op.Segment, offset, size, write, out linear);
        }

        linear = offset;
        return SlowMemory.IsCanonical(offset) || SlowMemory.RaiseStackFault(c);
    }

    /// <summary>Host address of a flat operand that the TLB has for reading; null sends the handler its long way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* ReadHit<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => op.IsFlat ? c.Memory.ReadHit<W>(Offset(c, ref op)) : null;

    /// <summary>Host address of a flat operand that the TLB has for writing; null sends the handler its long way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* WriteHit<W>(InterpreterCore c, ref Op op)
        where W : struct, IWidth => op.IsFlat ? c.Memory.WriteHit<W>(Offset(c, ref op)) : null;
}
