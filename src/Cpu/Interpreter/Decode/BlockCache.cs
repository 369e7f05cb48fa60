using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Exceptions;
using Doppel.X86.Paging;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>
/// Finds the block at the current instruction pointer, decodes it when there is none, and forgets blocks whose bytes are written. Pages with blocks carry
/// <see cref="PageMarks.Code"/>, so that every writer announces itself; a map of 64-byte pieces spares blocks beside the written bytes.
/// </summary>
internal sealed class BlockCache : IDisposable
{
    private const int TableSize = 1 << 16;

    // All blocks are dropped when there are more than this: bounds memory whatever the guest executes.
    private const int MaxBlocks = 1 << 17;

    private readonly InterpreterCore _core;
    private readonly CodeMarks _marks;
    private readonly BlockBuilder _builder;
    private readonly Block?[] _table = new Block?[TableSize];
    private readonly Dictionary<BlockKey, Block> _blocks = [];
    private readonly Dictionary<ulong, CodePage> _pages = [];
    private readonly Dictionary<GuestRam, Action<long, int>> _watched = [];

    internal BlockCache(InterpreterCore core, CodeMarks marks)
    {
        _core = core;
        _marks = marks;
        _marks.Join(this);
        _builder = new BlockBuilder(core);
        _core.Space.Changed += DropAll;
    }

    /// <summary>Blocks decoded since start.</summary>
    internal ulong Decoded { get; private set; }

    /// <summary>Whether blocks of a guest-physical page are held.</summary>
    internal bool Holds(ulong physicalPage) => _pages.ContainsKey(physicalPage);

    /// <summary>Another processor may hold code of the page now: stores to it must be seen.</summary>
    internal void DropWriters(ulong physicalPage) => _core.Memory.DropWriters(physicalPage << 12);

    /// <summary>The block at CS:RIP; null when fetching it raised an exception.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Block? Find()
    {
        InterpreterCore c = _core;
        ulong linear = c.Reach[Seg.CS].Base + c.Rip;
        if ((c.Mode & CpuMode.Code64) == 0)
        {
            linear = (uint)linear;
        }

        byte key = (byte)((byte)c.Mode | (c.Cpl == 3 ? 64 : 0));
        ref Block? slot = ref _table[(int)(linear ^ (linear >> 14)) & (TableSize - 1)];
        if (slot is { } block && block.Linear == linear && block.Epoch == c.Memory.Epoch && block.Key == key && block.Rip == c.Rip
            && block.CodeLimit == c.S.Segment[Seg.CS].Limit)
        {
            return block;
        }

        return FindSlow(linear, key, ref slot);
    }

