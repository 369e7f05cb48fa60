using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Memory accesses whose width (1, 2, 4 or 8 bytes) is known at run time only.</summary>
internal static class Words
{
    /// <summary>Reads at the current privilege.</summary>
    internal static bool TryRead(InterpreterCore c, ulong linear, int size, out ulong value) => size switch
    {
        1 => c.Memory.TryRead<W8>(linear, out value),
        2 => c.Memory.TryRead<W16>(linear, out value),
        4 => c.Memory.TryRead<W32>(linear, out value),
        _ => c.Memory.TryRead<W64>(linear, out value),
    };

    /// <summary>Writes at the current privilege.</summary>
    internal static bool TryWrite(InterpreterCore c, ulong linear, int size, ulong value) => size switch
    {
        1 => c.Memory.TryWrite<W8>(linear, value),
        2 => c.Memory.TryWrite<W16>(linear, value),
        4 => c.Memory.TryWrite<W32>(linear, value),
        _ => c.Memory.TryWrite<W64>(linear, value),
    };

    /// <summary>Reads at supervisor privilege.</summary>
    internal static bool TryReadSystem(InterpreterCore c, ulong linear, int size, out ulong value) => size switch
    {
        1 => c.Memory.TryReadSystem<W8>(linear, out value),
        2 => c.Memory.TryReadSystem<W16>(linear, out value),
        4 => c.Memory.TryReadSystem<W32>(linear, out value),
        _ => c.Memory.TryReadSystem<W64>(linear, out value),
    };

    /// <summary>Writes at supervisor privilege.</summary>
    internal static bool TryWriteSystem(InterpreterCore c, ulong linear, int size, ulong value) => size switch
    {
        1 => c.Memory.TryWriteSystem<W8>(linear, value),
        2 => c.Memory.TryWriteSystem<W16>(linear, value),
        4 => c.Memory.TryWriteSystem<W32>(linear, value),
        _ => c.Memory.TryWriteSystem<W64>(linear, value),
    };

    /// <summary>Ones in the low <paramref name="size"/> bytes.</summary>
    internal static ulong Mask(int size) => size >= 8 ? ulong.MaxValue : (1UL << (size * 8)) - 1;

    /// <summary>Whether bits 63:47 are all equal: the form that 4-level paging asks of addresses.</summary>
    internal static bool IsCanonical(ulong linear) => (ulong)((long)(linear << 16) >> 16) == linear;

    /// <summary>Address of system tables: 32 bits wrap outside long mode.</summary>
    internal static ulong Wrap(InterpreterCore c, ulong linear) => c.IsLongMode ? linear : (uint)linear;
}
