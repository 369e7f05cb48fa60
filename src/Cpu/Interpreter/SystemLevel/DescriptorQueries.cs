using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// LAR, LSL, VERR, VERW, ARPL (Intel SDM vol. 2). Each but ARPL sets ZF; the Try result is false only when an exception (#UD outside protected mode, #PF) was raised.
/// </summary>
internal static class DescriptorQueries
{
    private const int AccessRightTypes = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 9) | (1 << 11) | (1 << 12);
    private const int LongAccessRightTypes = (1 << 2) | (1 << 9) | (1 << 11) | (1 << 12);
    private const int LimitTypes = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 9) | (1 << 11);
    private const int LongLimitTypes = (1 << 2) | (1 << 9) | (1 << 11);

    /// <summary>LAR: <paramref name="rights"/> is to be written to the destination only when <paramref name="found"/>; 16-bit destinations take the low half.</summary>
    internal static bool AccessRights(InterpreterCore c, ushort selector, out bool found, out uint rights)
    {
        bool fine = TryQuery(c, selector, c.IsLongMode ? LongAccessRightTypes : AccessRightTypes, out found, out Descriptor d);
        rights = (uint)(d.Low >> 32) & 0x00FF_FF00;
        return fine;
    }

    /// <summary>LSL: <paramref name="limit"/> in bytes, to be written to the destination only when <paramref name="found"/>.</summary>
    internal static bool SegmentLimit(InterpreterCore c, ushort selector, out bool found, out uint limit)
    {
        bool fine = TryQuery(c, selector, c.IsLongMode ? LongLimitTypes : LimitTypes, out found, out Descriptor d);
        limit = d.Limit;
        return fine;
    }

    /// <summary>VERR, or VERW with <paramref name="write"/>.</summary>
    internal static bool Verify(InterpreterCore c, ushort selector, bool write)
    {
        if (!TryQuery(c, selector, 0, out bool found, out Descriptor d))
        {
            return false;
        }

        c.Flags.SetZero(found && (write ? d.IsWritableData : d.IsReadable));
        return true;
    }

    /// <summary>ARPL: the destination's new value; it is to be written only when <paramref name="changed"/>, which ZF then shows.</summary>
    internal static bool AdjustRpl(InterpreterCore c, ushort destination, ushort source, out bool changed, out ushort value)
    {
        changed = (destination & 3) < (source & 3);
        value = changed ? (ushort)((destination & ~3) | (source & 3)) : destination;
        return Privilege.TryProtected(c);
    }

    private static bool TryQuery(InterpreterCore c, int selector, int systemTypes, out bool found, out Descriptor d)
    {
        found = false;
        d = default;
        if (!Privilege.TryProtected(c))
        {
            return false;
        }

        if (!DescriptorTables.IsNull(selector) && DescriptorTables.Locate(c, selector, 8, out ulong linear))
        {
            if (!c.Memory.TryReadSystem<W64>(linear, out ulong low))
            {
                return false;
            }

            d = new Descriptor(low);
            bool visible = (d.IsCode && d.IsConforming) || (d.Dpl >= c.Cpl && d.Dpl >= (selector & 3));
            found = visible && (!d.IsSystem || (systemTypes & (1 << d.Type)) != 0);
        }

        c.Flags.SetZero(found);
        return true;
    }
}
