using System;
using System.Runtime.InteropServices;
using Doppel.Host;
using Doppel.Primitives;

namespace Doppel.Memory;

/// <summary>Marks kept for each 4 KiB page of RAM.</summary>
[Flags]
public enum PageMarks : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Written since the dirty log was last collected.</summary>
    Dirty = 1,

    /// <summary>An engine holds decoded or translated code of this page: writes must be announced by <see cref="GuestRam.AnnounceWrite"/>.</summary>
    Code = 2,

    /// <summary>Written since the RAM was laid over its ground (<see cref="GuestRam.Fork"/>): the ground no longer has what the page holds.</summary>
    Diverged = 4,

    /// <summary>What every writer sets.</summary>
    Written = Dirty | Diverged,
}

/// <summary>
/// Guest RAM (or the bytes of a ROM): one memfd mapped once, and one mark byte a page. All writers (CPU, DMA, loader) mark the pages
/// they write and announce writes to code pages, so that the dirty log and decoded code never lag behind. RAM of a fork or of a restored
/// machine lies over a ground that it shares, copy-on-write.
/// </summary>
public sealed class GuestRam : IDisposable
{
    private const ulong DivergedOfEight = 0x0404_0404_0404_0404;
    private const long PageBytes = 1L << 12;

    private readonly SharedMemory _memory;
    private readonly SharedMemory _marks;

    /// <summary>Allocates <paramref name="lengthBytes"/> of zeroed RAM, a positive multiple of 4096.</summary>
    public GuestRam(string name, long lengthBytes)
        : this(name, new SharedMemory("doppel-" + name, lengthBytes))
    {
    }

    private GuestRam(string name, SharedMemory memory)
    {
        Name = name;
        _memory = memory;
        try
        {
            _marks = new SharedMemory("doppel-" + name + "-marks", ((memory.LengthBytes >> 12) + 0xFFF) & ~0xFFFL);
        }
        catch (HostException)
        {
            _memory.Dispose();
            throw;
        }
    }

    /// <summary>RAM that holds what <paramref name="ground"/> holds, and keeps its own changes. The ground stays the caller's.</summary>
    /// <exception cref="HostException">The host has no address space or descriptors left.</exception>
    public static GuestRam Over(MemoryGround ground, string name) => new(name, new SharedMemory(ground));

    /// <summary>Someone wrote bytes of a page with <see cref="PageMarks.Code"/>: (offset in this RAM, length). Raised after the bytes changed.</summary>
    public event Action<long, int>? CodeWritten;

    /// <summary>
    /// The dirty log is about to be collected: an engine that keeps its own record of written pages (KVM) sets their marks now.
    /// Raised on the machine's thread while no vCPU runs.
    /// </summary>
    public event Action? DirtyCollecting;

    /// <summary>
    /// The dirty marks were collected and cleared: an engine that skips marking for pages it knows to be dirty forgets them now.
    /// Raised on the machine's thread while no vCPU runs.
    /// </summary>
    public event Action? DirtyCleared;

    /// <summary>Name for messages and snapshots.</summary>
    public string Name { get; }

    /// <summary>Size in bytes.</summary>
    public long LengthBytes => _memory.LengthBytes;

    /// <summary>Host address of the first byte.</summary>
    public Hva Base => _memory.Base;

    /// <summary>Host address of the mark byte of page 0; one byte a page (<see cref="PageMarks"/>).</summary>
    public Hva Marks => _marks.Base;

    /// <summary>The bytes from <paramref name="offset"/>, for reading.</summary>
    public ReadOnlySpan<byte> Read(long offset, int length) => _memory.Span(offset, length);

