using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// The store of MASKMOVQ and MASKMOVDQU: bytes whose mask byte has its top bit set. On Intel's processors bytes that are not stored cannot fault; AMD's want
/// all of the operand writable whatever the mask is.
/// </summary>
// SAFETY: data and mask are registers of the core's own FxArea.
internal static unsafe class MaskedMove
{
    /// <summary>False: an exception was raised and nothing was stored.</summary>
    internal static bool TryStore(InterpreterCore c, ref Op op, byte* data, byte* mask, int count)
    {
        if (!Operand.TryAddress(c, ref op, (uint)count, write: true, out ulong linear))
        {
            return false;
        }

        if (c.IsAmd && !FpuMemory.TryPrepareStore(c, linear, count))
        {
            return false;
        }

        int first = 0;
        while (first < count && mask[first] < 0x80)
        {
            first++;
        }

        if (first == count)
        {
            return true;
        }

        int last = count - 1;
        while (mask[last] < 0x80)
        {
            last--;
        }

        if (!FpuMemory.TryPrepareStore(c, linear + (ulong)first, last - first + 1))
        {
            return false;
        }

        for (int i = first; i <= last; i++)
        {
            if (mask[i] >= 0x80)
            {
                _ = c.Memory.TryWrite<W8>(linear + (ulong)i, data[i]);
            }
        }

        return true;
    }
}
