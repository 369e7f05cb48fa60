using System.Runtime.CompilerServices;
using Doppel.X86.Registers;

namespace Doppel.X86.Paging;

/// <summary>
/// Walks page tables: 32-bit with 4 MiB pages, PAE, and 4-level (Intel SDM vol. 3A 4.3 to 4.7). Canonical form is the caller's to check. PDPTEs of
/// PAE paging are read from memory at each walk, not kept from the last load of CR3; reserved bits in them give a page fault here. Not modelled:
/// 5-level paging, protection keys, shadow stacks, process-context identifiers.
/// </summary>
public static class PageWalker
{
    private const uint Present = 1 << 0;
    private const uint WritableBit = 1 << 1;
    private const uint UserBit = 1 << 2;
    private const uint Accessed = 1 << 5;
    private const uint DirtyBit = 1 << 6;
    private const uint Large = 1 << 7;
    private const uint GlobalBit = 1 << 8;
    private const ulong NoExecuteBit = 1UL << 63;
    private const ulong PaePdpteReserved = 0x1E6; // bits 2:1 and 8:5

    /// <summary>
    /// Translates one linear address and checks the access. False: <paramref name="errorCode"/> is that of the page fault (Intel SDM vol. 3A 4.7) and
    /// no entry was marked.
    /// </summary>
    /// <param name="memory">Where the tables are.</param>
    /// <param name="context">Control registers and the like.</param>
    /// <param name="linear">Linear address; the upper half is ignored outside 4-level paging.</param>
    /// <param name="access">What is to be done there.</param>
    /// <param name="user">User-mode access; else supervisor-mode.</param>
    /// <param name="mark">Set accessed and dirty bits as the processor does; false leaves the tables alone.</param>
    /// <param name="page">Where it leads; undefined when false is returned.</param>
    /// <param name="errorCode">Error code of the page fault, or 0.</param>
    /// <typeparam name="M">Memory of the tables.</typeparam>
    public static bool TryWalk<M>(ref M memory, in PagingContext context, ulong linear, PageAccess access, bool user, bool mark, out PageTranslation page, out uint errorCode)
        where M : struct, IPageTableMemory
    {
        errorCode = 0;
        if ((context.Cr0 & Cr0.PG) == 0)
        {
            page = new PageTranslation((uint)linear, 32, true, true, false, true, false);
            return true;
        }

        Walk walk = new() { Writable = true, User = true };
        uint problem;
        if ((context.Efer & Efer.LMA) != 0)
        {
            ulong reserved = Bits(context.PhysicalAddressBits, 51) | (NoExecuteWorks(context) ? 0 : NoExecuteBit);
            problem = Descend(ref memory, ref walk, context.Cr3 & Bits(12, 51), linear, level: 3, context.Has1GbPages, reserved);
        }
        else if ((context.Cr4 & Cr4.PAE) != 0)
        {
            problem = WalkPae(ref memory, ref walk, context, (uint)linear);
        }
        else
        {
            problem = WalkLegacy(ref memory, ref walk, context, (uint)linear);
        }

        if (problem == PageFaultCode.Fine && !IsAllowed(walk, context, access, user))
        {
            problem = PageFaultCode.Protection;
        }

        if (problem != PageFaultCode.Fine)
        {
            page = default;
            errorCode = FaultCode(problem, context, access, user);
            return false;
        }

        bool dirty = (walk.Leaf & DirtyBit) != 0;
        if (mark)
        {
            Mark(ref memory, walk, access);
            dirty |= access == PageAccess.Write;
        }

        bool global = (walk.Leaf & GlobalBit) != 0 && (context.Cr4 & Cr4.PGE) != 0;
        page = new PageTranslation(walk.Physical, walk.PageBits, walk.Writable, walk.User, walk.NoExecute, dirty, global);
        return true;
    }

    // 10 + 10 + 12 bits, or 10 + 22 with CR4.PSE (Intel SDM vol. 3A 4.3).
    private static uint WalkLegacy<M>(ref M memory, ref Walk walk, in PagingContext context, uint linear)
        where M : struct, IPageTableMemory
    {
        ulong at = (context.Cr3 & 0xFFFF_F000) + ((linear >> 22) * 4);
        uint entry = memory.Read32(at);
        if ((entry & Present) == 0)
        {
            return PageFaultCode.NotPresent;
        }

        walk.Take(at, entry);
        if ((entry & Large) != 0 && (context.Cr4 & Cr4.PSE) != 0)
        {
            // PSE-36: bits 20:13 are address bits 39:32, as far as the model has them; the rest up to bit 21 is reserved.
            int high = int.Clamp(context.PhysicalAddressBits - 32, 0, 8);
            if ((entry & Bits(13 + high, 21)) != 0)
            {
                return PageFaultCode.Reserved;
            }

            walk.Physical = ((ulong)((entry >> 13) & 0xFF) << 32) | (entry & 0xFFC0_0000) | (linear & 0x3F_FFFF);
            walk.PageBits = 22;
            return PageFaultCode.Fine;
        }

        at = (entry & 0xFFFF_F000) + (((linear >> 12) & 0x3FF) * 4);
        entry = memory.Read32(at);
        if ((entry & Present) == 0)
        {
            return PageFaultCode.NotPresent;
        }

        walk.Take(at, entry);
        walk.Physical = (entry & 0xFFFF_F000) | (linear & 0xFFF);
        walk.PageBits = 12;
        return PageFaultCode.Fine;
    }

