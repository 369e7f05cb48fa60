using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Reads of the current stack that do not move the pointer, and the move itself.</summary>
internal static class StackPops
{
    /// <summary>Reads <paramref name="size"/> bytes <paramref name="above"/> bytes above the stack pointer. False: an exception was raised.</summary>
    internal static bool TryPeek(InterpreterCore c, int above, int size, out ulong value)
    {
        ulong pointer = c.Gpr(4) + (ulong)above;
        ulong linear;
        value = 0;
        if (c.Is64Bit)
        {
            linear = pointer;
            if (!Words.IsCanonical(linear))
            {
                c.Raise(Vector.SS);
                return false;
            }
        }
        else
        {
            pointer &= (c.Mode & CpuMode.Stack32) != 0 ? uint.MaxValue : 0xFFFFUL;
            if (!SegmentRegisters.TryLinear(c, Seg.SS, pointer, (uint)size, write: false, out linear))
            {
                return false;
            }
        }

        return Words.TryRead(c, linear, size, out value);
    }

    /// <summary>Adds to the stack pointer in its present width.</summary>
    internal static void Release(InterpreterCore c, int bytes) => SetPointer(c, c.Gpr(4) + (ulong)bytes);

    /// <summary>Sets the stack pointer as SS and the code size in force now have it: a 16-bit stack changes SP only.</summary>
    internal static void SetPointer(InterpreterCore c, ulong pointer)
    {
        ref ulong register = ref c.Gpr(4);
        if (c.Is64Bit)
        {
            register = pointer;
        }
        else if ((c.Mode & CpuMode.Stack32) != 0)
        {
            register = (uint)pointer;
        }
        else
        {
            register = (register & ~0xFFFFUL) | (pointer & 0xFFFF);
        }
    }
}
