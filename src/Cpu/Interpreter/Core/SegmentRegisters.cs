using System.Runtime.CompilerServices;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Segment register numbers.</summary>
internal static class Seg
{
    internal const int ES = 0;
    internal const int CS = 1;
    internal const int SS = 2;
    internal const int DS = 3;
    internal const int FS = 4;
    internal const int GS = 5;
    internal const int LDTR = 6;
    internal const int TR = 7;
}

/// <summary>Attribute bits of <see cref="SegmentState.Attributes"/>.</summary>
internal static class Attr
{
    internal const int Accessed = 1 << 0;
    internal const int Writable = 1 << 1;       // data
    internal const int Readable = 1 << 1;       // code
    internal const int ExpandDown = 1 << 2;     // data
    internal const int Conforming = 1 << 2;     // code
    internal const int Code = 1 << 3;
    internal const int NotSystem = 1 << 4;
    internal const int Present = 1 << 7;
    internal const int Long = 1 << 13;
    internal const int Big = 1 << 14;
    internal const int Granular = 1 << 15;

    /// <summary>DPL, 0 to 3.</summary>
    internal static int Dpl(int attributes) => (attributes >> 5) & 3;
}

/// <summary>
/// What an access through a segment may reach, in a form that one comparison checks: offset + size must not exceed the end. Zero ends send the access
/// to the exact check (expand-down, missing rights, null selector).
/// </summary>
internal struct SegmentReach
{
    internal ulong Base;
    internal ulong ReadEnd;
    internal ulong WriteEnd;
}

/// <summary>Reach of the six code and data segments.</summary>
[InlineArray(8)]
internal struct SegmentReaches
{
    private SegmentReach _first;
}

/// <summary>Changes of segment registers and what follows from them.</summary>
internal static class SegmentRegisters
{
    /// <summary>Loads a segment register with its hidden part, without any check, and re-derives reach and mode. CPL is not touched.</summary>
    internal static void Set(InterpreterCore c, int segment, in SegmentState state)
    {
        c.S.Segment[segment] = state;
        Derive(c, segment);
        if (segment < 4)
        {
            UpdateMode(c);
        }
    }

    /// <summary>Loads a segment as real and virtual-8086 mode do: base = selector * 16; in virtual-8086 mode limit and rights are fixed too.</summary>
    internal static void SetRealMode(InterpreterCore c, int segment, ushort selector)
    {
        SegmentState state = c.S.Segment[segment];
        state.Selector = selector;
        state.Base = (ulong)selector << 4;
        if (c.IsVirtual8086)
        {
            state.Limit = 0xFFFF;
            state.Attributes = Attr.Present | Attr.NotSystem | Attr.Writable | Attr.Accessed | (3 << 5);
        }
        else if (segment == Seg.CS || (state.Attributes & Attr.Present) == 0)
        {
            // A far transfer in real mode makes CS an ordinary writable code segment of the old size; the limit stays ("unreal" mode).
            state.Attributes = (ushort)((state.Attributes & (Attr.Big | Attr.Granular)) | Attr.Present | Attr.NotSystem | Attr.Writable | Attr.Accessed);
        }

        Set(c, segment, state);
    }

    /// <summary>Re-derives everything from the canonical record: after a whole state was stored, or CR0, CR4, EFER or EFLAGS.VM changed.</summary>
    internal static void DeriveAll(InterpreterCore c)
    {
        for (int i = 0; i < 6; i++)
        {
            Derive(c, i);
        }

        UpdateMode(c);
    }

