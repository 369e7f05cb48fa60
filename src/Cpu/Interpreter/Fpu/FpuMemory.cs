using System;
using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>Memory operands of 1 to 16 bytes between linear memory and native scratch space. False: an exception was raised.</summary>
// SAFETY: a TLB tag match means that the page is host RAM that lives as long as the machine, and the operand lies inside it (the page offset check);
// the scratch side is at least 16 bytes of the core's FxArea.
internal static unsafe class FpuMemory
{
    private const ulong PageOffset = 0xFFF;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryLoad(InterpreterCore c, ulong linear, int size, byte* to)
    {
        TlbEntry* entry = c.Memory.Tlb.At(linear);
        if (entry->ReadTag == (linear & ~PageOffset) && (int)(linear & PageOffset) <= 4096 - size)
        {
            Copy(to, (byte*)((nint)linear + entry->Addend), size);
            return true;
        }

        return TryLoadSlow(c, linear, size, to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryStore(InterpreterCore c, ulong linear, int size, byte* from)
    {
        TlbEntry* entry = c.Memory.Tlb.At(linear);
        if (entry->WriteTag == (linear & ~PageOffset) && (int)(linear & PageOffset) <= 4096 - size)
        {
            Copy((byte*)((nint)linear + entry->Addend), from, size);
            return true;
        }

        return TryStoreSlow(c, linear, size, from);
    }

    /// <summary>Makes sure that a later <see cref="TryStore"/> of the same instruction cannot fault.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryPrepareStore(InterpreterCore c, ulong linear, int size)
    {
        TlbEntry* entry = c.Memory.Tlb.At(linear);
        return (entry->WriteTag == (linear & ~PageOffset) && (int)(linear & PageOffset) <= 4096 - size) || c.Memory.TryProbeWrite(linear, size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* to, byte* from, int size)
    {
        switch (size)
        {
            case 4:
                *(uint*)to = *(uint*)from;
                break;
            case 8:
                *(ulong*)to = *(ulong*)from;
                break;
            case 16:
                (ulong low, ulong high) = (((ulong*)from)[0], ((ulong*)from)[1]);
                ((ulong*)to)[0] = low;
                ((ulong*)to)[1] = high;
                break;
            case 2:
                *(ushort*)to = *(ushort*)from;
                break;
            default:
                Unsafe.CopyBlockUnaligned(to, from, (uint)size);
                break;
        }
    }

    private static bool TryLoadSlow(InterpreterCore c, ulong linear, int size, byte* to)
    {
        ulong value;
        bool done;
        switch (size)
        {
            case 1:
                done = c.Memory.TryRead<W8>(linear, out value);
                break;
            case 2:
                done = c.Memory.TryRead<W16>(linear, out value);
                break;
            case 4:
                done = c.Memory.TryRead<W32>(linear, out value);
                break;
            case 8:
                done = c.Memory.TryRead<W64>(linear, out value);
                break;
            default:
                return c.Memory.TryReadBytes(linear, new Span<byte>(to, size));
        }

        if (done)
        {
            *(ulong*)to = value;
        }

        return done;
    }

    private static bool TryStoreSlow(InterpreterCore c, ulong linear, int size, byte* from) => size switch
    {
        1 => c.Memory.TryWrite<W8>(linear, *from),
        2 => c.Memory.TryWrite<W16>(linear, *(ushort*)from),
        4 => c.Memory.TryWrite<W32>(linear, *(uint*)from),
        8 => c.Memory.TryWrite<W64>(linear, *(ulong*)from),
        _ => c.Memory.TryWriteBytes(linear, new ReadOnlySpan<byte>(from, size)),
    };
}
