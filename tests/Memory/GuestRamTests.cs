using System;
using System.Collections.Generic;

namespace Doppel.Memory.Tests;

public sealed class GuestRamTests : IDisposable
{
    private readonly GuestRam _ram = new("test", 16 * 4096);

    public void Dispose() => _ram.Dispose();

    [Fact]
    public void Writes_mark_every_page_they_touch()
    {
        _ram.Write(4095, [1, 2]);
        Assert.Equal(PageMarks.Written, _ram.GetMarks(0));
        Assert.Equal(PageMarks.Written, _ram.GetMarks(1));
        Assert.Equal(PageMarks.None, _ram.GetMarks(2));
        Assert.Equal([1, 2], _ram.Read(4095, 2).ToArray());
    }

    [Fact]
    public void Writes_to_code_pages_are_announced_after_the_bytes_changed()
    {
        List<(long Offset, int Length, byte Seen)> heard = [];
        _ram.CodeWritten += (offset, length) => heard.Add((offset, length, _ram.Read(offset, 1)[0]));
        _ram.Write(0, [9]);
        Assert.Empty(heard);
        _ram.SetMarks(3, PageMarks.Code);
        _ram.Write((3 * 4096) - 1, [7, 8]);
        _ram.Fill((3 * 4096) + 5, 2, 0x55);
        _ram.AnnounceWrite(4 * 4096, 1);
        Assert.Equal([((3 * 4096) - 1, 2, 7), ((3 * 4096) + 5, 2, 0x55)], heard);
        Assert.Equal(PageMarks.Code | PageMarks.Written, _ram.GetMarks(3));
        _ram.ClearMarks(3, PageMarks.Code);
        _ram.Write(3 * 4096, [1]);
        Assert.Equal(2, heard.Count);
    }

    [Fact]
    public void Accesses_outside_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.Read(16 * 4096, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.Read(-1, 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.Write((16 * 4096) - 1, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.AnnounceWrite(16 * 4096, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.AnnounceWrite(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.SetMarks(16, PageMarks.Dirty));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ram.GetMarks(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new GuestRam("odd", 4095));
        _ram.AnnounceWrite(-5, 0);
    }

    [Fact]
    public void An_impossible_size_is_one_clear_line()
    {
        Host.HostException error = Assert.Throws<Host.HostException>(() => new GuestRam("huge", long.MaxValue & ~0xFFFL));
        Assert.Contains("guest memory", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