    /// <summary>Recomputes <see cref="InterpreterCore.Mode"/>.</summary>
    internal static void UpdateMode(InterpreterCore c)
    {
        CpuMode mode = CpuMode.None;
        int cs = c.S.Segment[Seg.CS].Attributes;
        bool isProtected = c.IsProtected;
        if (isProtected)
        {
            mode |= CpuMode.Protected;
        }

        if (c.IsVirtual8086)
        {
            mode |= CpuMode.Virtual8086;
        }

        if (c.IsLongMode && (cs & Attr.Long) != 0)
        {
            mode |= CpuMode.Code64;
        }
        else if ((cs & Attr.Big) != 0)
        {
            mode |= CpuMode.Code32;
        }

        if ((c.S.Segment[Seg.SS].Attributes & Attr.Big) != 0)
        {
            mode |= CpuMode.Stack32;
        }

        if ((mode & CpuMode.Code64) != 0 || IsFlat(c))
        {
            mode |= CpuMode.Flat;
        }

        if (((mode ^ c.Mode) & CpuMode.Code64) != 0)
        {
            c.Mode = mode;
            for (int i = 0; i < 6; i++)
            {
                Derive(c, i);
            }
        }

        c.Mode = mode;
        c.Memory.PrivilegeChanged();
    }

    private static bool IsFlat(InterpreterCore c)
    {
        for (int i = 0; i < 4; i++)
        {
            ref SegmentReach reach = ref c.Reach[i];
            bool writable = i == Seg.CS || reach.WriteEnd == 1UL << 32;
            if (reach.Base != 0 || reach.ReadEnd != 1UL << 32 || !writable)
            {
                return false;
            }
        }

        return true;
    }

    private static void Derive(InterpreterCore c, int segment)
    {
        SegmentState s = c.S.Segment[segment];
        ref SegmentReach reach = ref c.Reach[segment];
        if (c.IsLongMode && (c.S.Segment[Seg.CS].Attributes & Attr.Long) != 0)
        {
            // 64-bit mode: no limits; only FS and GS have a base (Intel SDM vol. 3A 3.4.4).
            reach.Base = segment >= Seg.FS ? s.Base : 0;
            reach.ReadEnd = ulong.MaxValue;
            reach.WriteEnd = ulong.MaxValue;
            return;
        }

        reach.Base = s.Base;
        reach.ReadEnd = 0;
        reach.WriteEnd = 0;
        if ((s.Attributes & Attr.Present) == 0)
        {
            return;
        }

        bool real = (c.S.Cr0 & Cr0.PE) == 0;
        bool code = (s.Attributes & Attr.Code) != 0;
        bool expandDown = !code && (s.Attributes & Attr.ExpandDown) != 0;
        if (expandDown)
        {
            return;
        }

        ulong end = (ulong)s.Limit + 1;
        if (real || !code || (s.Attributes & Attr.Readable) != 0)
        {
            reach.ReadEnd = end;
        }

        if (real || (!code && (s.Attributes & Attr.Writable) != 0))
        {
            reach.WriteEnd = end;
        }
    }

    /// <summary>
    /// Linear address of <paramref name="size"/> bytes at <paramref name="offset"/> in a segment, after limit and rights checks
    /// (Intel SDM vol. 3A 5.3, 5.5). False: #GP(0) or #SS(0) was raised.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool TryLinear(InterpreterCore c, int segment, ulong offset, uint size, bool write, out ulong linear)
    {
        ref SegmentReach reach = ref c.Reach[segment];
        ulong end = write ? reach.WriteEnd : reach.ReadEnd;
        linear = reach.Base + offset;
        if ((c.Mode & CpuMode.Code64) != 0)
        {
            return true;
        }

        linear = (uint)linear;
        return offset + size <= end || TryLinearExact(c, segment, offset, size, write);
    }

    private static bool TryLinearExact(InterpreterCore c, int segment, ulong offset, uint size, bool write)
    {
        SegmentState s = c.S.Segment[segment];
        int a = s.Attributes;
        bool expandDown = (a & (Attr.Code | Attr.ExpandDown)) == Attr.ExpandDown;
        bool real = (c.S.Cr0 & Cr0.PE) == 0;
        bool allowed = (a & Attr.Present) != 0 && (real
            || (write ? (a & (Attr.Code | Attr.Writable)) == Attr.Writable : (a & Attr.Code) == 0 || (a & Attr.Readable) != 0));
        if (allowed && expandDown)
        {
            ulong top = (a & Attr.Big) != 0 ? 1UL << 32 : 1UL << 16;
            if (offset > s.Limit && offset + size <= top)
            {
                return true;
            }
        }

        c.Raise(segment == Seg.SS ? Vector.SS : Vector.GP);
        return false;
    }
}
