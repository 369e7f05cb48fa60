using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;
using Doppel.X86.Cpuid;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The tables of the MultiProcessor Specification 1.4 (Intel 242016-006 chapter 4), for operating systems without ACPI: the floating pointer at the
/// start, on a 16-byte border, and the configuration table behind it. It tells of virtual-wire mode, of an I/O APIC whose id follows those of the processors,
/// and of the ISA interrupts, which <see cref="Motherboard.InterruptRouter"/> wires.
/// </summary>
public static class MpTable
{
    private const int PointerBytes = 16;
    private const int HeaderBytes = 44;
    private const byte Revision14 = 4;
    private const uint LocalApicAddress = 0xFEE0_0000;
    private const uint IoApicAddress = 0xFEC0_0000;
    private const byte LocalApicVersion = 0x14;
    private const byte IoApicVersion = 0x20;
    private const byte EveryLocalApic = 0xFF;
    private const byte PciBus = 0;
    private const byte IsaBus = 1;
    private const int IsaLines = 16;
    private const int CascadeLine = 2;

    // Interrupt types and flags of table 4-10.
    private const byte Vectored = 0;
    private const byte Nmi = 1;
    private const byte ExtInt = 3;
    private const byte AsTheBus = 0;
    private const byte LevelActiveHigh = 0xD;

    /// <summary>Builds the block for the address <paramref name="at"/>, a multiple of 16 below 1 MiB; <paramref name="powerLine"/> is ACPI's interrupt.</summary>
    public static byte[] Build(uint at, CpuModel model, int powerLine)
    {
        List<byte[]> entries = [];
        CpuidResult identity = CpuidLeaves.Query(model, 1, 0, new CpuidDynamics(OsXsave: false, ApicId: 0, ApicEnabled: true, TimestampHertz: 0));
        for (int i = 0; i < model.Processors; i++)
        {
            entries.Add(Processor((byte)i, identity));
        }

        byte ioApic = (byte)model.Processors;
        entries.Add(Bus(PciBus, "PCI   "));
        entries.Add(Bus(IsaBus, "ISA   "));
        entries.Add(IoApic(ioApic));
        entries.Add([3, ExtInt, AsTheBus, 0, IsaBus, 0, ioApic, 0]); // the 8259 pair may be passed on by input 0
        for (int line = 0; line < IsaLines; line++)
        {
            if (line != CascadeLine)
            {
                entries.Add([3, Vectored, line == powerLine ? LevelActiveHigh : AsTheBus, 0, IsaBus, (byte)line, ioApic, line == 0 ? (byte)2 : (byte)line]);
            }
        }

        entries.Add([4, ExtInt, AsTheBus, 0, IsaBus, 0, 0, 0]); // and by LINT0 of the boot processor
        entries.Add([4, Nmi, AsTheBus, 0, IsaBus, 0, EveryLocalApic, 1]);
        byte[] table = Table(entries);
        return [.. Pointer(at + PointerBytes), .. table];
    }

    private static byte[] Pointer(uint table)
    {
        byte[] pointer = new byte[PointerBytes];
        "_MP_"u8.CopyTo(pointer);
        BinaryPrimitives.WriteUInt32LittleEndian(pointer.AsSpan(4), table);
        pointer[8] = 1; // length in 16 bytes
        pointer[9] = Revision14;
        pointer[10] = Checksum(pointer);
        return pointer;
    }

    private static byte[] Table(List<byte[]> entries)
    {
        List<byte> bytes = [.. new byte[HeaderBytes]];
        foreach (byte[] entry in entries)
        {
            bytes.AddRange(entry);
        }

        byte[] table = [.. bytes];
        "PCMP"u8.CopyTo(table);
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(4), (ushort)table.Length);
        table[6] = Revision14;
        "DOPPEL  "u8.CopyTo(table.AsSpan(8));
        "VIRTUAL PC  "u8.CopyTo(table.AsSpan(16));
        BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(34), (ushort)entries.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(36), LocalApicAddress);
        table[7] = Checksum(table);
        return table;
    }

    private static byte[] Processor(byte id, in CpuidResult identity)
    {
        byte[] entry = new byte[20];
        entry[1] = id;
        entry[2] = LocalApicVersion;
        entry[3] = (byte)(1 | (id == 0 ? 2 : 0)); // usable; the one that boots
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), identity.Eax);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), identity.Edx);
        return entry;
    }

    private static byte[] Bus(byte id, string kind) => [1, id, .. Encoding.ASCII.GetBytes(kind)];

    private static byte[] IoApic(byte id)
    {
        byte[] entry = [2, id, IoApicVersion, 1, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(4), IoApicAddress);
        return entry;
    }

    private static byte Checksum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte b in bytes)
        {
            sum += b;
        }

        return (byte)-sum;
    }
}
