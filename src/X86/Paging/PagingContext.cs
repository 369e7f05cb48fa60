namespace Doppel.X86.Paging;

/// <summary>What a page walk depends on besides the tables.</summary>
/// <param name="Cr0">CR0.</param>
/// <param name="Cr3">CR3.</param>
/// <param name="Cr4">CR4.</param>
/// <param name="Efer">IA32_EFER.</param>
/// <param name="PhysicalAddressBits">MAXPHYADDR: higher bits of an entry are reserved.</param>
/// <param name="Has1GbPages">Whether 1 GiB pages exist.</param>
/// <param name="AccessControl">RFLAGS.AC, which lifts SMAP for explicit supervisor accesses.</param>
public readonly record struct PagingContext(ulong Cr0, ulong Cr3, ulong Cr4, ulong Efer, int PhysicalAddressBits, bool Has1GbPages, bool AccessControl);

/// <summary>Kind of access that is translated.</summary>
public enum PageAccess
{
    /// <summary>Data read.</summary>
    Read = 0,

    /// <summary>Data write, or read for a later write.</summary>
    Write = 1,

    /// <summary>Instruction fetch.</summary>
    Execute = 2,
}

/// <summary>Where a linear address leads, and with which rights.</summary>
/// <param name="Physical">Guest-physical address of the byte.</param>
/// <param name="PageBits">Page size as a power of two: 12, 21, 22 or 30; 32 with paging off.</param>
/// <param name="Writable">R/W is set in every level.</param>
/// <param name="User">U/S is set in every level.</param>
/// <param name="NoExecute">XD is set in some level and in force.</param>
/// <param name="Dirty">The leaf's dirty bit is set (after this walk).</param>
/// <param name="Global">The leaf's global bit is set and CR4.PGE is on.</param>
public readonly record struct PageTranslation(ulong Physical, int PageBits, bool Writable, bool User, bool NoExecute, bool Dirty, bool Global);

/// <summary>How a page walk reads and marks page-table entries in guest-physical memory.</summary>
public interface IPageTableMemory
{
    /// <summary>Reads a 32-bit entry at an aligned guest-physical address; all ones where there is no memory.</summary>
    uint Read32(ulong physical);

    /// <summary>Reads a 64-bit entry at an aligned guest-physical address; all ones where there is no memory.</summary>
    ulong Read64(ulong physical);

    /// <summary>Sets bits (accessed, dirty) of the entry's low half; interlocked against other processors.</summary>
    void SetBits(ulong physical, uint bits);
}
