using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Reads of GDT and LDT (Intel SDM vol. 3A 3.5). A false result of a Try method means that an exception was raised.</summary>
internal static class DescriptorTables
{
    /// <summary>Whether a selector is null: index 0 in the GDT, whatever its RPL.</summary>
    internal static bool IsNull(int selector) => (selector & 0xFFFC) == 0;

    /// <summary>Error code that names a selector: without RPL.</summary>
    internal static uint ErrorCode(int selector) => (uint)selector & 0xFFFC;

    /// <summary>Linear address of the first <paramref name="size"/> bytes of an entry. False: outside its table (nothing is raised).</summary>
    internal static bool Locate(InterpreterCore c, int selector, int size, out ulong linear)
    {
        ulong tableBase;
        uint limit;
        if ((selector & 4) != 0)
        {
            SegmentState table = c.S.Segment[Seg.LDTR];
            tableBase = table.Base;
            limit = table.Limit;
            if ((table.Attributes & Attr.Present) == 0)
            {
                linear = 0;
                return false;
            }
        }
        else
        {
            tableBase = c.S.Gdtr.Base;
            limit = c.S.Gdtr.Limit;
        }

        uint index = (uint)selector & 0xFFF8;
        linear = Words.Wrap(c, tableBase + index);
        return index + (ulong)size - 1 <= limit;
    }

    /// <summary>Reads eight bytes; outside the table <paramref name="vector"/> is raised with the selector.</summary>
    internal static bool TryRead(InterpreterCore c, int selector, Vector vector, out Descriptor descriptor)
    {
        descriptor = default;
        if (!Locate(c, selector, 8, out ulong linear))
        {
            c.Raise(vector, ErrorCode(selector));
            return false;
        }

        if (!c.Memory.TryReadSystem<W64>(linear, out ulong low))
        {
            return false;
        }

        descriptor = new Descriptor(low);
        return true;
    }

    /// <summary>Long mode: adds the second half of a system descriptor. Its own type field (bits 12:8) must be zero, else <paramref name="vector"/>.</summary>
    internal static bool TryReadSecondHalf(InterpreterCore c, int selector, Vector vector, ref Descriptor descriptor)
    {
        if (!Locate(c, selector, 16, out ulong linear))
        {
            c.Raise(vector, ErrorCode(selector));
            return false;
        }

        if (!c.Memory.TryReadSystem<W64>(linear + 8, out ulong high))
        {
            return false;
        }

        if (((high >> 40) & 0x1F) != 0)
        {
            c.Raise(vector, ErrorCode(selector));
            return false;
        }

        descriptor = descriptor.WithHigh(high);
        return true;
    }

    /// <summary>Sets the accessed bit of a code or data descriptor in memory when it is clear. Done before anything else changes.</summary>
    internal static bool TryMarkAccessed(InterpreterCore c, int selector, in Descriptor descriptor) =>
        descriptor.IsAccessed || TryWriteType(c, selector, descriptor.WithType(descriptor.Type | Attr.Accessed));

    /// <summary>Writes the byte that holds the type back: accessed or busy bit.</summary>
    internal static bool TryWriteType(InterpreterCore c, int selector, in Descriptor descriptor) =>
        !Locate(c, selector, 8, out ulong linear) || c.Memory.TryWriteSystem<W8>(linear + 5, (descriptor.Low >> 40) & 0xFF);
}
