using System;
using System.Buffers.Binary;
using Doppel.Cpu;
using Iced.Intel;
using M = Iced.Intel.Mnemonic;

namespace Doppel.Agreement.Tests.Live;

/// <summary>Gives instructions on selectors something to chew: selectors of all kinds, and targets inside, outside and at the edge of code segments.</summary>
internal static class FarPointers
{
    /// <summary>The LDT with two entries beyond it, the GDT but for what names the host, null, and now and then anything.</summary>
    /// <remarks>
    /// A far call from compatibility mode to 64-bit code is never tried: when its push faults, AMD processors fault again and again without end under Linux.
    /// </remarks>
    internal static ushort Selector(LiveRandom random, int bits, Mnemonic mnemonic)
    {
        int rpl = random.Chance(80) ? 3 : random.Below(4);
        int selector = random.Below(100) switch
        {
            < 60 => (random.Below(LiveDescriptors.Local.Count + 2) << 3) | 4,
            < 80 => random.Below(3) switch { 0 => LiveDescriptors.UserCode32 & ~3, 1 => LiveDescriptors.UserData & ~3, _ => LiveDescriptors.UserCode64 & ~3 },
            < 88 => random.Below(18) << 3,
            < 94 => 0,
            _ => (int)(random.Next() & 0xFFFC),
        };
        selector |= rpl;
        bool avoided = (selector & 0xFFF8) == LiveDescriptors.ProcessorNumber || (bits != 64 && mnemonic == M.Call && (selector | 3) == LiveDescriptors.UserCode64);
        return avoided ? (ushort)0 : (ushort)selector;
    }

    /// <summary>An offset to go to in the segment behind a selector.</summary>
    internal static ulong Target(LiveRandom random, ushort selector)
    {
        bool known = (selector & 4) == 0 || selector >> 3 < LiveDescriptors.Local.Count;
        SegmentState state = known ? LiveDescriptors.StateOf(selector) : default;
        return random.Below(10) switch
        {
            < 6 => CaseLayout.CodeStart + 0x20 + (ulong)random.Below(64) - state.Base,
            < 9 => state.Limit + (ulong)random.Below(4) - 2,
            _ => random.Number(),
        };
    }

    /// <summary>Writes selectors and far pointers to the place where the case's instruction will look for them.</summary>
    internal static void Fill(LiveRandom random, LiveCase test, ulong memoryLinear, ulong stackLinear)
    {
        Instruction instruction = test.Instruction;
        ushort selector = Selector(random, test.Bits, test.Instruction.Mnemonic);
        ulong target = Target(random, selector);
        int size = OperandSize(instruction);
        switch (instruction.Mnemonic)
        {
            case M.Mov or M.Lar or M.Lsl or M.Verr or M.Verw or M.Arpl:
                int source = instruction.OpCount - 1;
                if (instruction.Mnemonic == M.Arpl && random.Chance(50))
                {
                    source = 0;
                }

                if (instruction.GetOpKind(source) == OpKind.Register && instruction.GetOpRegister(source).GetFullRegister() is >= Register.RAX and <= Register.R15 and Register register)
                {
                    ref ulong value = ref test.Registers[register - Register.RAX];
                    value = (value & ~0xFFFFUL) | selector;
                }

                Put(test, memoryLinear, selector, 2);
                break;
            case M.Pop:
                Put(test, stackLinear, selector | (random.Next() << 16), 8);
                break;
            case M.Lds or M.Les or M.Lfs or M.Lgs or M.Lss or M.Jmp or M.Call:
                Put(test, memoryLinear, target, size);
                Put(test, memoryLinear + (ulong)size, selector, 2);
                break;
            case M.Retf:
                PutFrame(test, stackLinear, size, target, selector);
                break;
            case M.Iret or M.Iretd or M.Iretq:
                ulong flags = (random.Next() & 0x0004_4CD5) | 0x302 | (random.Chance(85) ? 0UL : random.Next() & 0x23_7000);
                ushort stack = random.Chance(80) ? LiveDescriptors.UserData : Selector(random, test.Bits, M.Iret);
                PutFrame(test, stackLinear, size, target, selector, flags, CaseLayout.WindowAt + random.Next() % 0x1000, stack);
                break;
        }
    }

    // Bytes of the offset in a far pointer, or of each item on the stack.
    private static int OperandSize(in Instruction instruction) => instruction.Mnemonic switch
    {
        M.Iret => 2,
        M.Iretd => 4,
        M.Iretq => 8,
        M.Retf => instruction.Code switch { Code.Retfw or Code.Retfw_imm16 => 2, Code.Retfd or Code.Retfd_imm16 => 4, _ => 8 },
        _ => Math.Max(instruction.MemorySize.GetSize() - 2, 2),
    };

    private static void PutFrame(LiveCase test, ulong at, int size, params ReadOnlySpan<ulong> items)
    {
        foreach (ulong item in items)
        {
            Put(test, at, item, size);
            at += (ulong)size;
        }
    }

    private static void Put(LiveCase test, ulong linear, ulong value, int size)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        for (int i = 0; i < size; i++)
        {
            test.Pattern[(int)(linear - CaseLayout.WindowAt + (ulong)i) & (CaseLayout.PatternLength - 1)] = bytes[i];
        }
    }
}
