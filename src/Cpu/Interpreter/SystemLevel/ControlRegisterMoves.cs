using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Paging;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// MOV to and from control registers, LMSW, SMSW, CLTS, INVLPG (Intel SDM vol. 2 MOV; vol. 3A 2.5, 4.1.2, 9.8.5). Operands are 32 or 64 bits as the code
/// size says. All return false when an exception was raised and nothing changed.
/// </summary>
internal static class ControlRegisterMoves
{
    internal const ulong Cr0Bits = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;
    private const ulong Cr0Translation = Cr0.PE | Cr0.PG | Cr0.WP;
    private const ulong Cr4Translation = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.SMEP | Cr4.SMAP;

    private static readonly (CpuFeatures Feature, ulong Bits)[] Cr4Features =
    [
        (CpuFeatures.Vme, Cr4.VME | Cr4.PVI), (CpuFeatures.Tsc, Cr4.TSD), (CpuFeatures.De, Cr4.DE), (CpuFeatures.Pse, Cr4.PSE), (CpuFeatures.Pae, Cr4.PAE),
        (CpuFeatures.Mce, Cr4.MCE), (CpuFeatures.Pge, Cr4.PGE), (CpuFeatures.Mmx, Cr4.PCE), (CpuFeatures.Cmov, Cr4.PCE), (CpuFeatures.Fxsr, Cr4.OSFXSR),
        (CpuFeatures.Sse, Cr4.OSXMMEXCPT), (CpuFeatures.Umip, Cr4.UMIP), (CpuFeatures.FsGsBase, Cr4.FSGSBASE), (CpuFeatures.Xsave, Cr4.OSXSAVE),
        (CpuFeatures.Smep, Cr4.SMEP), (CpuFeatures.Smap, Cr4.SMAP),
    ];

    /// <summary>MOV r, CRn.</summary>
    internal static bool Read(InterpreterCore c, int number, out ulong value)
    {
        value = number switch
        {
            0 => c.S.Cr0,
            2 => c.S.Cr2,
            3 => c.S.Cr3,
            4 => c.S.Cr4,
            8 => c.Bus.TaskPriority,
            _ => 0,
        };
        return Exists(c, number) ? Privilege.TrySupervisor(c) : Privilege.Fault(c, Vector.UD);
    }

    /// <summary>MOV CRn, r.</summary>
    internal static bool Write(InterpreterCore c, int number, ulong value)
    {
        if (!Exists(c, number))
        {
            return Privilege.Fault(c, Vector.UD);
        }

        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        value = c.Is64Bit ? value : (uint)value;
        switch (number)
        {
            case 0:
                return WriteCr0(c, value);
            case 2:
                c.S.Cr2 = value;
                return true;
            case 3:
                return WriteCr3(c, value);
            case 4:
                return WriteCr4(c, value);
            default:
                if (value > 15)
                {
                    return Privilege.Fault(c, Vector.GP);
                }

                c.Bus.TaskPriority = (byte)value;
                c.LeaveBlock();
                return true;
        }
    }

    /// <summary>LMSW: the low four bits of CR0; PE can be set but not cleared.</summary>
    internal static bool LoadMachineStatus(InterpreterCore c, ushort value) =>
        Privilege.TrySupervisor(c) && WriteCr0(c, (c.S.Cr0 & ~(Cr0.MP | Cr0.EM | Cr0.TS)) | (value & 0xFUL));

    /// <summary>SMSW: CR0, of which the operand size takes what it holds.</summary>
    internal static bool StoreMachineStatus(InterpreterCore c, out ulong value)
    {
        value = c.S.Cr0;
        return Privilege.TryUnprevented(c);
    }

    /// <summary>CLTS.</summary>
    internal static bool ClearTaskSwitched(InterpreterCore c)
    {
        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        c.S.Cr0 &= ~Cr0.TS;
        c.LeaveBlock();
        return true;
    }

    /// <summary>INVLPG of a linear address (segment limits are not checked); an address that is not canonical does nothing.</summary>
    internal static bool InvalidatePage(InterpreterCore c, ulong linear)
    {
        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        c.Memory.FlushPage(linear);
        c.LeaveBlock();
        return true;
    }

