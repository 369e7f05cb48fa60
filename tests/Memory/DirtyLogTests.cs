using System;
using System.Collections.Generic;

namespace Doppel.Memory.Tests;

public sealed class DirtyLogTests : IDisposable
{
    private const int Pages = 70_003;
    private readonly GuestRam _ram = new("dirty", Pages * 4096L);

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Collecting_takes_every_dirty_page_once_and_leaves_other_marks()
    {
        DirtyLog log = new(_ram);
        DirtyBitmap bitmap = log.NewBitmap();
        int[] pages = [0, 1, 7, 8, 63, 64, 65_535, 65_536, 65_537, Pages - 1];
        foreach (int page in pages)
        {
            _ram.Write((page * 4096L) + 4095, [1]);
            _ram.SetMarks(page, PageMarks.Code);
        }

        _ram.SetMarks(5, PageMarks.Code);
        log.CollectAndClear(bitmap);
        Assert.Equal(pages.Length, bitmap.Count);
        List<int> found = [];
        for (long page = bitmap.NextSet(0); page >= 0; page = bitmap.NextSet(page + 1))
        {
            found.Add((int)page);
            Assert.True(bitmap[page]);
            Assert.Equal(PageMarks.Code | PageMarks.Diverged, _ram.GetMarks(page));
        }

        Assert.Equal(pages, found);
        Assert.Equal(PageMarks.Code, _ram.GetMarks(5));
        DirtyBitmap again = log.NewBitmap();
        log.CollectAndClear(again);
        Assert.Equal(0, again.Count);
        Assert.Equal(-1, again.NextSet(0));
        Assert.Equal(2UL, log.Version);
    }

    [Fact]
    public void Collecting_adds_to_what_the_bitmap_has()
    {
        DirtyLog log = new(_ram);
        DirtyBitmap bitmap = log.NewBitmap();
        bitmap[10] = true;
        _ram.Write(11 * 4096, [1]);
        log.CollectAndClear(bitmap);
        Assert.True(bitmap[10]);
        Assert.True(bitmap[11]);
        bitmap[10] = false;
        Assert.Equal(1, bitmap.Count);
        bitmap.Clear();
        Assert.Equal(0, bitmap.Count);
    }

    [Fact]
    public void Engines_are_told_before_and_after()
    {
        DirtyLog log = new(_ram);
        List<string> order = [];
        _ram.DirtyCollecting += () =>
        {
            order.Add("collecting");
            _ram.SetMarks(42, PageMarks.Dirty);
        };
        _ram.DirtyCleared += () => order.Add("cleared " + _ram.GetMarks(42));
        DirtyBitmap bitmap = log.NewBitmap();
        log.CollectAndClear(bitmap);
        Assert.Equal(["collecting", "cleared None"], order);
        Assert.True(bitmap[42]);
    }

    [Fact]
    public void Wrong_sizes_and_pages_are_refused()
    {
        DirtyBitmap other = new(Pages + 1);
        Assert.Throws<ArgumentException>(() => new DirtyLog(_ram).CollectAndClear(other));
        Assert.Throws<ArgumentOutOfRangeException>(() => other[Pages + 1]);
        Assert.Throws<ArgumentOutOfRangeException>(() => other[-1] = true);
        Assert.Equal(-1, other.NextSet(Pages + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DirtyBitmap(0));
    }
}
