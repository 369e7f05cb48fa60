using Iced.Intel;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Chooses base, index, scale and displacement for an address, and register values that make it come out.</summary>
internal static class MemoryForm
{
    internal static void Choose(LiveRandom random, int bits, ulong address, ulong[] values, bool[] pinned, ref Instruction instruction)
    {
        int registers = bits == 64 ? 16 : 8;
        bool wide = bits == 64 && random.Chance(85);
        ulong mask = wide ? ulong.MaxValue : uint.MaxValue;
        Register first = wide ? Register.RAX : Register.EAX;
        instruction.SegmentPrefix = random.Below(40) switch { 0 => Register.SS, 1 => Register.ES, 2 => Register.DS, _ => Register.None };
        if (random.Chance(bits == 64 ? 6 : 4) && (long)address is >= 0 and < 0x2FFF_FFFF)
        {
            instruction.MemoryBase = bits == 64 && random.Chance(50) ? Register.RIP : Register.None;
            instruction.MemoryDisplSize = bits == 64 ? 8 : 4;
            instruction.MemoryDisplacement64 = address;
            return;
        }

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

        int displacementBytes = random.Below(3);
        long displacement = displacementBytes switch { 0 => 0, 1 => (sbyte)random.Next(), _ => (int)random.Next() };
        int scale = index < 0 ? 0 : random.Below(4);
        ulong sum = (ulong)displacement + (index < 0 ? 0 : (values[index] & mask) << scale);
        ulong value = (address - sum) & mask;
        values[@base] = wide || bits == 32 ? value : value | (random.Next() << 32);
        pinned[@base] = true;
        instruction.MemoryBase = first + @base;
        instruction.MemoryIndex = index < 0 ? Register.None : first + index;
        instruction.MemoryIndexScale = 1 << scale;
        instruction.MemoryDisplSize = displacementBytes == 0 ? 0 : displacementBytes == 1 ? 1 : wide ? 8 : 4;
        instruction.MemoryDisplacement64 = (ulong)displacement & mask;
    }
}
