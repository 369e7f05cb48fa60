using Doppel.Cpu.Interpreter.Core;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Types of system descriptors and gates (Intel SDM vol. 3A table 3-2).</summary>
internal static class SystemType
{
    internal const int AvailableTss16 = 1;
    internal const int Ldt = 2;
    internal const int BusyTss16 = 3;
    internal const int CallGate16 = 4;
    internal const int TaskGate = 5;
    internal const int InterruptGate16 = 6;
    internal const int TrapGate16 = 7;
    internal const int AvailableTss = 9;
    internal const int BusyTss = 11;
    internal const int CallGate = 12;
    internal const int InterruptGate = 14;
    internal const int TrapGate = 15;

    /// <summary>The bit that tells 32-bit (64-bit) system types from 16-bit ones.</summary>
    internal const int Wide = 8;

    /// <summary>The bit that tells a busy task state segment from an available one.</summary>
    internal const int Busy = 2;
}

/// <summary>An entry of a descriptor table as read from memory; <paramref name="high"/> is the second half of long mode's 16-byte entries, else 0.</summary>
internal readonly struct Descriptor(ulong low, ulong high = 0)
{
    /// <summary>First eight bytes.</summary>
    internal ulong Low => low;

    /// <summary>Type field, bits 43:40.</summary>
    internal int Type => (int)(low >> 40) & 0xF;

    /// <summary>Gate, TSS or LDT.</summary>
    internal bool IsSystem => (low & (1UL << 44)) == 0;

    internal bool IsCode => !IsSystem && (Type & Attr.Code) != 0;

    internal bool IsConforming => (Type & Attr.Conforming) != 0;

    internal bool IsWritableData => !IsSystem && (Type & (Attr.Code | Attr.Writable)) == Attr.Writable;

    /// <summary>Data, or code that may be read.</summary>
    internal bool IsReadable => !IsSystem && ((Type & Attr.Code) == 0 || (Type & Attr.Readable) != 0);

    internal int Dpl => (int)(low >> 45) & 3;

    internal bool IsPresent => (low & (1UL << 47)) != 0;

    internal bool IsLong => (low & (1UL << 53)) != 0;

    internal bool IsBig => (low & (1UL << 54)) != 0;

    internal bool IsAccessed => (low & (1UL << 40)) != 0;

    /// <summary>Segment base.</summary>
    internal ulong Base => ((low >> 16) & 0xFF_FFFF) | ((low >> 56) << 24) | (high << 32);

    /// <summary>Last valid offset, granularity applied.</summary>
    internal uint Limit
    {
        get
        {
            uint raw = (uint)(low & 0xFFFF) | (uint)((low >> 32) & 0xF_0000);
            return (low & (1UL << 55)) != 0 ? (raw << 12) | 0xFFF : raw;
        }
    }

    /// <summary>Rights as <see cref="SegmentState.Attributes"/> has them.</summary>
    internal ushort Attributes => (ushort)((low >> 40) & 0xF0FF);

    /// <summary>Selector in a gate.</summary>
    internal ushort GateSelector => (ushort)(low >> 16);

    /// <summary>Offset in a gate; 16 bits for 16-bit gates.</summary>
    internal ulong GateOffset => (Type & SystemType.Wide) == 0 ? low & 0xFFFF : (low & 0xFFFF) | ((low >> 32) & 0xFFFF_0000) | (high << 32);

    /// <summary>Parameters a call gate copies.</summary>
    internal int GateParameters => (int)(low >> 32) & 0x1F;

    /// <summary>Interrupt stack table index of a long-mode gate.</summary>
    internal int GateStack => (int)(low >> 32) & 7;

    /// <summary>The hidden part of a segment register that is loaded with this descriptor.</summary>
    internal SegmentState ToSegment(int selector) => new() { Base = Base, Limit = Limit, Selector = (ushort)selector, Attributes = (ushort)(Attributes | (IsSystem ? 0 : Attr.Accessed)) };

    /// <summary>The same with the accessed bit set.</summary>
    internal Descriptor WithType(int type) => new((low & ~(0xFUL << 40)) | ((ulong)type << 40), high);

    /// <summary>The same with the second half of a 16-byte entry.</summary>
    internal Descriptor WithHigh(ulong second) => new(low, second);
}
