using System;
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
}

/// <summary>
/// Guest RAM (or the bytes of a ROM): one memfd mapped once, and one mark byte a page. All writers (CPU, DMA, loader) mark the pages
/// they write and announce writes to code pages, so that the dirty log and decoded code never lag behind.
/// </summary>
public sealed class GuestRam : IDisposable
{
    private readonly SharedMemory _memory;
    private readonly SharedMemory _marks;

    /// <summary>Allocates <paramref name="lengthBytes"/> of zeroed RAM, a positive multiple of 4096.</summary>
    public GuestRam(string name, long lengthBytes)
    {
        Name = name;
        _memory = new SharedMemory("doppel-" + name, lengthBytes);
        try
        {
            _marks = new SharedMemory("doppel-" + name + "-marks", ((lengthBytes >> 12) + 0xFFF) & ~0xFFFL);
        }
        catch (HostException)
        {
            _memory.Dispose();
            throw;
        }
    }

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
            marks[i] |= (byte)PageMarks.Dirty;
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
    private ref byte MarkOf(long page)
    {
        if ((ulong)page >= (ulong)(LengthBytes >> 12))
        {
            throw new ArgumentOutOfRangeException(nameof(page));
        }

        return ref _marks.Span(page, 1)[0];
    }
}
