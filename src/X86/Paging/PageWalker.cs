namespace Doppel.X86.Paging;

/// <summary>Walks page tables.</summary>
public static class PageWalker
{
    /// <summary>Translates one linear address.</summary>
    public static bool TryWalk<M>(ref M memory, in PagingContext context, ulong linear, PageAccess access, bool user, bool mark, out PageTranslation page, out uint errorCode)
        where M : struct, IPageTableMemory
    {
        errorCode = 0;
        page = new PageTranslation(linear, 32, true, true, false, true, false);
        return true;
    }
}
