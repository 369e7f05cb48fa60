using Doppel.X86.Paging;
using Doppel.X86.Registers;

namespace Doppel.X86.Tests.Paging;

public sealed class LegacyPagingTests
{
    private const ulong Linear = 0x0040_3456; // directory entry 1, table entry 3
    private const ulong DirectoryEntry = 0x1000 + 4;
    private const ulong TableEntry = 0x2000 + (3 * 4);
    private readonly PagingContext _plain = new(Cr0.PE | Cr0.PG, 0x1000, 0, 0, 36, false, false);
    private TableMemory _memory = new();

    [Fact]
    public void Without_paging_linear_is_physical_in_32_bits()
    {
        Assert.True(Walk(_plain with { Cr0 = Cr0.PE }, 0x1_2345_6789, PageAccess.Write, user: true, out PageTranslation page, out _));
        Assert.Equal(new PageTranslation(0x2345_6789, 32, true, true, false, true, false), page);
        Assert.Empty(_memory.Marked);
    }

    [Fact]
    public void A_small_page_is_found_and_marked()
    {
        Tables(0x2007, 0x9007);
        Assert.True(Walk(_plain, Linear, PageAccess.Read, user: true, out PageTranslation page, out _));
        Assert.Equal(new PageTranslation(0x9456, 12, true, true, false, false, false), page);
        Assert.Equal([(DirectoryEntry, 0x20u), (TableEntry, 0x20u)], _memory.Marked);
        Assert.True(Walk(_plain, Linear, PageAccess.Write, user: true, out page, out _));
        Assert.True(page.Dirty);
        Assert.Equal((TableEntry, 0x60u), _memory.Marked[^1]);
        Assert.Equal(3, _memory.Marked.Count);
        Assert.Equal(0x9067u, _memory.Read32(TableEntry));
        Assert.Equal(0x2027u, _memory.Read32(DirectoryEntry));
    }

    [Fact]
    public void A_walk_that_must_not_mark_leaves_the_tables_alone()
    {
        Tables(0x2007, 0x9007);
        Assert.True(PageWalker.TryWalk(ref _memory, _plain, Linear, PageAccess.Write, user: false, mark: false, out PageTranslation page, out _));
        Assert.False(page.Dirty);
        Assert.Empty(_memory.Marked);
    }

    // Directory entry, table entry, access, user, CR0.WP; error code, or -1 when allowed (Intel SDM vol. 3A 4.6.1 and 4.7).
    [Theory]
    [InlineData(0x2006, 0x9007, PageAccess.Read, false, false, 0)]
    [InlineData(0x2007, 0x9006, PageAccess.Read, true, false, 4)]
    [InlineData(0x2007, 0x9006, PageAccess.Write, false, false, 2)]
    [InlineData(0x2007, 0x9006, PageAccess.Write, true, false, 6)]
    [InlineData(0x2003, 0x9007, PageAccess.Read, true, false, 5)]
    [InlineData(0x2007, 0x9003, PageAccess.Read, true, false, 5)]
    [InlineData(0x2007, 0x9003, PageAccess.Write, true, false, 7)]
    [InlineData(0x2007, 0x9003, PageAccess.Execute, true, false, 5)]
    [InlineData(0x2005, 0x9007, PageAccess.Write, true, false, 7)]
    [InlineData(0x2007, 0x9005, PageAccess.Write, true, false, 7)]
    [InlineData(0x2007, 0x9005, PageAccess.Write, false, false, -1)]
    [InlineData(0x2007, 0x9005, PageAccess.Write, false, true, 3)]
    [InlineData(0x2007, 0x9001, PageAccess.Write, false, true, 3)]
    [InlineData(0x2001, 0x9001, PageAccess.Read, false, true, -1)]
    [InlineData(0x2001, 0x9001, PageAccess.Execute, false, true, -1)]
    [InlineData(0x2007, 0x9007, PageAccess.Write, true, true, -1)]
    public void Rights_are_those_of_both_levels(uint directory, uint table, PageAccess access, bool user, bool writeProtect, int expected)
    {
        Tables(directory, table);
        PagingContext context = writeProtect ? _plain with { Cr0 = _plain.Cr0 | Cr0.WP } : _plain;
        bool allowed = Walk(context, Linear, access, user, out _, out uint code);
        Assert.Equal(expected, allowed ? -1 : (int)code);
        Assert.Equal(allowed, _memory.Marked.Count != 0);
    }

