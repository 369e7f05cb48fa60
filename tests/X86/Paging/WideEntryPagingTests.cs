using Doppel.X86.Paging;
using Doppel.X86.Registers;

namespace Doppel.X86.Tests.Paging;

/// <summary>PAE and 4-level paging: 64-bit entries.</summary>
public sealed class WideEntryPagingTests
{
    private const ulong NoExecute = 1UL << 63;
    private const ulong LongLinear = (1UL << 39) | (2UL << 30) | (3UL << 21) | (4UL << 12) | 0x567;
    private const ulong PaeLinear = (2UL << 30) | (3UL << 21) | (4UL << 12) | 0x567;
    private readonly PagingContext _pae = new(Cr0.PE | Cr0.PG, 0x1020, Cr4.PAE, 0, 36, false, false);
    private readonly PagingContext _long = new(Cr0.PE | Cr0.PG, 0x1000, Cr4.PAE, Efer.LMA | Efer.LME | Efer.NXE, 40, true, false);
    private TableMemory _memory = new();

    [Fact]
    public void Pae_walks_three_levels_and_marks_two()
    {
        Pae(0x2001, 0x3007, 0x5_0000_9007);
        Assert.True(Walk(_pae, PaeLinear | (1UL << 40), PageAccess.Write, user: true, out PageTranslation page, out _));
        Assert.Equal(new PageTranslation(0x5_0000_9567, 12, true, true, false, true, false), page);
        Assert.Equal([(0x2018UL, 0x20u), (0x3020UL, 0x60u)], _memory.Marked);
    }

    // Entries of the three levels, EFER.NXE, access; error code or -1 (Intel SDM vol. 3A 4.4 and 4.7).
    [Theory]
    [InlineData(0x2000UL, 0x3007UL, 0x9007UL, false, PageAccess.Read, 4)]
    [InlineData(0x2003UL, 0x3007UL, 0x9007UL, false, PageAccess.Read, 0xD)]
    [InlineData(0x2021UL, 0x3007UL, 0x9007UL, false, PageAccess.Read, 0xD)]
    [InlineData(0x10_0000_2001UL, 0x3007UL, 0x9007UL, false, PageAccess.Read, 0xD)]
    [InlineData(NoExecute | 0x2001, 0x3007UL, 0x9007UL, true, PageAccess.Read, 0xD)]
    [InlineData(0x2001UL, 0x3006UL, 0x9007UL, true, PageAccess.Execute, 0x14)]
    [InlineData(0x2001UL, 0x3006UL, 0x9007UL, false, PageAccess.Execute, 4)]
    [InlineData(0x2001UL, 0x10_0000_3007UL, 0x9007UL, false, PageAccess.Write, 0xF)]
    [InlineData(0x2001UL, (1UL << 52) | 0x3007, 0x9007UL, false, PageAccess.Read, 0xD)]
    [InlineData(0x2001UL, 0x3007UL, (1UL << 62) | 0x9007, false, PageAccess.Read, 0xD)]
    [InlineData(0x2001UL, 0x3007UL, NoExecute | 0x9007, false, PageAccess.Read, 0xD)]
    [InlineData(0x2001UL, 0x3007UL, NoExecute | 0x9007, true, PageAccess.Read, -1)]
    [InlineData(0x2001UL, 0x3007UL, NoExecute | 0x9007, true, PageAccess.Execute, 0x15)]
    [InlineData(0x2001UL, NoExecute | 0x3007, 0x9007UL, true, PageAccess.Execute, 0x15)]
    [InlineData(0x2001UL, 0x3003UL, 0x9007UL, true, PageAccess.Read, 5)]
    [InlineData(0x2001UL, 0x3007UL, 0x9005UL, true, PageAccess.Write, 7)]
    public void Pae_checks_each_level(ulong pointer, ulong directory, ulong table, bool noExecuteEnabled, PageAccess access, int expected)
    {
        Pae(pointer, directory, table);
        bool allowed = Walk(_pae with { Efer = noExecuteEnabled ? Efer.NXE : 0 }, PaeLinear, access, user: true, out _, out uint code);
        Assert.Equal(expected, allowed ? -1 : (int)code);
        Assert.Equal(allowed, _memory.Marked.Count != 0);
    }

    [Fact]
    public void Pae_has_2_mebibyte_pages_without_asking()
    {
        Pae(0x2001, 0x40_0187, 0);
        Assert.True(Walk(_pae with { Cr4 = Cr4.PAE | Cr4.PGE }, PaeLinear, PageAccess.Write, user: false, out PageTranslation page, out _));
        Assert.Equal(new PageTranslation(0x40_4567, 21, true, true, false, true, true), page);
        _memory.Put64(0x2018, 0x40_2187);
        Assert.False(Walk(_pae, PaeLinear, PageAccess.Read, user: false, out _, out uint code));
        Assert.Equal(9u, code);
        _memory.Put64(0x2018, 0x40_1187); // bit 12 is PAT
        Assert.True(Walk(_pae, PaeLinear, PageAccess.Read, user: false, out _, out _));
    }

