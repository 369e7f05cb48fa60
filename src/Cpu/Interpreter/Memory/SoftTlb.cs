using System;
using System.Runtime.InteropServices;

namespace Doppel.Cpu.Interpreter.Memory;

/// <summary>One cached translation. A tag is the linear page address it holds for, or <see cref="NoTag"/>.</summary>
internal struct TlbEntry
{
    /// <summary>Never equals a page address.</summary>
    internal const ulong NoTag = 1;

    internal ulong ReadTag;
    internal ulong WriteTag;
    internal ulong ExecuteTag;

    /// <summary>Host address minus linear address.</summary>
    internal nint Addend;

    /// <summary>Guest-physical page address, after the A20 mask; bit 0 marks a global page, bit 1 a part of a large page.</summary>
    internal ulong Physical;
}

/// <summary>
/// A direct-mapped software TLB of one privilege view, holding RAM and ROM pages only: everything else takes the slow path each time.
/// A write tag is given only to pages whose dirty bit is set and that hold no decoded code.
/// </summary>
internal sealed unsafe class SoftTlb : IDisposable
{
    internal const int Count = 1024;

    // SAFETY: Count entries owned by this object; indexes are masked with Count - 1; freed by Dispose or the finaliser only.
    private TlbEntry* _entries = (TlbEntry*)NativeMemory.AlignedAlloc((nuint)(Count * sizeof(TlbEntry)), 64);
    private ulong _largeLow = ulong.MaxValue;
    private ulong _largeHigh;
    private bool _used = true;

    internal SoftTlb() => FlushAll();

    ~SoftTlb() => Dispose();

    /// <summary>The first entry; valid until <see cref="Dispose"/>.</summary>
    internal TlbEntry* Entries => _entries;

    /// <summary>The entry that may hold <paramref name="linear"/>.</summary>
    internal TlbEntry* At(ulong linear) => _entries + ((linear >> 12) & (Count - 1));

    /// <summary>Remembers that a page bigger than 4 KiB is cached in pieces.</summary>
    internal void NoteLargePage(ulong linear, int pageBits)
    {
        ulong start = linear & ~((1UL << pageBits) - 1);
        _largeLow = Math.Min(_largeLow, start);
        _largeHigh = Math.Max(_largeHigh, start + ((1UL << pageBits) - 1));
    }

    /// <summary>Tells that an entry was filled since the last flush.</summary>
    internal void NoteFill() => _used = true;

    /// <summary>Drops everything.</summary>
    internal void FlushAll()
    {
        if (!_used)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            _entries[i] = new TlbEntry { ReadTag = TlbEntry.NoTag, WriteTag = TlbEntry.NoTag, ExecuteTag = TlbEntry.NoTag };
        }

        _largeLow = ulong.MaxValue;
        _largeHigh = 0;
        _used = false;
    }

    /// <summary>Drops everything but global pages.</summary>
    internal void FlushNonGlobal()
    {
        if (!_used)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            if ((_entries[i].Physical & 1) == 0)
            {
                Drop(_entries + i);
            }
        }
    }

    /// <summary>Drops the translation of one linear address, global or not.</summary>
    internal void FlushPage(ulong linear)
    {
        if (linear >= _largeLow && linear <= _largeHigh)
        {
            FlushAll();
            return;
        }

        Drop(At(linear));
    }

    /// <summary>Takes the write tags of all entries that map one physical page.</summary>
    internal void DropWriters(ulong physicalPage)
    {
        for (int i = 0; i < Count; i++)
        {
            if ((_entries[i].Physical & ~0xFFFUL) == physicalPage)
            {
                _entries[i].WriteTag = TlbEntry.NoTag;
            }
        }
    }

    /// <summary>Takes all write tags: the dirty log was collected.</summary>
    internal void DropAllWriters()
    {
        for (int i = 0; i < Count; i++)
        {
            _entries[i].WriteTag = TlbEntry.NoTag;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        if (_entries != null)
        {
            // SAFETY: allocated by the constructor, freed once; nothing holds an entry past its owner.
            NativeMemory.AlignedFree(_entries);
            _entries = null;
        }
    }

    private static void Drop(TlbEntry* entry)
    {
        entry->ReadTag = TlbEntry.NoTag;
        entry->WriteTag = TlbEntry.NoTag;
        entry->ExecuteTag = TlbEntry.NoTag;
    }
}
