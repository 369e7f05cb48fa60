using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>The registers that a task state segment holds (Intel SDM vol. 3A 7.2.1, 7.6).</summary>
internal struct TaskState
{
    /// <summary>Smallest limit of a 32-bit TSS.</summary>
    internal const uint WideLimit = 0x67;

    /// <summary>Smallest limit of a 16-bit TSS.</summary>
    internal const uint NarrowLimit = 0x2B;

    /// <summary>Offset of the word whose bit 0 asks for a debug trap; 32-bit TSS only.</summary>
    internal const int TrapOffset = 100;

    internal uint Cr3;
    internal uint Ip;
    internal uint Flags;
    internal ushort Ldt;
    internal bool Trap;
    internal Registers General;
    internal Selectors Segments;

    /// <summary>Offset of the saved instruction pointer; flags, general registers and segments follow it.</summary>
    internal static int IpOffset(bool wide) => wide ? 32 : 14;

    /// <summary>Bytes from the saved instruction pointer to the last saved segment.</summary>
    internal static int SavedLength(bool wide) => wide ? (10 * 4) + (6 * 4) : (10 * 2) + (4 * 2);

    /// <summary>Reads a whole TSS at <paramref name="at"/>; faults leave everything as it was.</summary>
    internal static bool TryLoad(InterpreterCore c, ulong at, bool wide, out TaskState task)
    {
        task = default;
        int size = wide ? 4 : 2;
        ulong offset = at + (ulong)IpOffset(wide);
        if (wide)
        {
            if (!Read(c, at + 28, 4, out ulong cr3) || !Read(c, at + TrapOffset, 2, out ulong trap))
            {
                return false;
            }

            task.Cr3 = (uint)cr3;
            task.Trap = (trap & 1) != 0;
        }

        if (!Read(c, offset, size, out ulong ip) || !Read(c, offset + (ulong)size, size, out ulong flags))
        {
            return false;
        }

        task.Ip = (uint)ip;
        task.Flags = (uint)flags;
        for (int i = 0; i < 8; i++)
        {
            if (!Read(c, offset + (ulong)((2 + i) * size), size, out ulong value))
            {
                return false;
            }

            task.General[i] = (uint)value;
        }

        int segments = wide ? 6 : 4;
        for (int i = 0; i <= segments; i++)
        {
            if (!Read(c, offset + (ulong)((10 + i) * size), 2, out ulong selector))
            {
                return false;
            }

            if (i < segments)
            {
                task.Segments[i] = (ushort)selector;
            }
            else
            {
                task.Ldt = (ushort)selector;
            }
        }

        return true;
    }

    /// <summary>Writes the current registers to the TSS at <paramref name="at"/>, whose pages were probed.</summary>
    internal static void Save(InterpreterCore c, ulong at, bool wide, ulong ip, ulong flags)
    {
        int size = wide ? 4 : 2;
        ulong offset = at + (ulong)IpOffset(wide);
        Write(c, offset, size, ip);
        Write(c, offset + (ulong)size, size, flags);
        for (int i = 0; i < 8; i++)
        {
            Write(c, offset + (ulong)((2 + i) * size), size, c.Gpr(i));
        }

        int segments = wide ? 6 : 4;
        for (int i = 0; i < segments; i++)
        {
            Write(c, offset + (ulong)((10 + i) * size), 2, c.S.Segment[i].Selector);
        }
    }

    private static bool Read(InterpreterCore c, ulong at, int size, out ulong value) => Words.TryReadSystem(c, (uint)at, size, out value);

    private static void Write(InterpreterCore c, ulong at, int size, ulong value) => _ = Words.TryWriteSystem(c, (uint)at, size, value);

    /// <summary>EAX to EDI, by encoding number.</summary>
    [InlineArray(8)]
    internal struct Registers
    {
        private uint _first;
    }

    /// <summary>ES, CS, SS, DS, FS, GS.</summary>
    [InlineArray(6)]
    internal struct Selectors
    {
        private ushort _first;
    }
}