    // 2 + 9 + 9 + 12 bits (Intel SDM vol. 3A 4.4). A PDPTE has no rights and no accessed bit.
    private static uint WalkPae<M>(ref M memory, ref Walk walk, in PagingContext context, uint linear)
        where M : struct, IPageTableMemory
    {
        ulong entry = memory.Read64((context.Cr3 & 0xFFFF_FFE0) + ((linear >> 30) * 8));
        if ((entry & Present) == 0)
        {
            return PageFaultCode.NotPresent;
        }

        if ((entry & PaePdpteReservedBits(context.PhysicalAddressBits)) != 0)
        {
            return PageFaultCode.Reserved;
        }

        ulong reserved = Bits(context.PhysicalAddressBits, 62) | (NoExecuteWorks(context) ? 0 : NoExecuteBit);
        return Descend(ref memory, ref walk, entry & Bits(12, 51), linear, level: 1, false, reserved);
    }

    /// <summary>Bits of a PAE page-directory-pointer entry that make a load of CR3 fault when the entry is present (Intel SDM vol. 3A 4.4.1).</summary>
    public static ulong PaePdpteReservedBits(int physicalAddressBits) => PaePdpteReserved | Bits(physicalAddressBits, 63);

    // Tables of 512 64-bit entries, from level 3 (PML4) or 1 (page directory) down to 0.
    private static uint Descend<M>(ref M memory, ref Walk walk, ulong table, ulong linear, int level, bool hasGigabytePages, ulong reserved)
        where M : struct, IPageTableMemory
    {
        while (true)
        {
            int shift = 12 + (9 * level);
            ulong at = table + (((linear >> shift) & 0x1FF) * 8);
            ulong entry = memory.Read64(at);
            if ((entry & Present) == 0)
            {
                return PageFaultCode.NotPresent;
            }

            bool large = level != 0 && (entry & Large) != 0;
            bool mayBeLarge = level == 1 || (level == 2 && hasGigabytePages);
            if ((entry & reserved) != 0 || (large && (!mayBeLarge || (entry & Bits(13, shift - 1)) != 0)))
            {
                return PageFaultCode.Reserved;
            }

            walk.Take(at, entry);
            if (level == 0 || large)
            {
                ulong inPage = (1UL << shift) - 1;
                walk.Physical = (entry & Bits(12, 51) & ~inPage) | (linear & inPage);
                walk.PageBits = shift;
                return PageFaultCode.Fine;
            }

            table = entry & Bits(12, 51);
            level--;
        }
    }

    // Intel SDM vol. 3A 4.6.1.
    private static bool IsAllowed(in Walk walk, in PagingContext context, PageAccess access, bool user)
    {
        if (access == PageAccess.Execute)
        {
            return !walk.NoExecute && (user ? walk.User : !walk.User || (context.Cr4 & Cr4.SMEP) == 0);
        }

        if (user)
        {
            return walk.User && (access != PageAccess.Write || walk.Writable);
        }

        bool kept = walk.User && (context.Cr4 & Cr4.SMAP) != 0 && !context.AccessControl;
        return !kept && (access != PageAccess.Write || walk.Writable || (context.Cr0 & Cr0.WP) == 0);
    }

    private static uint FaultCode(uint problem, in PagingContext context, PageAccess access, bool user)
    {
        uint code = problem;
        if (access == PageAccess.Write)
        {
            code |= PageFaultCode.Write;
        }

        if (user)
        {
            code |= PageFaultCode.User;
        }

        if (access == PageAccess.Execute && (NoExecuteWorks(context) || (context.Cr4 & Cr4.SMEP) != 0))
        {
            code |= PageFaultCode.Fetch;
        }

        return code;
    }

    private static void Mark<M>(ref M memory, in Walk walk, PageAccess access)
        where M : struct, IPageTableMemory
    {
        for (int i = 0; i < walk.Depth; i++)
        {
            uint wanted = Accessed | (i == walk.Depth - 1 && access == PageAccess.Write ? DirtyBit : 0);
            if (((uint)walk.Entries[i] & wanted) != wanted)
            {
                memory.SetBits(walk.Addresses[i], wanted);
            }
        }
    }

    private static bool NoExecuteWorks(in PagingContext context) =>
        (context.Cr4 & Cr4.PAE) != 0 && (context.Efer & Efer.NXE) != 0;

    // Ones from bit low to bit high, none when low is above high.
    private static ulong Bits(int low, int high) =>
        low > high ? 0 : (ulong.MaxValue >> (63 - high)) & (ulong.MaxValue << low);

    [InlineArray(4)]
    private struct Four
    {
        private ulong _first;
    }

    private struct Walk
    {
        public Four Addresses;
        public Four Entries;
        public int Depth;
        public bool Writable;
        public bool User;
        public bool NoExecute;
        public ulong Leaf;
        public ulong Physical;
        public int PageBits;

        public void Take(ulong address, ulong entry)
        {
            Addresses[Depth] = address;
            Entries[Depth] = entry;
            Depth++;
            Writable &= (entry & WritableBit) != 0;
            User &= (entry & UserBit) != 0;
            NoExecute |= (entry & NoExecuteBit) != 0;
            Leaf = entry;
        }
    }
}