    [Fact]
    public void A_large_page_needs_page_size_extensions()
    {
        Tables(0x0080_2087, 0);
        _memory.Put32(0x0080_2000 + (3 * 4), 0x9007);
        Assert.True(Walk(_plain, Linear, PageAccess.Read, user: true, out PageTranslation page, out _));
        Assert.Equal(12, page.PageBits);
        Assert.Equal(0x9456UL, page.Physical);
        _memory.Put32(DirectoryEntry, 0x0080_0187);
        Assert.True(Walk(_plain with { Cr4 = Cr4.PSE | Cr4.PGE }, Linear, PageAccess.Write, user: true, out page, out _));
        Assert.Equal(new PageTranslation(0x0080_3456, 22, true, true, false, true, true), page);
        Assert.Equal((DirectoryEntry, 0x60u), _memory.Marked[^1]);
        Assert.True(Walk(_plain with { Cr4 = Cr4.PSE }, Linear, PageAccess.Write, user: true, out page, out _));
        Assert.False(page.Global);
    }

    // PSE-36 (Intel SDM vol. 3A 4.3): address bits of a large page above 32, and what is reserved.
    [Theory]
    [InlineData(36, 0x0001_E087, 0xF_0000_3456UL)]
    [InlineData(36, 0x0002_0087, 0UL)]
    [InlineData(36, 0x0020_0087, 0UL)]
    [InlineData(32, 0x0000_2087, 0UL)]
    [InlineData(48, 0x001F_E087, 0xFF_0000_3456UL)]
    [InlineData(48, 0x0020_0087, 0UL)]
    public void Large_pages_reach_above_4_gibibytes(int physicalBits, uint entry, ulong expected)
    {
        Tables(entry, 0);
        bool found = Walk(_plain with { Cr4 = Cr4.PSE, PhysicalAddressBits = physicalBits }, Linear, PageAccess.Read, user: true, out PageTranslation page, out uint code);
        Assert.Equal(expected != 0, found);
        Assert.Equal(found ? 0u : 0xDu, code);
        Assert.Equal(expected, page.Physical);
    }

    [Fact]
    public void Tables_outside_memory_read_all_ones()
    {
        Assert.True(Walk(_plain with { Cr3 = 0xF_F000 }, Linear, PageAccess.Read, user: true, out PageTranslation page, out _));
        Assert.Equal(0xFFFF_F456UL, page.Physical);
    }

    // SMEP and SMAP work in every paging mode (Intel SDM vol. 3A 4.6).
    [Theory]
    [InlineData(Cr4.SMEP, false, PageAccess.Execute, 0x11)]
    [InlineData(Cr4.SMEP, false, PageAccess.Read, -1)]
    [InlineData(Cr4.SMAP, false, PageAccess.Read, 1)]
    [InlineData(Cr4.SMAP, false, PageAccess.Write, 3)]
    [InlineData(Cr4.SMAP, true, PageAccess.Write, -1)]
    [InlineData(Cr4.SMAP, false, PageAccess.Execute, -1)]
    public void Supervisor_is_kept_off_user_pages(ulong cr4, bool accessControl, PageAccess access, int expected)
    {
        Tables(0x2007, 0x9007);
        bool allowed = Walk(_plain with { Cr4 = cr4, AccessControl = accessControl }, Linear, access, user: false, out _, out uint code);
        Assert.Equal(expected, allowed ? -1 : (int)code);
    }

    private void Tables(uint directory, uint table)
    {
        _memory.Put32(DirectoryEntry, directory);
        _memory.Put32(TableEntry, table);
    }

    private bool Walk(in PagingContext context, ulong linear, PageAccess access, bool user, out PageTranslation page, out uint code) =>
        PageWalker.TryWalk(ref _memory, context, linear, access, user, mark: true, out page, out code);
}
