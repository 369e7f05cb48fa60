using Doppel.X86.Cpuid;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>Register values after power-on or RESET (Intel SDM vol. 3A table 10-1).</summary>
internal static class PowerOnState
{
    internal static void Fill(ref VcpuRecord r, CpuModel model)
    {
        r = default;
        r.SmBase = SystemLevel.SystemManagement.ResetBase;
        r.Rip = 0xFFF0;
        r.Rflags = 2;
        r.Cr0 = 0x6000_0010;
        r.Gpr[2] = CpuidLeaves.FamilyModelStepping(model);
        for (int i = 0; i < 6; i++)
        {
            r.Segment[i] = new SegmentState { Limit = 0xFFFF, Attributes = Attr.Present | Attr.NotSystem | Attr.Writable | Attr.Accessed };
        }

        r.Segment[Seg.CS] = new SegmentState { Selector = 0xF000, Base = 0xFFFF_0000, Limit = 0xFFFF, Attributes = Attr.Present | Attr.NotSystem | Attr.Code | Attr.Readable | Attr.Accessed };
        r.Segment[Seg.LDTR] = new SegmentState { Limit = 0xFFFF, Attributes = Attr.Present | 2 };
        r.Segment[Seg.TR] = new SegmentState { Limit = 0xFFFF, Attributes = Attr.Present | 0xB };
        r.Gdtr.Limit = 0xFFFF;
        r.Idtr.Limit = 0xFFFF;
        r.Dr[6] = 0xFFFF_0FF0;
        r.Dr[7] = 0x400;
        r.Xcr0 = 1;
        r.Pat = 0x0007_0406_0007_0406;
        r.MiscEnable = 1;
        r.Fx[0] = 0x0040; // FCW after reset; FSW, FTW zero
        r.Fx[3] = 0x1F80UL | (0xFFFFUL << 32); // MXCSR and its mask
    }
}