    /// <summary>Bits of CR4 that the model has.</summary>
    internal static ulong Cr4Bits(CpuModel model)
    {
        ulong bits = 0;
        foreach ((CpuFeatures feature, ulong controlled) in Cr4Features)
        {
            bits |= model.Has(feature) ? controlled : 0;
        }

        return bits;
    }

    private static bool Exists(InterpreterCore c, int number) =>
        number is 0 or 2 or 3 || (number == 4 && Cr4Bits(c.Model) != 0) || (number == 8 && c.Is64Bit);

    private static bool WriteCr0(InterpreterCore c, ulong value)
    {
        bool reserved = value >> 32 != 0;
        value = (value & Cr0Bits) | Cr0.ET;
        bool paging = (value & Cr0.PG) != 0;
        bool turnsOn = paging && (c.S.Cr0 & Cr0.PG) == 0;
        bool turnsOff = !paging && (c.S.Cr0 & Cr0.PG) != 0;
        bool toLong = turnsOn && (c.S.Efer & Efer.LME) != 0;
        bool wrong = reserved
            || (paging && (value & Cr0.PE) == 0)
            || ((value & Cr0.NW) != 0 && (value & Cr0.CD) == 0)
            || (turnsOff && c.Is64Bit)
            || (toLong && ((c.S.Cr4 & Cr4.PAE) == 0 || (c.S.Segment[Seg.CS].Attributes & Attr.Long) != 0));
        if (wrong)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        if (turnsOn && !toLong && (c.S.Cr4 & Cr4.PAE) != 0 && !TryPointers(c, c.S.Cr3))
        {
            return false;
        }

        ulong changed = c.S.Cr0 ^ value;
        c.S.Cr0 = value;
        if (toLong)
        {
            c.S.Efer |= Efer.LMA;
        }
        else if (turnsOff)
        {
            c.S.Efer &= ~Efer.LMA;
        }

        if ((changed & Cr0.PE) != 0)
        {
            c.Cpl = 0;
        }

        if ((changed & Cr0Translation) != 0)
        {
            c.Memory.FlushAll();
            SegmentRegisters.DeriveAll(c);
        }

        c.LeaveBlock();
        return true;
    }

    private static bool WriteCr3(InterpreterCore c, ulong value)
    {
        if (c.IsLongMode && value >> c.Model.PhysicalAddressBits != 0)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        bool pae = (c.S.Cr0 & Cr0.PG) != 0 && (c.S.Cr4 & Cr4.PAE) != 0 && !c.IsLongMode;
        if (pae && !TryPointers(c, value))
        {
            return false;
        }

        c.S.Cr3 = value;
        c.Memory.FlushNonGlobal();
        c.LeaveBlock();
        return true;
    }

    private static bool WriteCr4(InterpreterCore c, ulong value)
    {
        ulong changed = c.S.Cr4 ^ value;
        bool wrong = (value & ~Cr4Bits(c.Model)) != 0 || (c.IsLongMode && (value & Cr4.PAE) == 0);
        if (wrong)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        bool pae = (c.S.Cr0 & Cr0.PG) != 0 && (value & Cr4.PAE) != 0 && !c.IsLongMode;
        if (pae && (changed & Cr4Translation) != 0 && !TryPointers(c, c.S.Cr3))
        {
            return false;
        }

        c.S.Cr4 = value;
        if ((changed & Cr4Translation) != 0)
        {
            c.Memory.FlushAll();
        }

        c.Memory.PrivilegeChanged();
        c.LeaveBlock();
        return true;
    }

    // PAE paging: reserved bits in a present page-directory-pointer entry fault when CR3 is loaded (Intel SDM vol. 3A 4.4.1).
    private static bool TryPointers(InterpreterCore c, ulong cr3)
    {
        ulong reserved = PageWalker.PaePdpteReservedBits(c.Model.PhysicalAddressBits);
        for (uint i = 0; i < 4; i++)
        {
            ulong entry = c.Memory.Slow.ReadPhysical(((cr3 & 0xFFFF_FFE0) + (i * 8)) & c.Space.CpuAddressMask, 8);
            if ((entry & 1) != 0 && (entry & reserved) != 0)
            {
                return Privilege.Fault(c, Vector.GP);
            }
        }

        return true;
    }
}
