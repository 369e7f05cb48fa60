using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>What all far transfers share: checks of the code segment they lead to, and the change itself.</summary>
internal static class CodeTargets
{
    /// <summary>Reads the descriptor behind a selector that must not be null.</summary>
    internal static bool TryRead(InterpreterCore c, int selector, Vector vector, out Descriptor descriptor)
    {
        if (DescriptorTables.IsNull(selector))
        {
            descriptor = default;
            c.Raise(vector);
            return false;
        }

        return DescriptorTables.TryRead(c, selector, vector, out descriptor);
    }

    /// <summary>Whether the code segment makes the processor run 64-bit code.</summary>
    internal static bool Is64Bit(InterpreterCore c, in Descriptor code) => c.IsLongMode && code.IsLong;

    /// <summary>Long mode: L and D together are reserved. True: the descriptor is fine.</summary>
    internal static bool HasValidSize(InterpreterCore c, in Descriptor code) => !c.IsLongMode || !(code.IsLong && code.IsBig);

    /// <summary>Presence (#NP), then the offset against the limit or the canonical form (#GP(0)), then marks the descriptor accessed.</summary>
    internal static bool TryFinish(InterpreterCore c, int selector, in Descriptor code, ulong offset)
    {
        if (!code.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        return TryOffset(c, code, offset) && DescriptorTables.TryMarkAccessed(c, selector, code);
    }

    /// <summary>The offset against the limit or the canonical form (#GP(0)).</summary>
    internal static bool TryOffset(InterpreterCore c, in Descriptor code, ulong offset)
    {
        bool inside = Is64Bit(c, code) ? Words.IsCanonical(offset) : offset <= code.Limit;
        if (!inside)
        {
            c.Raise(Vector.GP);
        }

        return inside;
    }

    /// <summary>Takes over privilege, CS and RIP.</summary>
    internal static void Enter(InterpreterCore c, int selector, in Descriptor code, int cpl, ulong rip)
    {
        c.Cpl = (byte)cpl;
        SegmentRegisters.Set(c, Seg.CS, code.ToSegment((selector & 0xFFFC) | cpl));
        c.Rip = rip;
        c.LeaveBlock();
    }

    /// <summary>Far jump or call, or interrupt, inside real and virtual-8086 mode: offset against the limit that CS will have.</summary>
    internal static bool TryRealModeOffset(InterpreterCore c, ulong offset)
    {
        uint limit = c.IsVirtual8086 ? 0xFFFF : c.S.Segment[Seg.CS].Limit;
        if (offset <= limit)
        {
            return true;
        }

        c.Raise(Vector.GP);
        return false;
    }

    /// <summary>Takes over CS and IP in real and virtual-8086 mode.</summary>
    internal static void EnterRealMode(InterpreterCore c, ushort selector, ulong rip)
    {
        SegmentRegisters.SetRealMode(c, Seg.CS, selector);
        c.Rip = rip;
        c.LeaveBlock();
    }
}
