using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>How the stack is addressed, as a type: the block key fixes it, so handlers are specialised.</summary>
internal interface IStack
{
    /// <summary>Stack pointer, zero-extended.</summary>
    static abstract ulong Pointer(InterpreterCore c);

    /// <summary>The whole of RSP when it holds this stack pointer: a 16-bit stack leaves the bits above alone.</summary>
    static abstract ulong Register(InterpreterCore c, ulong pointer);

    /// <summary>Sets the stack pointer in its width.</summary>
    static abstract void SetPointer(InterpreterCore c, ulong value);

    /// <summary>Linear address of a stack offset after checks; false: #SS was raised.</summary>
    static abstract bool TryLinear(InterpreterCore c, ulong offset, uint size, bool write, out ulong linear);
}

/// <summary>64-bit mode: RSP is a linear address.</summary>
internal readonly struct Stack64 : IStack
{
    public static ulong Pointer(InterpreterCore c) => c.Gpr(4);

    public static ulong Register(InterpreterCore c, ulong pointer) => pointer;

    public static void SetPointer(InterpreterCore c, ulong value) => c.Gpr(4) = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLinear(InterpreterCore c, ulong offset, uint size, bool write, out ulong linear)
    {
        linear = offset;
        return SlowMemory.IsCanonical(offset) || SlowMemory.RaiseStackFault(c);
    }
}

/// <summary>Flat 32-bit stack.</summary>
internal readonly struct FlatStack32 : IStack
{
    public static ulong Pointer(InterpreterCore c) => (uint)c.Gpr(4);

    public static ulong Register(InterpreterCore c, ulong pointer) => (uint)pointer;

    public static void SetPointer(InterpreterCore c, ulong value) => c.Gpr(4) = (uint)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLinear(InterpreterCore c, ulong offset, uint size, bool write, out ulong linear)
    {
        linear = (uint)offset;
        return true;
    }
}

/// <summary>Any stack outside 64-bit mode: SP or ESP as SS.B says, with base and limit.</summary>
internal readonly struct SegmentedStack : IStack
{
    public static ulong Pointer(InterpreterCore c) => (c.Mode & CpuMode.Stack32) != 0 ? (uint)c.Gpr(4) : (ushort)c.Gpr(4);

    public static ulong Register(InterpreterCore c, ulong pointer) =>
        (c.Mode & CpuMode.Stack32) != 0 ? (uint)pointer : (c.Gpr(4) & 0xFFFF_0000) | (ushort)pointer;

    public static void SetPointer(InterpreterCore c, ulong value)
    {
        if ((c.Mode & CpuMode.Stack32) != 0)
        {
            c.Gpr(4) = (uint)value;
        }
        else
        {
            RegisterAccess.Write<W16>(ref c.Regs, 32, value);
        }
    }

    public static bool TryLinear(InterpreterCore c, ulong offset, uint size, bool write, out ulong linear) =>
        SegmentRegisters.TryLinear(c, Seg.SS, offset & Mask(c), size, write, out linear);

    private static ulong Mask(InterpreterCore c) => (c.Mode & CpuMode.Stack32) != 0 ? 0xFFFF_FFFF : 0xFFFFUL;
}

/// <summary>Push and pop.</summary>
internal static class Stacks
{
    /// <summary>Pushes; the stack pointer moves only when the write succeeded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryPush<W, TStack>(InterpreterCore c, ulong value)
        where W : struct, IWidth
        where TStack : struct, IStack
    {
        ulong pointer = TStack.Pointer(c) - (ulong)(W.Bits / 8);
        if (!TStack.TryLinear(c, pointer, (uint)W.Bits / 8, write: true, out ulong linear) || !c.Memory.TryWrite<W>(linear, value))
        {
            return false;
        }

        TStack.SetPointer(c, pointer);
        return true;
    }

    /// <summary>Reads what lies <paramref name="above"/> bytes above the stack pointer, without moving it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryPeek<W, TStack>(InterpreterCore c, ulong above, out ulong value)
        where W : struct, IWidth
        where TStack : struct, IStack
    {
        value = 0;
        return TStack.TryLinear(c, TStack.Pointer(c) + above, (uint)W.Bits / 8, write: false, out ulong linear) && c.Memory.TryRead<W>(linear, out value);
    }
}
