using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.SystemLevel;

/// <summary>
/// A processor over 2 MiB of RAM with tables at fixed places: GDT 0x1000, IDT 0x2000, TSS 0x3000 (second 0x3800), LDT 0x4000, page tables 0x8000 on.
/// Paging is off until a test turns it on.
/// </summary>
internal sealed class Bench : IVcpuBus, IDisposable
{
    internal const int Gdt = 0x1000;
    internal const int Idt = 0x2000;
    internal const int Tss = 0x3000;
    internal const int OtherTss = 0x3800;
    internal const int Ldt = 0x4000;

    internal const ushort Code0 = 0x08;
    internal const ushort Data0 = 0x10;
    internal const ushort Code3 = 0x1B;
    internal const ushort Data3 = 0x23;
    internal const ushort TssSelector = 0x28;
    internal const ushort Conforming = 0x30;
    internal const ushort Absent = 0x38;
    internal const ushort Long0 = 0x40;
    internal const ushort Long3 = 0x4B;
    internal const ushort Code16 = 0x50;
    internal const ushort Data16 = 0x58;
    internal const ushort LdtSelector = 0x60;
    internal const ushort ReadOnly = 0x68;
    internal const ushort AbsentCode = 0x70;
    internal const ushort AbsentStack = 0x78;
    internal const ushort OtherTssSelector = 0x80;
    internal const ushort Free = 0x90;

    internal const string AnyModel = "test";

    private readonly GuestRam _ram = new("test", 0x20_0000);

