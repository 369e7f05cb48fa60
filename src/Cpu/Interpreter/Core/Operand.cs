using System.Runtime.CompilerServices;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Addresses of memory operands.</summary>
internal static class Operand
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
        return op.Segment == Op.Flat || SegmentRegisters.TryLinear(c, op.Segment, linear, size, write, out linear);
    }
}
