using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Privilege;

/// <summary>Instructions that look at IOPL, at bitmaps of the TSS or at gates, and the fast calls.</summary>
internal static class SensitiveRules
{
    private const string Flag = "if | if gp if | gp if vif if | if gp if | if gp if";
    private const string VirtualFlag = "if | if vif if | gp if vif if | if vif if | if vif if";
    private const string Popped = "if | if keep if | gp if vif if | if keep if | if keep if";
    private const string Wide8086 = "ok | ok ok ok | gp ok gp ok | ok ok ok | ok ok ok";
    private const string AnyGate = "int | int int int | int int int int | int int int | int int int";

    internal static readonly Rule[] All =
    [
        new("IN AL, imm8, bitmap denies", "vol. 1 19.5.1", "E4 71", Rule.Ports),
        new("IN AL, imm8, bitmap allows", "vol. 1 19.5.2", "E4 71", Rule.Anyone, m => Allow(m, 0x71, 1)),
        new("IN AL, DX, bitmap denies", "vol. 1 19.5.1", "EC", Rule.Ports, m => m.R.Gpr[2] = 0x3F8),
        new("IN AL, DX, bitmap allows", "vol. 1 19.5.2", "EC", Rule.Anyone, m => Allow(m, 0x3F8, 1)),
        new("IN eAX, DX, bitmap allows the first byte only", "vol. 1 19.5.2", "ED", Rule.Ports, m => Allow(m, 0x3F8, 1)),
        new("IN eAX, DX, bitmap allows four across bytes of the map", "vol. 1 19.5.2", "ED", Rule.Anyone, m => Allow(m, 0x3FE, 4)),
        new("IN AL, DX, map behind the limit", "vol. 1 19.5.2", "EC", Rule.Ports, m => Allow(m, 0x3F8, 1, limit: 0x87)),
        new("IN AL, DX, second byte of the read behind the limit", "vol. 1 19.5.2", "EC", Rule.Ports, m => Allow(m, 0x3F8, 1, limit: 0x88 + 0x7F)),
        new("IN AL, DX, second byte of the read at the limit", "vol. 1 19.5.2", "EC", Rule.Anyone, m => Allow(m, 0x3F8, 1, limit: 0x88 + 0x80)),
        new("OUT imm8, AL, bitmap denies", "vol. 1 19.5.1", "E6 80", Rule.Ports),
        new("OUT imm8, AL, bitmap allows", "vol. 1 19.5.2", "E6 80", Rule.Anyone, m => Allow(m, 0x80, 1)),
        new("OUT DX, eAX, bitmap denies", "vol. 1 19.5.1", "EF", Rule.Ports, m => m.R.Gpr[2] = 0x3F8),
        new("OUT DX, AL, last port", "vol. 1 19.5.2", "EE", Rule.Anyone, m => Allow(m, 0xFFFF, 1)),
        new("INSB, bitmap denies", "vol. 2 INS", "6C", Rule.Ports, m => m.R.Gpr[2] = 0x3F8),
        new("INSB, bitmap allows", "vol. 2 INS", "6C", Rule.Anyone, m => Allow(m, 0x3F8, 1)),
        new("OUTSB, bitmap denies", "vol. 2 OUTS", "6E", Rule.Ports, m => m.R.Gpr[2] = 0x3F8),
        new("OUTSB, bitmap allows", "vol. 2 OUTS", "6E", Rule.Anyone, m => Allow(m, 0x3F8, 1)),
        new("REP INSB, bitmap denies", "vol. 2 INS", "F3 6C", Rule.Ports, m => Repeat(m)),
        new("REP OUTSB, bitmap denies", "vol. 2 OUTS", "F3 6E", Rule.Ports, m => Repeat(m)),

        new("CLI", "vol. 2 CLI table", "FA", Flag, Enabled),
        new("CLI, CR4.PVI", "vol. 2 CLI table", "FA", VirtualFlag, m => Enabled(m, Cr4.PVI)),
        new("STI", "vol. 2 STI table", "FB", Flag),
        new("STI, CR4.PVI", "vol. 2 STI table", "FB", VirtualFlag, m => m.R.Cr4 |= Cr4.PVI),
        new("STI, CR4.PVI, VIP", "vol. 2 STI table", "FB", "if | if gp if | gp if gp if | if gp if | if gp if", m => Pending(m)),
        new("PUSHF", "vol. 2 PUSHF", "9C", "ok | ok ok ok | gp ok ok ok | ok ok ok | ok ok ok"),
        new("PUSHF, other size", "vol. 2 PUSHF", "66 9C", Wide8086),
        new("POPF", "vol. 2 POPF table 4-15", "9D", Popped, m => Popping(m, m.Where.Mode == Mode.Long ? 8 : m.Where.OperandSize)),
        new("POPF, CR4.PVI", "vol. 2 POPF table 4-15", "9D", Popped, m => Popping(m, m.Where.Mode == Mode.Long ? 8 : m.Where.OperandSize, Cr4.PVI)),
        new("POPF, other size", "vol. 2 POPF table 4-15", "66 9D", "if | if keep if | gp if gp if | if keep if | if keep if", m => Popping(m, 6 - m.Where.OperandSize)),
        new("POPF, VIP, IF asked for", "vol. 2 POPF table 4-15", "9D", "if | if keep if | gp if gp if | if keep if | if keep if", m => PoppingPending(m)),
        new("IRET", "vol. 2 IRET", "CF", Popped, m => Returning(m, m.Where.OperandSize)),
        new("IRET, other size", "vol. 2 IRET", "66 CF", "if | if keep if | gp if gp if | if keep if | if keep if", m => Returning(m, 6 - m.Where.OperandSize)),

        new("INT 80h, gate of DPL 3, redirected", "vol. 3B 20.3.3 table 20-2", "CD 80", "int | int int int | gp int redir redir | int int int | int int int"),
        new("INT 80h, gate of DPL 3, not redirected", "vol. 3B 20.3.3 table 20-2", "CD 80", "int | int int int | gp int gp int | int int int | int int int", Refused),
        new("INT 81h, gate of DPL 0", "vol. 3A 6.12.1.1", "CD 81", "int | int gate gate | gp gate redir redir | int gate gate | int gate gate"),
        new("INT3, gate of DPL 3", "vol. 3B 20.3.3", "CC", AnyGate),
        new("INT3, gate of DPL 0", "vol. 3A 6.12.1.1", "CC", "int | int gate gate | gate gate gate gate | int gate gate | int gate gate", m => m.Gate(3, WholeMachine.Handlers + 0x30, 0)),
        new("INT1, gate of DPL 0", "vol. 2 INT1", "F1", AnyGate),
        new("INTO with OF", "vol. 2 INTO", "CE", "int | int int int | int int int int | int int int | ud ud ud", m => m.R.Rflags |= (ulong)RFlags.OF),
        new("INTO without OF", "vol. 2 INTO", "CE", "ok | ok ok ok | ok ok ok ok | ok ok ok | ud ud ud"),

        new("SYSENTER", "vol. 2 SYSENTER", "0F 34", "gp | to to to | to to to to | to to to | to to to"),
        new("SYSENTER, null IA32_SYSENTER_CS", "vol. 2 SYSENTER", "0F 34", "gp | gp gp gp | gp gp gp gp | gp gp gp | gp gp gp", m => m.R.SysenterCs = 3),
        new("SYSEXIT", "vol. 2 SYSEXIT", "0F 35", "gp | to gp gp | gp gp gp gp | to gp gp | to gp gp", m => m.R.Gpr[2] = WholeMachine.FastTarget),
        new("SYSCALL", "vol. 2 SYSCALL", "0F 05", "ud | ud ud ud | ud ud ud ud | ud ud ud | to to to"),
        new("SYSCALL, no EFER.SCE", "vol. 2 SYSCALL", "0F 05", Rule.Nowhere, m => m.R.Efer &= ~Efer.SCE),
        new("SYSRET", "vol. 2 SYSRET", "0F 07", "ud | ud ud ud | ud ud ud ud | ud ud ud | to gp gp", m => m.R.Gpr[1] = WholeMachine.FastTarget),
        new("SYSRET, no EFER.SCE", "vol. 2 SYSRET", "0F 07", Rule.Nowhere, m => m.R.Efer &= ~Efer.SCE),
    ];

