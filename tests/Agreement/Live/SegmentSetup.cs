using System;
using Doppel.Cpu;

namespace Doppel.Agreement.Tests.Live;

/// <summary>The six segment registers that a case starts with, by encoding number (ES, CS, SS, DS, FS, GS).</summary>
internal sealed class SegmentSetup(params ushort[] selectors)
{
    private const int Es = 0;
    private const int Cs = 1;
    private const int Ss = 2;

    // What a register can be loaded with beforehand: data and readable code that are present.
    private static readonly int[] Data = [0, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23];
    private static readonly int[] Stacks = [8, 9, 10, 12, 13, 14, 18, 19, 20, 21, 22];
    private static readonly int[] Codes16 = [0, 1, 7];
    private static readonly int[] Codes32 = [2, 3, 4];

    private readonly SegmentState[] _states = Array.ConvertAll(selectors, LiveDescriptors.StateOf);

    internal ushort[] Selectors => selectors;

    /// <summary>Instruction pointer at which the code starts.</summary>
    internal ulong Start => CaseLayout.CodeStart - _states[Cs].Base;

    /// <summary>Whether the stack pointer is ESP.</summary>
    internal bool IsStack32 => (_states[Ss].Attributes & 0x4000) != 0;

    /// <summary>Whether no data segment has a base or a limit.</summary>
    internal bool IsFlat { get; } = selectors.AsSpan().IndexOfAnyExcept(LiveDescriptors.UserData, LiveDescriptors.UserCode32, LiveDescriptors.UserCode64) < 0;

    internal uint CodeLimit => _states[Cs].Limit;

    internal SegmentState this[int segment] => _states[segment];

    /// <summary>What every process starts with.</summary>
    internal static SegmentSetup Ordinary(int bits)
    {
        ushort code = bits switch { 16 => LiveDescriptors.Code16, 32 => LiveDescriptors.UserCode32, _ => LiveDescriptors.UserCode64 };
        const ushort data = LiveDescriptors.UserData;
        return new SegmentSetup(data, code, data, data, data, data);
    }

    /// <summary>16-bit code as programs have it: 64 KiB of code and of data; the stack is the data segment or a flat 32-bit one.</summary>
    internal static SegmentSetup Sixteen(LiveRandom random)
    {
        const ushort data = LiveDescriptors.Stack16;
        ushort stack = random.Chance(60) ? data : random.Chance(50) ? LiveDescriptors.UserData : LiveDescriptors.Selector(9);
        ushort extra = random.Chance(80) ? data : LiveDescriptors.Flat;
        return new SegmentSetup(extra, LiveDescriptors.Code16, stack, data, LiveDescriptors.UserData, data);
    }

    /// <summary>64-bit code whose data segments are of the LDT: they have no effect until other code takes over.</summary>
    internal static SegmentSetup Long(LiveRandom random)
    {
        ushort data = LiveDescriptors.Selector(random.Pick<int>(Data));
        return new SegmentSetup(data, LiveDescriptors.UserCode64, LiveDescriptors.UserData, data, LiveDescriptors.UserData, LiveDescriptors.UserData);
    }

    /// <summary>Any segments of the LDT: limits, bases, rights and directions of all kinds.</summary>
    internal static SegmentSetup Limited(LiveRandom random, int bits)
    {
        if (bits == 64)
        {
            return Ordinary(64);
        }

        ushort[] chosen = new ushort[6];
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = i switch
            {
                Cs => bits == 32 && random.Chance(30) ? LiveDescriptors.UserCode32 : LiveDescriptors.Selector(random.Pick<int>(bits == 16 ? Codes16 : Codes32)),
                Ss => random.Chance(20) ? LiveDescriptors.UserData : LiveDescriptors.Selector(random.Pick<int>(Stacks)),
                _ => random.Chance(8) ? (ushort)0 : LiveDescriptors.Selector(random.Pick<int>(Data)),
            };
        }

        // Strings take ES: mostly one that can be written.
        if (random.Chance(50))
        {
            chosen[Es] = LiveDescriptors.Selector(random.Pick<int>(Stacks));
        }

        return new SegmentSetup(chosen);
    }

    /// <summary>
    /// An offset in a segment: of a linear address, or with <paramref name="atEdge"/> one whose operand of <paramref name="size"/> bytes ends or starts
    /// at the limit, give or take two bytes.
    /// </summary>
    internal uint Offset(LiveRandom random, int segment, uint linear, int size, bool atEdge)
    {
        SegmentState state = _states[segment];
        if (!atEdge || state.Attributes == 0 || state.Limit == uint.MaxValue)
        {
            return linear - (uint)state.Base;
        }

        uint slack = (uint)(random.Below(5) - 2);
        bool down = (state.Attributes & 0xC) == 4;
        if (!down)
        {
            return state.Limit + 1 - (uint)size + slack;
        }

        uint top = (state.Attributes & 0x4000) != 0 ? uint.MaxValue : 0xFFFF;
        return random.Chance(70) ? state.Limit + 1 + slack : top + 1 - (uint)size + slack;
    }
}
