using Doppel.Cpu;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>The canonical CPU state as a saved record, field by field in the order of <see cref="VcpuRecord"/>.</summary>
internal static class VcpuStateRecord
{
    private const int GprCount = 16;
    private const int SegmentCount = 8;
    private const int DebugCount = 8;
    private const int MtrrCount = 27;
    private const int FxQwords = 64;

    // What SegmentState.Attributes may hold, and the EFLAGS bits that exist.
    private const ulong AttributeBits = 0xFFFF;
    private const ulong FlagBits = 0x3F_7FD7;
    private const ulong EferBits = X86.Registers.Efer.SCE | X86.Registers.Efer.LME | X86.Registers.Efer.LMA | X86.Registers.Efer.NXE | X86.Registers.Efer.AIBRSE;

    public static void Save(string name, in VcpuRecord r, IStateWriter to)
    {
        to.Begin(name, VcpuState.CurrentVersion);
        for (int i = 0; i < GprCount; i++)
        {
            to.Write("gpr", r.Gpr[i]);
        }

        to.Write("rip", r.Rip);
        to.Write("rflags", r.Rflags);
        for (int i = 0; i < SegmentCount; i++)
        {
            to.Write("base", r.Segment[i].Base);
            to.Write("limit", (ulong)r.Segment[i].Limit);
            to.Write("selector", (ulong)r.Segment[i].Selector);
            to.Write("attributes", (ulong)r.Segment[i].Attributes);
        }

        to.Write("gdtBase", r.Gdtr.Base);
        to.Write("gdtLimit", (ulong)r.Gdtr.Limit);
        to.Write("idtBase", r.Idtr.Base);
        to.Write("idtLimit", (ulong)r.Idtr.Limit);
        to.Write("cr0", r.Cr0);
        to.Write("cr2", r.Cr2);
        to.Write("cr3", r.Cr3);
        to.Write("cr4", r.Cr4);
        to.Write("xcr0", r.Xcr0);
        for (int i = 0; i < DebugCount; i++)
        {
            to.Write("dr", r.Dr[i]);
        }

        to.Write("efer", r.Efer);
        to.Write("star", r.Star);
        to.Write("lstar", r.LStar);
        to.Write("cstar", r.CStar);
        to.Write("sfmask", r.SfMask);
        to.Write("kernelGsBase", r.KernelGsBase);
        to.Write("sysenterCs", r.SysenterCs);
        to.Write("sysenterEsp", r.SysenterEsp);
        to.Write("sysenterEip", r.SysenterEip);
        to.Write("tscOffset", r.TscOffset);
        to.Write("tscAdjust", r.TscAdjust);
        to.Write("tscAux", r.TscAux);
        to.Write("pat", r.Pat);
        to.Write("mtrrDefType", r.MtrrDefType);
        for (int i = 0; i < MtrrCount; i++)
        {
            to.Write("mtrr", r.Mtrr[i]);
        }

        to.Write("miscEnable", r.MiscEnable);
        for (int i = 0; i < FxQwords; i++)
        {
            to.Write("fx", r.Fx[i]);
        }

        to.Write("activity", (ulong)r.Activity);
        to.Write("interruptShadow", (ulong)r.InterruptShadow);
        to.Write("nmiBlocked", (ulong)r.NmiBlocked);
        to.Write("nmiPending", (ulong)r.NmiPending);
        to.Write("systemManagement", (ulong)r.SystemManagement);
        to.Write("smiPending", (ulong)r.SmiPending);
        to.Write("smBase", r.SmBase);
        to.Write("pendingDebug", r.PendingDebug);
        to.Write("interruptRequest", (ulong)r.InterruptRequest);
        to.Write("retired", r.Retired);
        to.End();
    }

    public static void Restore(string name, ref VcpuRecord r, IStateReader from)
    {
        from.Begin(name, VcpuState.CurrentVersion);
        for (int i = 0; i < GprCount; i++)
        {
            r.Gpr[i] = from.ReadUnsigned("gpr");
        }

        r.Rip = from.ReadUnsigned("rip");
        r.Rflags = from.ReadUnsigned("rflags", FlagBits);
        for (int i = 0; i < SegmentCount; i++)
        {
            r.Segment[i] = new SegmentState
            {
                Base = from.ReadUnsigned("base"),
                Limit = (uint)from.ReadUnsigned("limit", uint.MaxValue),
                Selector = (ushort)from.ReadUnsigned("selector", ushort.MaxValue),
                Attributes = (ushort)from.ReadUnsigned("attributes", AttributeBits),
            };
        }

        r.Gdtr = ReadTable(from, "gdtBase", "gdtLimit");
        r.Idtr = ReadTable(from, "idtBase", "idtLimit");
        r.Cr0 = from.ReadUnsigned("cr0", uint.MaxValue);
        r.Cr2 = from.ReadUnsigned("cr2");
        r.Cr3 = from.ReadUnsigned("cr3");
        r.Cr4 = from.ReadUnsigned("cr4", uint.MaxValue);
        r.Xcr0 = from.ReadUnsigned("xcr0");
        for (int i = 0; i < DebugCount; i++)
        {
            r.Dr[i] = from.ReadUnsigned("dr");
        }

        r.Efer = from.ReadUnsigned("efer", EferBits);
        r.Star = from.ReadUnsigned("star");
        r.LStar = from.ReadUnsigned("lstar");
        r.CStar = from.ReadUnsigned("cstar");
        r.SfMask = from.ReadUnsigned("sfmask");
        r.KernelGsBase = from.ReadUnsigned("kernelGsBase");
        r.SysenterCs = from.ReadUnsigned("sysenterCs");
        r.SysenterEsp = from.ReadUnsigned("sysenterEsp");
        r.SysenterEip = from.ReadUnsigned("sysenterEip");
        r.TscOffset = from.ReadUnsigned("tscOffset");
        r.TscAdjust = from.ReadUnsigned("tscAdjust");
        r.TscAux = from.ReadUnsigned("tscAux");
        r.Pat = from.ReadUnsigned("pat");
        r.MtrrDefType = from.ReadUnsigned("mtrrDefType");
        for (int i = 0; i < MtrrCount; i++)
        {
            r.Mtrr[i] = from.ReadUnsigned("mtrr");
        }

        r.MiscEnable = from.ReadUnsigned("miscEnable");
        for (int i = 0; i < FxQwords; i++)
        {
            r.Fx[i] = from.ReadUnsigned("fx");
        }

        r.Activity = (VcpuActivity)from.ReadUnsigned("activity", (ulong)VcpuActivity.WaitForSipi);
        r.InterruptShadow = (uint)from.ReadUnsigned("interruptShadow", 2);
        r.NmiBlocked = (uint)from.ReadUnsigned("nmiBlocked", 1);
        r.NmiPending = (uint)from.ReadUnsigned("nmiPending", 1);
        r.SystemManagement = (uint)from.ReadUnsigned("systemManagement", 2);
        r.SmiPending = (uint)from.ReadUnsigned("smiPending", 1);
        r.SmBase = from.ReadUnsigned("smBase", uint.MaxValue);
        r.PendingDebug = from.ReadUnsigned("pendingDebug", uint.MaxValue);
        r.InterruptRequest = (uint)from.ReadUnsigned("interruptRequest", 1);
        r.Retired = from.ReadUnsigned("retired", long.MaxValue);
        from.End();
    }

    private static DescriptorTableState ReadTable(IStateReader from, string baseField, string limitField) => new()
    {
        Base = from.ReadUnsigned(baseField),
        Limit = (ushort)from.ReadUnsigned(limitField, ushort.MaxValue),
    };
}
