using System.Collections.Generic;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>
/// One page with every combination of rights, met by reads, writes and fetches at both levels, in every paging mode with small and large pages: the error
/// code of Intel SDM vol. 3A 4.7, the rights of 4.6.1, and the accessed and dirty bits of 4.8.
/// </summary>
public sealed class PageFaultTests
{
    private const uint Linear = 0x50_0000;
    private const uint Table = 0x9_8000;
    private const uint Target = 0x10_0000;
    private const ulong NoExecute = 1UL << 63;

    /// <summary>Paging modes.</summary>
    public enum Paging
    {
        /// <summary>Two levels of 32-bit entries (4.3).</summary>
        Legacy,

        /// <summary>PAE (4.4).</summary>
        Pae,

        /// <summary>Four levels (4.5).</summary>
        FourLevel,
    }

    [Theory]
    [InlineData(Paging.Legacy, false)]
    [InlineData(Paging.Legacy, true)]
    [InlineData(Paging.Pae, false)]
    [InlineData(Paging.Pae, true)]
    [InlineData(Paging.FourLevel, false)]
    [InlineData(Paging.FourLevel, true)]
    public void The_error_code_tells_what_was_wrong(Paging paging, bool large)
    {
        foreach (int cpl in (int[])[0, 3])
        {
            using WholeMachine m = new(new Surroundings(paging == Paging.FourLevel ? Mode.Long : Mode.Protected32, cpl, 0));
            m.Put(Target, 0x90);
            uint leaf = Map(m, paging, large);
            VcpuRecord start = m.R;
            foreach ((char access, ulong rights, bool protects) in Cases(paging, large))
            {
                m.R = start;
                m.R.Cr0 = protects ? start.Cr0 | Cr0.WP : start.Cr0 & ~Cr0.WP;
                ulong entry = (large ? 0x80u : Target) | rights;
                m.Put64(leaf, paging == Paging.Legacy ? (uint)entry : entry);
                m.Put(m.CodeAt, access switch { 'r' => [0x8A, 0x07], 'w' => [0x88, 0x07], _ => [0xFF, 0xE7] });
                m.Put(Target, 0x90);
                m.R.Gpr[7] = Linear;
                m.R.Gpr[0] = 0x90;
                m.R.Cr2 = 0;
                _ = m.Run(access == 'x' ? 2u : 1);
                int wanted = Expected(access, rights, cpl == 3, protects, paging != Paging.Legacy);
                bool faulted = m.R.Rip == WholeMachine.Handlers + ((ulong)Vector.PF * 16);
                string what = $"{access} CPL {cpl} {rights:X} WP {protects}";
                Assert.True(faulted == wanted >= 0, what);
                Assert.True(!faulted || (m.Pushed(0) == (ulong)wanted && m.R.Cr2 == Linear), $"{what}: {m.Pushed(0):X}, not {wanted:X}");
                ulong marks = m.Get(leaf, 8) & 0x60;
                Assert.True(marks == (faulted ? 0UL : access == 'w' ? 0x60UL : 0x20UL), $"{what}: marks {marks:X}");
            }
        }
    }

    // -1: no fault. Bits: 0 present, 1 write, 2 user, 3 reserved, 4 fetch.
    private static int Expected(char access, ulong rights, bool user, bool protects, bool wide)
    {
        bool present = (rights & 1) != 0;
        bool reserved = present && (rights & ~(NoExecute | 7)) != 0;
        bool refused = (user && (rights & 4) == 0)
            || (access == 'w' && (rights & 2) == 0 && (user || protects))
            || (access == 'x' && (rights & NoExecute) != 0);
        if (present && !reserved && !refused)
        {
            return -1;
        }

        return (present ? 1 : 0) | (access == 'w' ? 2 : 0) | (user ? 4 : 0) | (reserved ? 8 : 0) | (access == 'x' && wide ? 16 : 0);
    }

    private static IEnumerable<(char Access, ulong Rights, bool Protects)> Cases(Paging paging, bool large)
    {
        ulong[] extras = paging != Paging.Legacy ? [0, NoExecute, 1UL << 45, NoExecute | (1UL << 45)] : large ? [0, 1UL << 21] : [0];
        foreach (char access in "rwx")
        {
            foreach (ulong extra in extras)
            {
                for (uint bits = 0; bits < 8; bits++)
                {
                    foreach (bool protects in (bool[])[false, true])
                    {
                        yield return (access, bits | extra, protects);
                    }
                }
            }
        }
    }

    // The first 2 MiB (4 MiB) one to one for everybody, and the page table entry of Linear, whose address is returned.
    private static uint Map(WholeMachine m, Paging paging, bool large)
    {
        bool legacy = paging == Paging.Legacy;
        m.R.Cr0 |= Cr0.PG;
        m.R.Cr3 = 0x9_0000;
        m.R.Cr4 = (legacy ? 0 : Cr4.PAE) | Cr4.PSE;
        m.R.Efer |= legacy ? 0 : Efer.NXE;
        m.Put64(0x9_0000, paging switch { Paging.Legacy => 0x87u, Paging.Pae => 0x9_1001u, _ => 0x9_2007u });
        m.Put64(0x9_2000, 0x9_1007);
        m.Put64(0x9_1000, 0x87);
        uint directory = legacy ? 0x9_0004u : 0x9_1010;
        if (large)
        {
            return directory;
        }

        if (legacy)
        {
            m.Put32(directory, Table | 7);
        }
        else
        {
            m.Put64(directory, Table | 7);
        }

        return Table + (0x100 * (legacy ? 4u : 8));
    }
}
