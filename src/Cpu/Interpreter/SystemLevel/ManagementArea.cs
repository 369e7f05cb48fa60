using System;
using System.Buffers.Binary;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Cpuid;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>
/// The last 512 bytes of the state-save area, at SMBASE + 0xFE00, in the layouts that firmware knows by their revision: 0x20064 of processors with long
/// mode (AMD64 Architecture Programmer's Manual vol. 2, table 10-1), 0x20000 of others (Intel SDM vol. 3C table 31-1; hidden parts of segments where
/// firmware for virtual machines expects them). Offsets below are those of the tables, from SMBASE + 0x8000 on.
/// </summary>
internal readonly ref struct ManagementArea(Span<byte> bytes)
{
    /// <summary>Length in bytes.</summary>
    internal const int Length = 0x200;

    /// <summary>Where it stands, from SMBASE on.</summary>
    internal const uint Start = 0xFE00;

    private const int First = 0x7E00;
    private const uint Revision32 = 0x2_0000;
    private const uint Revision64 = 0x2_0064;
    private const int RevisionAt = 0x7EFC;
    private const int SegmentCount = 6;
    private const ulong FlagBits = (ulong)(RFlags.Arithmetic | RFlags.TF | RFlags.IF | RFlags.DF | RFlags.IOPL | RFlags.NT | RFlags.RF | RFlags.VM | RFlags.AC | RFlags.VIF | RFlags.VIP | RFlags.ID);

    private readonly Span<byte> _bytes = bytes;

    /// <summary>Whether <paramref name="model"/> saves the 64-bit layout.</summary>
    internal static bool IsWide(CpuModel model) => model.Has(CpuFeatures.Lm);

    /// <summary>Fills the area with the state of <paramref name="c"/>.</summary>
    internal void Save(InterpreterCore c, bool wasHalted)
    {
        _bytes.Clear();
        if (IsWide(c.Model))
        {
            Save64(c, wasHalted);
        }
        else
        {
            Save32(c, wasHalted);
        }
    }

    /// <summary>Takes the state out of the area. False: it is none that a processor can be in; <paramref name="c"/> is then half changed.</summary>
    internal bool Restore(InterpreterCore c, out bool halts)
    {
        ref VcpuRecord s = ref c.S;
        if (IsWide(c.Model))
        {
            Restore64(c, out halts);
        }
        else
        {
            Restore32(c, out halts);
        }

        bool paging = (s.Cr0 & Cr0.PG) != 0;
        bool isLong = (s.Efer & Efer.LMA) != 0;
        return (!paging || (s.Cr0 & Cr0.PE) != 0)
            && ((s.Cr0 & Cr0.NW) == 0 || (s.Cr0 & Cr0.CD) != 0)
            && (s.Cr4 & ~ControlRegisterMoves.Cr4Bits(c.Model)) == 0
            && isLong == (paging && (s.Efer & Efer.LME) != 0)
            && (!isLong || (s.Cr4 & Cr4.PAE) != 0)
            && ((c.SystemFlags & (ulong)RFlags.VM) == 0 || ((s.Cr0 & Cr0.PE) != 0 && !isLong));
    }

    private void Save64(InterpreterCore c, bool wasHalted)
    {
        ref VcpuRecord s = ref c.S;
        for (int i = 0; i < SegmentCount; i++)
        {
            PutSegment64(0x7E00 + (i * 16), s.Segment[i]);
        }

        Put32(0x7E64, s.Gdtr.Limit);
        Put64(0x7E68, s.Gdtr.Base);
        PutSegment64(0x7E70, s.Segment[Seg.LDTR]);
        Put32(0x7E84, s.Idtr.Limit);
        Put64(0x7E88, s.Idtr.Base);
        PutSegment64(0x7E90, s.Segment[Seg.TR]);
        _bytes[0x7EC9 - First] = wasHalted ? (byte)1 : (byte)0;
        Put64(0x7ED0, s.Efer);
        Put32(RevisionAt, Revision64);
        Put32(0x7F00, (uint)s.SmBase);
        Put64(0x7F48, s.Cr4);
        Put64(0x7F50, s.Cr3);
        Put64(0x7F58, s.Cr0);
        Put64(0x7F60, s.Dr[7]);
        Put64(0x7F68, s.Dr[6]);
        Put64(0x7F70, c.Rflags);
        Put64(0x7F78, c.Rip);
        for (int i = 0; i < 16; i++)
        {
            Put64(Register64(i), c.Gpr(i));
        }
    }

    private void Restore64(InterpreterCore c, out bool halts)
    {
        ref VcpuRecord s = ref c.S;
        for (int i = 0; i < SegmentCount; i++)
        {
            s.Segment[i] = Segment64(0x7E00 + (i * 16));
        }

        s.Gdtr = new DescriptorTableState { Base = Get64(0x7E68), Limit = (ushort)Get32(0x7E64) };
        s.Segment[Seg.LDTR] = Segment64(0x7E70);
        s.Idtr = new DescriptorTableState { Base = Get64(0x7E88), Limit = (ushort)Get32(0x7E84) };
        s.Segment[Seg.TR] = Segment64(0x7E90);
        halts = (_bytes[0x7EC9 - First] & 1) != 0;
        s.Efer = Get64(0x7ED0) & ModelSpecificRegisters.EferBits(c.Model);
        s.SmBase = Get32(0x7F00);
        s.Cr4 = Get64(0x7F48);
        s.Cr3 = Get64(0x7F50);
        s.Cr0 = (Get64(0x7F58) & ControlRegisterMoves.Cr0Bits) | Cr0.ET;
        SetDebug(ref s, Get64(0x7F60), Get64(0x7F68));
        c.Rflags = Get64(0x7F70) & FlagBits;
        c.Rip = Get64(0x7F78);
        for (int i = 0; i < 16; i++)
        {
            c.Gpr(i) = Get64(Register64(i));
        }
    }

    private void Save32(InterpreterCore c, bool wasHalted)
    {
        ref VcpuRecord s = ref c.S;
        Put32(0x7FFC, (uint)s.Cr0);
        Put32(0x7FF8, (uint)s.Cr3);
        Put32(0x7FF4, (uint)c.Rflags);
        Put32(0x7FF0, (uint)c.Rip);
        for (int i = 0; i < 8; i++)
        {
            Put32(0x7FD0 + (i * 4), (uint)c.Gpr(i));
        }

        Put32(0x7FCC, (uint)s.Dr[6]);
        Put32(0x7FC8, (uint)s.Dr[7]);
        PutSegment32(0x7FC4, 0x7F5C, s.Segment[Seg.TR]);
        PutSegment32(0x7FC0, 0x7F78, s.Segment[Seg.LDTR]);
        Put32(0x7F74, (uint)s.Gdtr.Base);
        Put32(0x7F70, s.Gdtr.Limit);
        Put32(0x7F58, (uint)s.Idtr.Base);
        Put32(0x7F54, s.Idtr.Limit);
        for (int i = 0; i < SegmentCount; i++)
        {
            PutSegment32(0x7FA8 + (i * 4), Hidden32(i), s.Segment[i]);
        }

        Put32(0x7F14, (uint)s.Cr4);
        _bytes[0x7F02 - First] = wasHalted ? (byte)1 : (byte)0;
        Put32(RevisionAt, Revision32);
        Put32(0x7EF8, (uint)s.SmBase);
    }

    private void Restore32(InterpreterCore c, out bool halts)
    {
        ref VcpuRecord s = ref c.S;
        s.Cr0 = (Get32(0x7FFC) & ControlRegisterMoves.Cr0Bits) | Cr0.ET;
        s.Cr3 = Get32(0x7FF8);
        c.Rflags = Get32(0x7FF4) & FlagBits;
        c.Rip = Get32(0x7FF0);
        for (int i = 0; i < 8; i++)
        {
            c.Gpr(i) = Get32(0x7FD0 + (i * 4));
        }

        SetDebug(ref s, Get32(0x7FC8), Get32(0x7FCC));
        s.Segment[Seg.TR] = Segment32(0x7FC4, 0x7F5C);
        s.Segment[Seg.LDTR] = Segment32(0x7FC0, 0x7F78);
        s.Gdtr = new DescriptorTableState { Base = Get32(0x7F74), Limit = (ushort)Get32(0x7F70) };
        s.Idtr = new DescriptorTableState { Base = Get32(0x7F58), Limit = (ushort)Get32(0x7F54) };
        for (int i = 0; i < SegmentCount; i++)
        {
            s.Segment[i] = Segment32(0x7FA8 + (i * 4), Hidden32(i));
        }

        s.Cr4 = Get32(0x7F14);
        halts = (_bytes[0x7F02 - First] & 1) != 0;
        s.SmBase = Get32(0x7EF8);
    }

    // R8 to R15 go down from the registers of old, which go down from RAX.
    private static int Register64(int number) => number < 8
        ? 0x7FF8 - (number * 8)
        : 0x7FB8 - ((number - 8) * 8);

    private static int Hidden32(int segment) => segment < 3 ? 0x7F84 + (segment * 12) : 0x7F2C + ((segment - 3) * 12);

    // Reserved bits read as they always do (Intel SDM vol. 3B 17.2).
    private static void SetDebug(ref VcpuRecord s, ulong dr7, ulong dr6)
    {
        s.Dr[7] = (dr7 & 0xFFFF_2BFF) | 0x400;
        s.Dr[6] = (dr6 & 0xE00F) | 0xFFFF_0FF0;
    }

    private void PutSegment64(int at, in SegmentState segment)
    {
        Put16(at, segment.Selector);
        Put16(at + 2, segment.Attributes);
        Put32(at + 4, segment.Limit);
        Put64(at + 8, segment.Base);
    }

    private SegmentState Segment64(int at) => new() { Selector = Get16(at), Attributes = Get16(at + 2), Limit = Get32(at + 4), Base = Get64(at + 8) };

    private void PutSegment32(int selectorAt, int at, in SegmentState segment)
    {
        Put32(selectorAt, segment.Selector);
        Put32(at, (uint)segment.Attributes << 8);
        Put32(at + 4, segment.Limit);
        Put32(at + 8, (uint)segment.Base);
    }

    private SegmentState Segment32(int selectorAt, int at) =>
        new() { Selector = Get16(selectorAt), Attributes = (ushort)(Get32(at) >> 8), Limit = Get32(at + 4), Base = Get32(at + 8) };

    private void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes[(at - First)..], value);

    private void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes[(at - First)..], value);

    private void Put64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_bytes[(at - First)..], value);

    private ushort Get16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(at - First)..]);

    private uint Get32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(at - First)..]);

    private ulong Get64(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(at - First)..]);
}
