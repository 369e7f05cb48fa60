using System.Collections.Generic;
using Doppel.Memory;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>A physical page that holds decoded code: its blocks, and which of its 64-byte pieces they cover.</summary>
internal sealed class CodePage(GuestRam ram, long ramPage)
{
    private ulong _pieces;

    /// <summary>The RAM that backs the page.</summary>
    internal GuestRam Ram { get; } = ram;

    /// <summary>Its page number in that RAM.</summary>
    internal long RamPage { get; } = ramPage;

    /// <summary>Blocks with bytes in the page.</summary>
    internal List<Block> Blocks { get; } = [];

    /// <summary>First and last byte in this page of a block.</summary>
    internal static (int First, int Last) Extent(Block block, ulong physicalPage)
    {
        int start = (int)(block.Physical & 0xFFF);
        int end = start + block.LengthBytes - 1;
        return block.Physical >> 12 == physicalPage ? (start, System.Math.Min(end, 0xFFF)) : (0, end - 0x1000);
    }

    internal void Add(Block block, ulong physicalPage)
    {
        Blocks.Add(block);
        Cover(block, physicalPage);
    }

    /// <summary>Whether any piece between two bytes is covered.</summary>
    internal bool Touches(int first, int last) => (_pieces & Pieces(first, last)) != 0;

    /// <summary>Forms the map of pieces anew after blocks went.</summary>
    internal void Recompute(ulong physicalPage)
    {
        _pieces = 0;
        foreach (Block block in Blocks)
        {
            Cover(block, physicalPage);
        }
    }

    private void Cover(Block block, ulong physicalPage)
    {
        (int first, int last) = Extent(block, physicalPage);
        _pieces |= Pieces(first, last);
    }

    private static ulong Pieces(int first, int last)
    {
        ulong upTo = last >> 6 == 63 ? ulong.MaxValue : (1UL << ((last >> 6) + 1)) - 1;
        return upTo & ~((1UL << (first >> 6)) - 1);
    }
}
