using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>A stack that is about to be pushed to: the current one or the one of an inner level.</summary>
/// <param name="Segment">SS; ignored when flat.</param>
/// <param name="Pointer">RSP, ESP or SP before the pushes.</param>
/// <param name="IsFlat64">The code that will run on it is 64-bit: no segment limits.</param>
/// <param name="User">Pages are accessed in user mode.</param>
/// <param name="ErrorCode">Error code of #SS when the frame does not fit.</param>
internal readonly record struct PushTarget(SegmentState Segment, ulong Pointer, bool IsFlat64, bool User, uint ErrorCode)
{
    /// <summary>The stack in use now.</summary>
    internal static PushTarget Current(InterpreterCore c) => new(c.S.Segment[Seg.SS], c.Gpr(4), c.Is64Bit, c.Cpl == 3, 0);
}

/// <summary>Values to be pushed, in order. All of them are checked before the first is written, so that a frame is pushed whole or not at all.</summary>
internal struct StackImage(int itemSize)
{
    private Values _values;
    private int _count;

    /// <summary>Bytes that the frame takes.</summary>
    internal readonly int LengthBytes => _count * itemSize;

    /// <summary>Adds a value on top; at most 48 in all.</summary>
    internal void Add(ulong value) => _values[_count++] = value;

    /// <summary>Checks limit, rights and pages of the whole frame. False: an exception was raised.</summary>
    internal readonly bool TryProbe(InterpreterCore c, in PushTarget stack)
    {
        ulong mask = Mask(stack);
        ulong bottom = (stack.Pointer - (ulong)LengthBytes) & mask;
        if (stack.IsFlat64 || bottom + (ulong)LengthBytes <= mask + 1)
        {
            return TryProbe(c, stack, bottom, LengthBytes);
        }

        for (int i = 1; i <= _count; i++)
        {
            if (!TryProbe(c, stack, (stack.Pointer - (ulong)(i * itemSize)) & mask, itemSize))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the frame at the privilege now current, and returns the stack pointer below it. Probed before.</summary>
    internal readonly ulong Write(InterpreterCore c, in PushTarget stack)
    {
        ulong mask = Mask(stack);
        for (int i = 0; i < _count; i++)
        {
            ulong offset = (stack.Pointer - (ulong)((i + 1) * itemSize)) & mask;
            _ = Words.TryWrite(c, Linear(stack, offset), itemSize, _values[i]);
        }

        ulong below = stack.Pointer - (ulong)LengthBytes;
        return mask == 0xFFFF ? (stack.Pointer & ~mask) | (below & mask) : below & mask;
    }

    private static ulong Mask(in PushTarget stack) =>
        stack.IsFlat64 ? ulong.MaxValue : (stack.Segment.Attributes & Attr.Big) != 0 ? uint.MaxValue : 0xFFFFUL;

    private static ulong Linear(in PushTarget stack, ulong offset) => stack.IsFlat64 ? offset : (uint)(stack.Segment.Base + offset);

    private static bool TryProbe(InterpreterCore c, in PushTarget stack, ulong offset, int size)
    {
        if (!Fits(c, stack, offset, size))
        {
            c.Raise(Vector.SS, stack.ErrorCode);
            return false;
        }

        return c.Memory.Slow.TryProbeWrite(Linear(stack, offset), size, stack.User);
    }

    private static bool Fits(InterpreterCore c, in PushTarget stack, ulong offset, int size)
    {
        ulong last = offset + (ulong)size - 1;
        if (stack.IsFlat64)
        {
            return Words.IsCanonical(offset) && Words.IsCanonical(last);
        }

        int a = stack.Segment.Attributes;
        bool real = (c.S.Cr0 & Cr0.PE) == 0;
        bool writable = (a & (Attr.Present | Attr.Code | Attr.Writable)) == (Attr.Present | Attr.Writable);
        if (!real && !writable)
        {
            return false;
        }

        return (a & (Attr.Code | Attr.ExpandDown)) == Attr.ExpandDown
            ? offset > stack.Segment.Limit && last <= Mask(stack)
            : last <= stack.Segment.Limit;
    }

    [InlineArray(48)]
    private struct Values
    {
        private ulong _first;
    }
}
