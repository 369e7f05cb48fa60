using System;
using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Chooses segment, base, index, scale and displacement for an address, and register values that make it come out.</summary>
internal sealed class MemoryForm(LiveRandom random, int bits, ulong[] values, bool[] pinned)
{
    private const int Ss = 2;
    private const int Ds = 3;

    // Base and index of 16-bit addresses, by register number.
    private static readonly (int Base, int Index)[] Narrow = [(3, 6), (3, 7), (5, 6), (5, 7), (6, -1), (7, -1), (5, -1), (3, -1), (-1, -1)];

    /// <summary>Whether segment prefixes are frequent and name all six.</summary>
    internal bool UsesAllSegments { get; init; }

    /// <summary>Fills in the memory operand; <paramref name="place"/> gives the offset for the segment that was chosen.</summary>
    internal void Choose(Func<int, ulong> place, ref Instruction instruction)
    {
        int prefix = UsesAllSegments ? (random.Chance(45) ? random.Below(6) : -1) : random.Below(40) switch { 0 => 2, 1 => 0, 2 => 3, _ => -1 };
        instruction.SegmentPrefix = prefix < 0 ? Register.None : Register.ES + prefix;
        if (bits == 16 ? random.Chance(75) : bits == 32 && UsesAllSegments && random.Chance(10))
        {
            ChooseNarrow(place, prefix, ref instruction);
            return;
        }

        if (random.Chance(bits == 64 ? 6 : 4))
        {
            ulong address = place(prefix < 0 ? Ds : prefix);
            if ((long)address is >= 0 and < 0x2FFF_FFFF || bits != 64)
            {
                instruction.MemoryBase = bits == 64 && random.Chance(50) ? Register.RIP : Register.None;
                instruction.MemoryDisplSize = bits == 64 ? 8 : 4;
                instruction.MemoryDisplacement64 = address;
                return;
            }
        }

        ChooseWide(place, prefix, ref instruction);
    }

    private void ChooseWide(Func<int, ulong> place, int prefix, ref Instruction instruction)
    {
        int registers = bits == 64 ? 16 : 8;
        bool wide = bits == 64 && random.Chance(85);
        ulong mask = wide ? ulong.MaxValue : uint.MaxValue;
        Register first = wide ? Register.RAX : Register.EAX;
        int @base = random.Below(registers);
        int index = random.Chance(50) ? random.Below(registers) : -1;
        if (pinned[@base] || index == 4 || index == @base)
        {
            index = index == 4 || index == @base ? -1 : index;
            while (pinned[@base] || @base == index)
            {
                @base = random.Below(registers);
            }
        }

        ulong address = place(prefix >= 0 ? prefix : @base is 4 or 5 ? Ss : Ds);
        int displacementBytes = random.Below(3);
        long displacement = displacementBytes switch { 0 => 0, 1 => (sbyte)random.Next(), _ => (int)random.Next() };
        int scale = index < 0 ? 0 : random.Below(4);
        ulong sum = (ulong)displacement + (index < 0 ? 0 : (values[index] & mask) << scale);
        ulong value = (address - sum) & mask;
        values[@base] = wide || bits != 64 ? value : value | (random.Next() << 32);
        pinned[@base] = true;
        instruction.MemoryBase = first + @base;
        instruction.MemoryIndex = index < 0 ? Register.None : first + index;
        instruction.MemoryIndexScale = 1 << scale;
        instruction.MemoryDisplSize = displacementBytes == 0 ? 0 : displacementBytes == 1 ? 1 : wide ? 8 : 4;
        instruction.MemoryDisplacement64 = (ulong)displacement & mask;
    }

    // [BX+SI] and its kin. One register is free to make the address come out; when none is, the address stands in the instruction.
    private void ChooseNarrow(Func<int, ulong> place, int prefix, ref Instruction instruction)
    {
        (int @base, int index) = random.Pick<(int, int)>(Narrow);
        if (@base < 0 || (pinned[@base] && (index < 0 || pinned[index])))
        {
            instruction.MemoryDisplSize = 2;
            instruction.MemoryDisplacement64 = place(prefix < 0 ? Ds : prefix) & 0xFFFF;
            return;
        }

        ulong address = place(prefix >= 0 ? prefix : @base == 5 ? Ss : Ds);
        int displacementBytes = random.Below(3);
        long displacement = displacementBytes switch { 0 => 0, 1 => (sbyte)random.Next(), _ => (short)random.Next() };
        int free = pinned[@base] ? index : @base;
        int other = free == @base ? index : @base;
        ulong value = address - (ulong)displacement - (other < 0 ? 0 : values[other]);
        values[free] = (value & 0xFFFF) | (random.Next() << 16);
        pinned[free] = true;
        instruction.MemoryBase = Register.AX + @base;
        instruction.MemoryIndex = index < 0 ? Register.None : Register.AX + index;
        instruction.MemoryDisplSize = displacementBytes;
        instruction.MemoryDisplacement64 = (ulong)displacement & 0xFFFF;
    }
}
