using System.Collections.Generic;
using Doppel.Memory;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>
/// The marks of pages that hold decoded code, shared by all processors of a machine: a page is marked while any of them has blocks in it, and no
/// processor may write to a marked page unseen. Machine's thread.
/// </summary>
internal sealed class CodeMarks
{
    private readonly List<BlockCache> _caches = [];

    internal void Join(BlockCache cache) => _caches.Add(cache);

    internal void Leave(BlockCache cache) => _ = _caches.Remove(cache);

    /// <summary>A cache got its first block in a page.</summary>
    internal void Set(CodePage page, ulong physicalPage)
    {
        page.Ram.SetMarks(page.RamPage, PageMarks.Code);
        foreach (BlockCache cache in _caches)
        {
            cache.DropWriters(physicalPage);
        }
    }

    /// <summary>The last block of <paramref name="by"/> in a page has gone.</summary>
    internal void Clear(BlockCache by, CodePage page, ulong physicalPage)
    {
        foreach (BlockCache cache in _caches)
        {
            if (!ReferenceEquals(cache, by) && cache.Holds(physicalPage))
            {
                return;
            }
        }

        page.Ram.ClearMarks(page.RamPage, PageMarks.Code);
    }
}
