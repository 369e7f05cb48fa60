using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>
/// Instructions whose right to run hangs on CPL, mode and CR4. Memory operands are [bx], [edi] or [rdi] by mode.
/// MONITOR and MWAIT are not among them: no model announces them.
/// </summary>
internal static class SupervisorRules
{
    internal static readonly Rule[] All =
    [
        new("HLT", "vol. 2 HLT", "F4", Rule.Supervisor),
        new("LGDT", "vol. 2 LGDT/LIDT", "0F 01 17", Rule.Supervisor, m => Table(m, m.R.Gdtr)),
        new("LIDT", "vol. 2 LGDT/LIDT", "0F 01 1F", Rule.Supervisor, m => Table(m, m.R.Idtr)),
        new("LLDT", "vol. 2 LLDT", "0F 00 D0", Rule.ProtectedSupervisor, m => m.R.Gpr[0] = WholeMachine.LdtSelector),
        new("LTR", "vol. 2 LTR", "0F 00 D8", Rule.ProtectedSupervisor, m => m.R.Gpr[0] = WholeMachine.FreeTask),
        new("LMSW register", "vol. 2 LMSW", "0F 01 F0", Rule.Supervisor, m => m.R.Gpr[0] = m.R.Cr0),
        new("LMSW memory", "vol. 2 LMSW", "0F 01 37", Rule.Supervisor, m => m.Put16(m.DataAt, (ushort)m.R.Cr0)),
        new("CLTS", "vol. 2 CLTS", "0F 06", Rule.Supervisor),
        new("MOV CR0 to register", "vol. 2 MOV CRn", "0F 20 C0", Rule.Supervisor),
        new("MOV CR2 to register", "vol. 2 MOV CRn", "0F 20 D0", Rule.Supervisor),
        new("MOV CR3 to register", "vol. 2 MOV CRn", "0F 20 D8", Rule.Supervisor),
        new("MOV CR4 to register", "vol. 2 MOV CRn", "0F 20 E0", Rule.Supervisor),
        new("MOV to CR0", "vol. 2 MOV CRn", "0F 22 C0", Rule.Supervisor, m => m.R.Gpr[0] = m.R.Cr0),
        new("MOV to CR2", "vol. 2 MOV CRn", "0F 22 D0", Rule.Supervisor),
        new("MOV to CR3", "vol. 2 MOV CRn", "0F 22 D8", Rule.Supervisor, m => m.R.Gpr[0] = m.R.Cr3),
        new("MOV to CR4", "vol. 2 MOV CRn", "0F 22 E0", Rule.Supervisor, m => m.R.Gpr[0] = m.R.Cr4),
        new("MOV DR0 to register", "vol. 2 MOV DRn", "0F 21 C0", Rule.Supervisor),
        new("MOV DR7 to register", "vol. 2 MOV DRn", "0F 21 F8", Rule.Supervisor),
        new("MOV to DR3", "vol. 2 MOV DRn", "0F 23 D8", Rule.Supervisor),
        new("MOV to DR6", "vol. 2 MOV DRn", "0F 23 F0", Rule.Supervisor),
        new("MOV DR4, CR4.DE", "vol. 3B 17.2.2", "0F 21 E0", Rule.Nowhere, m => m.R.Cr4 |= Cr4.DE),
        new("MOV DR4, no CR4.DE", "vol. 3B 17.2.2", "0F 21 E0", Rule.Supervisor),
        new("INVLPG", "vol. 2 INVLPG", "0F 01 3F", Rule.Supervisor),
        new("INVLPG of a register", "vol. 2 INVLPG", "0F 01 FF", Rule.Nowhere),
        new("INVD", "vol. 2 INVD", "0F 08", Rule.Supervisor),
        new("WBINVD", "vol. 2 WBINVD", "0F 09", Rule.Supervisor),
        new("RDMSR", "vol. 2 RDMSR", "0F 32", Rule.Supervisor, m => m.R.Gpr[1] = 0x174),
        new("WRMSR", "vol. 2 WRMSR", "0F 30", Rule.Supervisor, m => m.R.Gpr[1] = 0x174),
        new("RDPMC, no CR4.PCE", "vol. 2 RDPMC", "0F 33", Rule.Supervisor, m => m.R.Gpr[1] = 0),
        new("RDPMC, CR4.PCE", "vol. 2 RDPMC", "0F 33", Rule.Anyone, m => Control(m, Cr4.PCE)),
        new("RDTSC, no CR4.TSD", "vol. 2 RDTSC", "0F 31", Rule.Anyone),
        new("RDTSC, CR4.TSD", "vol. 2 RDTSC", "0F 31", Rule.Supervisor, m => m.R.Cr4 |= Cr4.TSD),
        new("RDTSCP, no CR4.TSD", "vol. 2 RDTSCP", "0F 01 F9", Rule.Anyone),
        new("RDTSCP, CR4.TSD", "vol. 2 RDTSCP", "0F 01 F9", Rule.Supervisor, m => m.R.Cr4 |= Cr4.TSD),
        new("SGDT", "vol. 2 SGDT", "0F 01 07", Rule.Anyone),
        new("SGDT, CR4.UMIP", "vol. 2 SGDT", "0F 01 07", Rule.Supervisor, Prevent),
        new("SIDT", "vol. 2 SIDT", "0F 01 0F", Rule.Anyone),
        new("SIDT, CR4.UMIP", "vol. 2 SIDT", "0F 01 0F", Rule.Supervisor, Prevent),
        new("SLDT register", "vol. 2 SLDT", "0F 00 C0", Rule.ProtectedOnly),
        new("SLDT memory", "vol. 2 SLDT", "0F 00 07", Rule.ProtectedOnly),
        new("SLDT, CR4.UMIP", "vol. 2 SLDT", "0F 00 C0", Rule.ProtectedSupervisor, Prevent),
        new("STR register", "vol. 2 STR", "0F 00 C8", Rule.ProtectedOnly),
        new("STR, CR4.UMIP", "vol. 2 STR", "0F 00 C8", Rule.ProtectedSupervisor, Prevent),
        new("SMSW register", "vol. 2 SMSW", "0F 01 E0", Rule.Anyone),
        new("SMSW memory", "vol. 2 SMSW", "0F 01 27", Rule.Anyone),
        new("SMSW, CR4.UMIP", "vol. 2 SMSW", "0F 01 E0", Rule.Supervisor, Prevent),
        new("LAR", "vol. 2 LAR", "0F 02 C1", Rule.ProtectedOnly),
        new("LSL", "vol. 2 LSL", "0F 03 C1", Rule.ProtectedOnly),
        new("VERR", "vol. 2 VERR/VERW", "0F 00 E1", Rule.ProtectedOnly),
        new("VERW", "vol. 2 VERR/VERW", "0F 00 E9", Rule.ProtectedOnly),
        new("ARPL (MOVSXD in 64-bit code)", "vol. 2 ARPL", "63 C8", Rule.ProtectedOnly),
        new("STAC", "vol. 2 STAC", "0F 01 CB", Rule.RingZeroElseUndefined),
        new("CLAC", "vol. 2 CLAC", "0F 01 CA", Rule.RingZeroElseUndefined),
        new("XGETBV, CR4.OSXSAVE", "vol. 2 XGETBV", "0F 01 D0", Rule.Anyone, m => Control(m, Cr4.OSXSAVE)),
        new("XGETBV, no CR4.OSXSAVE", "vol. 2 XGETBV", "0F 01 D0", Rule.Nowhere),
        new("XSETBV, CR4.OSXSAVE", "vol. 2 XSETBV", "0F 01 D1", Rule.Supervisor, SetExtended),
        new("XSETBV, no CR4.OSXSAVE", "vol. 2 XSETBV", "0F 01 D1", Rule.Nowhere),
        new("RDFSBASE, CR4.FSGSBASE", "vol. 2 RDFSBASE", "F3 0F AE C0", Rule.LongOnly, m => m.R.Cr4 |= Cr4.FSGSBASE),
        new("RDFSBASE, no CR4.FSGSBASE", "vol. 2 RDFSBASE", "F3 0F AE C0", Rule.Nowhere),
        new("WRGSBASE, CR4.FSGSBASE", "vol. 2 WRGSBASE", "F3 0F AE D8", Rule.LongOnly, m => m.R.Cr4 |= Cr4.FSGSBASE),
        new("WRGSBASE, no CR4.FSGSBASE", "vol. 2 WRGSBASE", "F3 0F AE D8", Rule.Nowhere),
        new("SWAPGS", "vol. 2 SWAPGS", "0F 01 F8", "ud | ud ud ud | ud ud ud ud | ud ud ud | ok gp gp"),
        new("CPUID", "vol. 2 CPUID", "0F A2", Rule.Anyone),
        new("UD2", "vol. 2 UD", "0F 0B", Rule.Nowhere),
        new("RSM outside SMM", "vol. 2 RSM", "0F AA", Rule.Nowhere),
        new("LOCK HLT", "vol. 2 LOCK", "F0 F4", Rule.Nowhere),
        new("LOCK LGDT", "vol. 2 LOCK", "F0 0F 01 17", Rule.Nowhere),
        new("MOV to CS", "vol. 2 MOV", "8E C8", Rule.Nowhere),
    ];

    private static void Prevent(WholeMachine m) => m.R.Cr4 |= Cr4.UMIP;

    private static void Control(WholeMachine m, ulong bit)
    {
        m.R.Cr4 |= bit;
        m.R.Gpr[1] = 0;
    }

    private static void SetExtended(WholeMachine m)
    {
        Control(m, Cr4.OSXSAVE);
        (m.R.Gpr[0], m.R.Gpr[2]) = (3, 0);
    }

    private static void Table(WholeMachine m, DescriptorTableState table)
    {
        m.Put16(m.DataAt, table.Limit);
        m.Put64(m.DataAt + 2, table.Base);
    }
}