    [Fact]
    public void Long_mode_walks_and_marks_four_levels()
    {
        Long(0x2007, 0x3007, 0x4007, 0xFF_0000_9007);
        Assert.True(Walk(_long, LongLinear, PageAccess.Write, user: true, out PageTranslation page, out _));
        Assert.Equal(new PageTranslation(0xFF_0000_9567, 12, true, true, false, true, false), page);
        Assert.Equal([(0x1008UL, 0x20u), (0x2010UL, 0x20u), (0x3018UL, 0x20u), (0x4020UL, 0x60u)], _memory.Marked);
    }

    // Entries of the four levels, access, user, extra CR4 bits; error code or -1 (Intel SDM vol. 3A 4.5 to 4.7).
    [Theory]
    [InlineData(0x2006UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Read, true, 0UL, 4)]
    [InlineData(0x2007UL, 0x3006UL, 0x4007UL, 0x9007UL, PageAccess.Execute, false, 0UL, 0x10)]
    [InlineData(0x2007UL, 0x3007UL, 0x4006UL, 0x9007UL, PageAccess.Write, false, 0UL, 2)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, 0x9006UL, PageAccess.Read, false, 0UL, 0)]
    [InlineData(0x2087UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Read, false, 0UL, 9)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, 0x100_0000_9007UL, PageAccess.Read, false, 0UL, 9)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, (0x7FFUL << 52) | 0x9007, PageAccess.Write, true, 0UL, -1)]
    [InlineData(0x2003UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Read, true, 0UL, 5)]
    [InlineData(0x2007UL, 0x3003UL, 0x4007UL, 0x9007UL, PageAccess.Read, true, 0UL, 5)]
    [InlineData(0x2005UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Write, true, 0UL, 7)]
    [InlineData(NoExecute | 0x2007, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Execute, true, 0UL, 0x15)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, NoExecute | 0x9007, PageAccess.Execute, false, 0UL, 0x11)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, NoExecute | 0x9007, PageAccess.Write, true, 0UL, -1)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Execute, false, Cr4.SMEP, 0x11)]
    [InlineData(0x2003UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Execute, false, Cr4.SMEP, -1)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Read, false, Cr4.SMAP, 1)]
    [InlineData(0x2007UL, 0x3007UL, 0x4007UL, 0x9007UL, PageAccess.Read, true, Cr4.SMAP, -1)]
    public void Long_mode_checks_each_level(ulong pml4, ulong pointer, ulong directory, ulong table, PageAccess access, bool user, ulong cr4, int expected)
    {
        Long(pml4, pointer, directory, table);
        bool allowed = Walk(_long with { Cr4 = _long.Cr4 | cr4 }, LongLinear, access, user, out _, out uint code);
        Assert.Equal(expected, allowed ? -1 : (int)code);
        Assert.Equal(allowed, _memory.Marked.Count != 0);
    }

    [Theory]
    [InlineData(0x4000_0087UL, true, 0x4000_0000UL)]
    [InlineData(0x4000_0087UL, false, 0UL)]
    [InlineData(0x4000_2087UL, true, 0UL)]
    [InlineData(0x6000_0087UL, true, 0UL)]
    public void Gigabyte_pages_exist_where_the_model_has_them(ulong entry, bool supported, ulong expected)
    {
        Long(0x2007, entry, 0, 0);
        bool found = Walk(_long with { Has1GbPages = supported }, LongLinear, PageAccess.Read, user: true, out PageTranslation page, out uint code);
        Assert.Equal(expected != 0, found);
        Assert.Equal(found ? 0u : 0xDu, code);
        if (found)
        {
            Assert.Equal(30, page.PageBits);
            Assert.Equal(expected + (LongLinear & 0x3FFF_FFFF), page.Physical);
        }
    }

    [Fact]
    public void Without_no_execute_enabled_its_bit_is_reserved()
    {
        Long(0x2007, 0x3007, 0x4007, NoExecute | 0x9007);
        Assert.False(Walk(_long with { Efer = Efer.LMA | Efer.LME }, LongLinear, PageAccess.Execute, user: false, out _, out uint code));
        Assert.Equal(9u, code);
    }

    private void Pae(ulong pointer, ulong directory, ulong table)
    {
        _memory.Put64(0x1030, pointer);
        _memory.Put64(0x2018, directory);
        _memory.Put64(0x3020, table);
    }

    private void Long(ulong pml4, ulong pointer, ulong directory, ulong table)
    {
        _memory.Put64(0x1008, pml4);
        _memory.Put64(0x2010, pointer);
        _memory.Put64(0x3018, directory);
        _memory.Put64(0x4020, table);
    }

    private bool Walk(in PagingContext context, ulong linear, PageAccess access, bool user, out PageTranslation page, out uint code) =>
        PageWalker.TryWalk(ref _memory, context, linear, access, user, mark: true, out page, out code);
}