    /// <summary>Drops every block.</summary>
    internal void DropAll()
    {
        Array.Clear(_table);
        foreach (Block block in _blocks.Values)
        {
            block.IsValid = false;
            block.Epoch = 0;
        }

        foreach ((ulong physicalPage, CodePage page) in _pages)
        {
            _marks.Clear(this, page, physicalPage);
        }

        _blocks.Clear();
        _pages.Clear();
        _core.LeaveBlock(); // the block that runs may be among them
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _core.Space.Changed -= DropAll;
        _marks.Leave(this);
        foreach ((GuestRam ram, Action<long, int> handler) in _watched)
        {
            ram.CodeWritten -= handler;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block? FindSlow(ulong linear, byte key, ref Block? slot)
    {
        InterpreterCore c = _core;
        if ((c.Mode & CpuMode.Code64) == 0 && c.Rip > c.S.Segment[Seg.CS].Limit)
        {
            c.Raise(Vector.GP);
            return null;
        }

        if (!TryFetchAddress(linear, out ulong physical))
        {
            return null;
        }

        BlockKey at = new(physical, linear, c.Rip, key);
        if (_blocks.TryGetValue(at, out Block? block) && block.CodeLimit != c.S.Segment[Seg.CS].Limit)
        {
            Forget(block);
            block = null;
        }

        if (block is not null)
        {
            if (block.SecondPage != Block.NoPage)
            {
                ulong next = (linear | 0xFFF) + 1;
                if (!TryFetchAddress((c.Mode & CpuMode.Code64) != 0 ? next : (uint)next, out ulong second))
                {
                    return null;
                }

                if (second >> 12 != block.SecondPage)
                {
                    Forget(block);
                    return FindSlow(linear, key, ref slot);
                }
            }

            block.Epoch = c.Memory.Epoch;
            slot = block;
            return block;
        }

        if (_blocks.Count >= MaxBlocks)
        {
            DropAll();
        }

        block = _builder.Build(linear, physical, key);
        if (block is null)
        {
            return null;
        }

        Decoded++;
        if (Register(block, physical >> 12) && (block.SecondPage == Block.NoPage || Register(block, block.SecondPage)))
        {
            _blocks.Add(at, block);
            block.Epoch = c.Memory.Epoch;
            slot = block;
        }

        return block; // not registered: code outside RAM and ROM is decoded each time
    }

    private bool TryFetchAddress(ulong linear, out ulong physical)
    {
        if (_core.Memory.TryExecuteHit(linear, out physical))
        {
            return true;
        }

        return _core.Memory.Slow.TryTranslate(linear, PageAccess.Execute, _core.Cpl == 3, out physical);
    }

    private bool Register(Block block, ulong physicalPage)
    {
        if (!_pages.TryGetValue(physicalPage, out CodePage? page))
        {
            FlatRange? range = _core.Space.Map.Find(new Gpa(physicalPage << 12));
            if (range?.Ram is not { } ram || (physicalPage << 12) + 0xFFF - range.Start.Value >= range.Length)
            {
                return false;
            }

            long offset = range.Offset + (long)((physicalPage << 12) - range.Start.Value);
            if ((offset & 0xFFF) != 0)
            {
                return false;
            }

            page = new CodePage(ram, offset >> 12);
            _pages.Add(physicalPage, page);
            Watch(ram);
            _marks.Set(page, physicalPage);
        }

        page.Add(block, physicalPage);
        return true;
    }

    private void Watch(GuestRam ram)
    {
        if (_watched.ContainsKey(ram))
        {
            return;
        }

        Action<long, int> handler = (offset, length) => OnCodeWritten(ram, offset, length);
        _watched.Add(ram, handler);
        ram.CodeWritten += handler;
    }

    private void OnCodeWritten(GuestRam ram, long offset, int length)
    {
        for (long page = offset >> 12; page <= (offset + length - 1) >> 12; page++)
        {
            if ((ram.GetMarks(page) & PageMarks.Code) == 0)
            {
                continue;
            }

            int first = (int)Math.Max(0, offset - (page << 12));
            int last = (int)Math.Min(0xFFF, offset + length - 1 - (page << 12));
            foreach (FlatRange range in _core.Space.Map.Ranges)
            {
                long start = (page << 12) - range.Offset;
                if (range.Ram == ram && start >= 0 && (ulong)start < range.Length
                    && _pages.TryGetValue((range.Start.Value + (ulong)start) >> 12, out CodePage? code))
                {
                    ForgetOverlapping(code, (range.Start.Value + (ulong)start) >> 12, first, last);
                }
            }
        }
    }

    private void ForgetOverlapping(CodePage code, ulong physicalPage, int first, int last)
    {
        if (!code.Touches(first, last))
        {
            return;
        }

        for (int i = code.Blocks.Count - 1; i >= 0; i--)
        {
            Block block = code.Blocks[i];
            (int from, int to) = CodePage.Extent(block, physicalPage);
            if (from <= last && to >= first)
            {
                Forget(block);
            }
        }

        if (code.Blocks.Count == 0)
        {
            _marks.Clear(this, code, physicalPage);
            _ = _pages.Remove(physicalPage);
        }
        else
        {
            code.Recompute(physicalPage);
        }
    }

    private void Forget(Block block)
    {
        block.IsValid = false;
        block.Epoch = 0;
        _ = _blocks.Remove(new BlockKey(block.Physical, block.Linear, block.Rip, block.Key));
        if (_pages.TryGetValue(block.Physical >> 12, out CodePage? page))
        {
            _ = page.Blocks.Remove(block);
        }

        if (block.SecondPage != Block.NoPage && _pages.TryGetValue(block.SecondPage, out CodePage? second))
        {
            _ = second.Blocks.Remove(block);
        }

        _core.LeaveBlock(); // it may be the block that runs
    }

    private readonly record struct BlockKey(ulong Physical, ulong Linear, ulong Rip, byte Key)
    {
        public override int GetHashCode() => (int)(Physical ^ (Linear << 7) ^ (Linear >> 25) ^ ((ulong)Key << 20));

        public bool Equals(BlockKey other) => Physical == other.Physical && Linear == other.Linear && Rip == other.Rip && Key == other.Key;
    }
}