    /// <summary>Writes bytes, marks their pages dirty and announces writes to code.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_memory.Span(offset, bytes.Length));
        AnnounceWrite(offset, bytes.Length);
    }

    /// <summary>Fills <paramref name="length"/> bytes with one value, marks their pages dirty and announces writes to code.</summary>
    public void Fill(long offset, int length, byte value)
    {
        _memory.Span(offset, length).Fill(value);
        AnnounceWrite(offset, length);
    }

    /// <summary>
    /// Tells that <paramref name="length"/> bytes at <paramref name="offset"/> were written through another view.
    /// </summary>
    public void AnnounceWrite(long offset, int length)
    {
        if (length <= 0)
        {
            return;
        }

        if (offset < 0 || offset > LengthBytes - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset));
        }

        Span<byte> marks = _marks.Span(offset >> 12, (int)(((offset + length - 1) >> 12) - (offset >> 12)) + 1);
        bool code = false;
        for (int i = 0; i < marks.Length; i++)
        {
            code |= (marks[i] & (byte)PageMarks.Code) != 0;
            marks[i] |= (byte)PageMarks.Written;
        }

        if (code)
        {
            CodeWritten?.Invoke(offset, length);
        }
    }

    /// <summary>Marks of the page with number <paramref name="page"/> (offset / 4096).</summary>
    public PageMarks GetMarks(long page) => (PageMarks)MarkOf(page);

    /// <summary>Sets marks of a page.</summary>
    public void SetMarks(long page, PageMarks marks) => MarkOf(page) |= (byte)marks;

    /// <summary>Clears marks of a page.</summary>
    public void ClearMarks(long page, PageMarks marks) => MarkOf(page) &= (byte)~marks;

    /// <summary>
    /// RAM with the same bytes for another machine. The first time, this RAM becomes ground for both, whatever its length, and goes on over it;
    /// later forks share that ground and copy the pages that were written since. No vCPU may run meanwhile.
    /// </summary>
    /// <exception cref="HostException">The host has no address space or descriptors left; this RAM is as before.</exception>
    public GuestRam Fork()
    {
        RaiseDirtyCollecting();
        if (_memory.Ground is null)
        {
            _ = _memory.Freeze();
            ClearDiverged();
        }

        GuestRam child = Over(_memory.Ground!, Name);
        try
        {
            for (long at = 0; NextDiverged(at, LengthBytes, out long start, out long end); at = end)
            {
                for (; start < end; start += PageBytes)
                {
                    child.Write(start, Read(start, (int)PageBytes));
                }
            }
        }
        catch
        {
            child.Dispose();
            throw;
        }

        RaiseDirtyCleared();
        return child;
    }

    /// <summary>
    /// The first stretch of whole pages at or after <paramref name="from"/> that may hold something else than zeros: lets RAM be read without
    /// touching pages that the host has never backed. Start with 0, where engines are asked for what they know of. False: none comes any more.
    /// No vCPU may run meanwhile.
    /// </summary>
    public bool NextUsed(long from, out long start, out long end)
    {
        if (from == 0)
        {
            RaiseDirtyCollecting();
        }

        bool found = _memory.NextStored(from, out start, out end);
        start = found ? Math.Max(from, start & -PageBytes) : LengthBytes;
        end = found ? (end + PageBytes - 1) & -PageBytes : LengthBytes;
        if (_memory.Ground is not null && NextDiverged(from, start, out long divergedStart, out long divergedEnd))
        {
            (start, end) = (divergedStart, divergedEnd);
            return true;
        }

        return found;
    }

    internal void RaiseDirtyCollecting() => DirtyCollecting?.Invoke();

    internal void RaiseDirtyCleared() => DirtyCleared?.Invoke();

    // Marks of the pages from "page" on; the last page's marks are followed by zeros up to a multiple of 4096.
    internal Span<byte> MarksFrom(long page, int count) => _marks.Span(page, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _marks.Dispose();
    }

    // Engines forget which pages they have marked already when DirtyCleared is raised: the caller's to do.
    private void ClearDiverged()
    {
        Span<ulong> marks = MemoryMarshal.Cast<byte, ulong>(_marks.Span(0, (int)_marks.LengthBytes));
        foreach (ref ulong eight in marks)
        {
            eight &= ~DivergedOfEight;
        }
    }

    private bool NextDiverged(long from, long limit, out long start, out long end)
    {
        long page = from >> 12;
        long last = limit >> 12;
        while (page < last && (MarkOf(page) & (byte)PageMarks.Diverged) == 0)
        {
            bool isEight = (page & 7) == 0 && page + 8 <= last;
            page += isEight && (MemoryMarshal.Read<ulong>(_marks.Span(page, 8)) & DivergedOfEight) == 0 ? 8 : 1;
        }

        start = page << 12;
        while (page < last && (MarkOf(page) & (byte)PageMarks.Diverged) != 0)
        {
            page++;
        }

        end = page << 12;
        return start < end;
    }

    private ref byte MarkOf(long page)
    {
        if ((ulong)page >= (ulong)(LengthBytes >> 12))
        {
            throw new ArgumentOutOfRangeException(nameof(page));
        }

        return ref _marks.Span(page, 1)[0];
    }
}