    internal Bench(CpuFeatures features = (CpuFeatures)ulong.MaxValue, string vendor = "AuthenticAMD")
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 0x20_0000);
        C = new InterpreterCore(space, new CpuModel(AnyModel, vendor, "Test", 6, 1, 1, 40, features), this);
        RealMode();
    }

    internal InterpreterCore C { get; }

    internal Dictionary<uint, ulong> BoardMsrs { get; } = [];

    internal ulong Timestamp { get; set; }

    public byte TaskPriority { get; set; }

    public ulong TimestampHertz => 1_000_000_000;

    internal ulong Esp => C.Gpr(4);

    internal (Vector Vector, uint ErrorCode) Fault
    {
        get
        {
            Assert.True((C.Stop & StopFlags.Fault) != 0, "a fault was expected");
            return (C.PendingVector, C.PendingErrorCode);
        }
    }

    internal void RealMode()
    {
        C.S.Cr0 = Cr0.ET;
        C.S.Idtr.Base = 0;
        C.S.Idtr.Limit = 0x3FF;
        C.Cpl = 0;
        C.Rflags = 2;
        for (int i = 0; i < 8; i++)
        {
            SegmentRegisters.Set(C, i, new SegmentState { Limit = 0xFFFF, Attributes = 0x93 });
        }

        C.S.Segment[Seg.LDTR].Attributes = 0x82;
        C.S.Segment[Seg.TR].Attributes = 0x8B;
    }

    /// <summary>Flat 32-bit protected mode at a privilege level, ESP 0x7000.</summary>
    internal void Protected(int cpl)
    {
        C.S.Cr0 = Cr0.PE | Cr0.ET;
        Tables();
        C.Cpl = (byte)cpl;
        Load(Seg.CS, cpl == 0 ? Code0 : (ushort)(Code3 - 3 + cpl));
        foreach (int segment in (int[])[Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS])
        {
            Load(segment, cpl == 0 ? Data0 : (ushort)(Data3 - 3 + cpl));
        }

        Load(Seg.TR, TssSelector);
        C.S.Segment[Seg.TR].Attributes |= 2;
        Load(Seg.LDTR, LdtSelector);
        C.Gpr(4) = 0x7000;
        C.Rip = 0x100;
    }

    /// <summary>Virtual-8086 mode at 1000:0100, stack 2000:0F00.</summary>
    internal void Virtual8086(int iopl)
    {
        Protected(3);
        C.SystemFlags |= (ulong)RFlags.VM | ((ulong)iopl << 12) | (ulong)RFlags.IF;
        for (int i = 0; i < 6; i++)
        {
            SegmentRegisters.SetRealMode(C, i, 0x1000);
        }

        SegmentRegisters.SetRealMode(C, Seg.SS, 0x2000 >> 4);
        C.Gpr(4) = 0xF00;
    }

    /// <summary>Long mode, all of RAM mapped one to one for user and supervisor, RSP 0x7000.</summary>
    internal void Long(int cpl, ushort code)
    {
        Tables();
        Put64(0x8000, 0x9007);
        Put64(0x9000, 0xA007);
        Put64(0xA000, 0x0087);
        Put64(Tss + 4, 0x6000);
        C.S.Cr3 = 0x8000;
        C.S.Cr4 = Cr4.PAE;
        C.S.Efer = Efer.LMA | Efer.LME | Efer.NXE | Efer.SCE;
        C.S.Cr0 = Cr0.PE | Cr0.PG | Cr0.ET;
        C.Cpl = (byte)cpl;
        foreach (int segment in (int[])[Seg.ES, Seg.SS, Seg.DS, Seg.FS, Seg.GS])
        {
            Load(segment, cpl == 0 ? Data0 : Data3);
        }

        Load(Seg.CS, code);
        Load(Seg.TR, TssSelector);
        C.S.Segment[Seg.TR].Attributes |= 2;
        Load(Seg.LDTR, LdtSelector);
        C.Gpr(4) = 0x7000;
        C.Rip = 0x100;
        C.Memory.FlushAll();
    }

    internal void Gate(int vector, int type, ushort selector, uint offset, int dpl = 0, bool present = true) => PutGate(Idt + (vector * 8), type, selector, offset, dpl, present);

    internal void PutGate(int at, int type, ushort selector, uint offset, int dpl = 0, bool present = true, int count = 0) =>
        Put64(at, (offset & 0xFFFF) | ((ulong)selector << 16) | ((ulong)count << 32) | ((ulong)type << 40) | ((ulong)dpl << 45) | (present ? 1UL << 47 : 0) | ((ulong)(offset >> 16) << 48));

    internal void LongGate(int vector, int type, ushort selector, ulong offset, int dpl = 0, int ist = 0)
    {
        PutGate(Idt + (vector * 16), type, selector, (uint)offset, dpl, true, ist);
        Put64(Idt + (vector * 16) + 8, offset >> 32);
    }

    internal void PutDescriptor(int selector, ulong @base, uint limit, int attributes) => PutDescriptorAt(Gdt + (selector & 0xFFF8), @base, limit, attributes);

    internal void PutDescriptorAt(int at, ulong @base, uint limit, int attributes) =>
        Put64(at, (limit & 0xFFFF) | ((@base & 0xFF_FFFF) << 16) | ((ulong)attributes << 40) | ((ulong)((limit >> 16) & 0xF) << 48) | (((@base >> 24) & 0xFF) << 56));

    internal void Put(int at, int value) => _ram.Write(at, BitConverter.GetBytes(value));

    internal void Put16(int at, int value) => _ram.Write(at, BitConverter.GetBytes((ushort)value));

    internal void Put8(int at, int value) => _ram.Write(at, [(byte)value]);

    internal void Put64(int at, ulong value) => _ram.Write(at, BitConverter.GetBytes(value));

    internal int Get8(long at) => _ram.Read(at, 1)[0];

    internal int Get16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(_ram.Read(at, 2));

    internal uint Get(long at) => BinaryPrimitives.ReadUInt32LittleEndian(_ram.Read(at, 4));

    internal ulong Get64(long at) => BinaryPrimitives.ReadUInt64LittleEndian(_ram.Read(at, 8));

    internal ushort Selector(int segment) => C.S.Segment[segment].Selector;

    /// <summary>Loads a segment register from the GDT without checks.</summary>
    internal void Load(int segment, ushort selector) =>
        SegmentRegisters.Set(C, segment, new Doppel.Cpu.Interpreter.SystemLevel.Descriptor(Get64(Gdt + (selector & 0xFFF8))).ToSegment(selector));

    /// <summary>Forgets a fault, for the next case.</summary>
    internal void Clear() => C.Stop = StopFlags.None;

    public ulong ReadPort(ushort port, AccessSize size) => size.AllOnes();

    public void WritePort(ushort port, AccessSize size, ulong value)
    {
    }

    public ulong ReadMmio(Gpa at, AccessSize size) => size.AllOnes();

    public void WriteMmio(Gpa at, AccessSize size, ulong value)
    {
    }

    public bool TryReadMsr(uint msr, out ulong value) => BoardMsrs.TryGetValue(msr, out value);

    public bool TryWriteMsr(uint msr, ulong value)
    {
        if (!BoardMsrs.ContainsKey(msr))
        {
            return false;
        }

        BoardMsrs[msr] = value;
        return true;
    }

    public bool TryAcknowledgeInterrupt(out byte vector)
    {
        vector = 0;
        return false;
    }

    public ulong ReadTimestamp() => Timestamp;

    public ulong DrawRandom() => 0x8123_4567_89AB_CDEF;

    public void Dispose()
    {
        C.Memory.Dispose();
        C.Fx.Dispose();
        _ram.Dispose();
    }

    private void Tables()
    {
        C.S.Gdtr = new DescriptorTableState { Base = Gdt, Limit = 0xFF };
        C.S.Idtr = new DescriptorTableState { Base = Idt, Limit = 0xFFF };
        PutDescriptor(Code0, 0, 0xF_FFFF, 0xC09B);
        PutDescriptor(Data0, 0, 0xF_FFFF, 0xC093);
        PutDescriptor(Code3, 0, 0xF_FFFF, 0xC0FB);
        PutDescriptor(Data3, 0, 0xF_FFFF, 0xC0F3);
        PutDescriptor(TssSelector, Tss, 0x7FF, 0x008B);
        PutDescriptor(Conforming, 0, 0xF_FFFF, 0xC09F);
        PutDescriptor(Absent, 0, 0xF_FFFF, 0xC073);
        PutDescriptor(Long0, 0, 0xF_FFFF, 0xA09B);
        PutDescriptor(Long3, 0, 0xF_FFFF, 0xA0FB);
        PutDescriptor(Code16, 0, 0xFFFF, 0x009A);
        PutDescriptor(Data16, 0x1_0000, 0xFFFF, 0x0092);
        PutDescriptor(LdtSelector, Ldt, 0xFF, 0x0082);
        PutDescriptor(ReadOnly, 0, 0xF_FFFF, 0xC091);
        PutDescriptor(AbsentCode, 0, 0xF_FFFF, 0xC01B);
        PutDescriptor(AbsentStack, 0, 0xF_FFFF, 0xC013);
        PutDescriptor(OtherTssSelector, OtherTss, 0x67, 0x0089);
        Put(Tss + 4, 0x6000);
        Put(Tss + 8, Data0);
    }
}