    private static void Allow(WholeMachine m, int port, int count, uint limit = 0x3FFF)
    {
        m.R.Gpr[2] = (ulong)port;
        for (int p = port; p < port + count; p++)
        {
            uint at = WholeMachine.Task + WholeMachine.IoMap + ((uint)p >> 3);
            m.Put(at, (byte)(m.Get(at, 1) & ~(1UL << (p & 7))));
        }

        m.R.Segment[7].Limit = limit;
    }

    private static void Repeat(WholeMachine m)
    {
        m.R.Gpr[2] = 0x3F8;
        m.R.Gpr[1] = 1;
    }

    private static void Enabled(WholeMachine m) => Enabled(m, 0);

    private static void Enabled(WholeMachine m, ulong control)
    {
        m.R.Rflags |= (ulong)(RFlags.IF | RFlags.VIF);
        m.R.Cr4 |= control;
    }

    private static void Pending(WholeMachine m)
    {
        m.R.Cr4 |= Cr4.PVI;
        m.R.Rflags |= (ulong)RFlags.VIP;
    }

    private static void Popping(WholeMachine m, int size, ulong control = 0)
    {
        Enabled(m, control);
        m.Frame(size, m.R.Rflags & ~(ulong)(RFlags.IF | RFlags.VM));
    }

    private static void PoppingPending(WholeMachine m)
    {
        m.R.Rflags |= (ulong)RFlags.VIP;
        m.Frame(m.Where.Mode == Mode.Long ? 8 : m.Where.OperandSize, (m.R.Rflags | (ulong)RFlags.IF) & ~(ulong)RFlags.VM);
    }

    // SS:ESP are popped in 64-bit code only, and do no harm elsewhere.
    private static void Returning(WholeMachine m, int size)
    {
        Enabled(m);
        ulong next = m.R.Rip + (m.Where.OperandSize == size ? 1u : 2);
        m.Frame(size, next, m.R.Segment[1].Selector, m.R.Rflags & ~(ulong)(RFlags.IF | RFlags.VM), m.R.Gpr[4] + 64, m.R.Segment[2].Selector);
        if (size == 2 && !m.IsSegmented)
        {
            // A 16-bit return cannot reach the code above 64 KiB: a target is laid below.
            m.Frame(size, WholeMachine.FastTarget, m.R.Segment[1].Selector, m.R.Rflags & ~(ulong)(RFlags.IF | RFlags.VM), 0xD000, m.R.Segment[2].Selector);
        }
    }

    // The redirection bitmap is the 32 bytes in front of the I/O map (vol. 3B 20.3.3.4).
    private static void Refused(WholeMachine m) => m.Put(WholeMachine.Task + WholeMachine.IoMap - 32 + 0x10, 1);
}
