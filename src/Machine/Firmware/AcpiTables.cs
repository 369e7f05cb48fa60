using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Devices.Chipset.Hpet;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The ACPI tables as one block of bytes for the firmware area (ACPI 6.4 chapter 5): RSDP, RSDT, XSDT, FADT revision 5, FACS, DSDT and, with
/// local APICs, MADT, and HPET where there is one. The root pointer stands at the start, where operating systems look for it on 16-byte borders.
/// </summary>
public static class AcpiTables
{
    /// <summary>Most bytes that the block may take.</summary>
    public const int MaxBytes = 0x1_0000;

    private const int HeaderBytes = 36;
    private const int RootPointerBytes = 36;
    private const int FixedTableBytes = 268;
    private const int FacsBytes = 64;
    private const uint LocalApicAddress = 0xFEE0_0000;
    private const uint IoApicAddress = 0xFEC0_0000;
    private const ushort ResetPort = 0xCF9;
    private const byte ResetValue = 6;
    private const byte CenturyRegister = 0x32;

    // FADT IAPC_BOOT_ARCH and Flags.
    private const ushort LegacyDevices = 1 << 0;
    private const ushort KeyboardController = 1 << 1;
    private const ushort NoVga = 1 << 2;
    private const uint HltIsC1 = 1 << 2;
    private const uint NoFixedSleepButton = 1 << 5;
    private const uint NoFixedRtcWake = 1 << 6;
    private const uint Timer32Bits = 1 << 8;
    private const uint HasResetRegister = 1 << 10;

    /// <summary>Builds all tables for the address <paramref name="at"/>, a multiple of 64 below 4 GiB.</summary>
    /// <returns>The bytes; the RSDP is at the start.</returns>
    public static byte[] Build(uint at, AcpiHardware hardware)
    {
        List<(uint At, byte[] Bytes)> placed = [];
        uint next = at + RootPointerBytes;
        uint Place(byte[] table)
        {
            uint address = (next + 63) & ~63U;
            placed.Add((address, table));
            next = address + (uint)table.Length;
            return address;
        }

        uint facs = Place(Facs());
        uint dsdt = Place(Table("DSDT", 2, AcpiNamespace.Build(hardware)));
        List<uint> roots = [Place(Fixed(hardware, facs, dsdt))];
        if (hardware.HasLocalApic)
        {
            roots.Add(Place(Interrupts(hardware)));
        }

        if (hardware.HasHpet)
        {
            roots.Add(Place(EventTimer()));
        }

        uint rsdt = Place(Roots("RSDT", roots, 4));
        uint xsdt = Place(Roots("XSDT", roots, 8));
        if (next - at > MaxBytes)
        {
            throw new ArgumentException("the tables do not fit the firmware area", nameof(hardware));
        }

        byte[] block = new byte[next - at];
        RootPointer(rsdt, xsdt).CopyTo(block, 0);
        foreach ((uint address, byte[] bytes) in placed)
        {
            bytes.CopyTo(block, (int)(address - at));
        }

        return block;
    }

    private static byte[] RootPointer(uint rsdt, uint xsdt)
    {
        byte[] pointer = new byte[RootPointerBytes];
        "RSD PTR "u8.CopyTo(pointer);
        "DOPPEL"u8.CopyTo(pointer.AsSpan(9));
        pointer[15] = 2;
        Put32(pointer, 16, rsdt);
        Put32(pointer, 20, RootPointerBytes);
        Put32(pointer, 24, xsdt);
        pointer[8] = Checksum(pointer.AsSpan(0, 20));
        pointer[32] = Checksum(pointer);
        return pointer;
    }

    private static byte[] Table(string signature, byte revision, ReadOnlySpan<byte> body)
    {
        byte[] table = new byte[HeaderBytes + body.Length];
        for (int i = 0; i < 4; i++)
        {
            table[i] = (byte)signature[i];
        }

        Put32(table, 4, (uint)table.Length);
        table[8] = revision;
        "DOPPEL"u8.CopyTo(table.AsSpan(10));
        "DOPPELPC"u8.CopyTo(table.AsSpan(16));
        Put32(table, 24, 1);
        "DOPL"u8.CopyTo(table.AsSpan(28));
        Put32(table, 32, 1);
        body.CopyTo(table.AsSpan(HeaderBytes));
        table[9] = Checksum(table);
        return table;
    }

    private static byte[] Roots(string signature, List<uint> tables, int pointerBytes)
    {
        byte[] body = new byte[tables.Count * pointerBytes];
        for (int i = 0; i < tables.Count; i++)
        {
            Put32(body, i * pointerBytes, tables[i]);
        }

        return Table(signature, 1, body);
    }

    // Firmware ACPI control structure: no checksum; nothing sleeps, so it only has to be there.
    private static byte[] Facs()
    {
        byte[] facs = new byte[FacsBytes];
        "FACS"u8.CopyTo(facs);
        Put32(facs, 4, FacsBytes);
        facs[32] = 2;
        return facs;
    }

    private static byte[] Fixed(AcpiHardware hardware, uint facs, uint dsdt)
    {
        byte[] fadt = new byte[FixedTableBytes];
        ushort ports = hardware.PowerPorts;
        Put32(fadt, 36, facs);
        Put32(fadt, 40, dsdt);
        fadt[45] = 1; // preferred profile: desktop
        Put16(fadt, 46, (ushort)hardware.PowerInterrupt);
        Put32(fadt, 48, hardware.CommandPort);
        fadt[52] = hardware.EnableCommand;
        fadt[53] = hardware.DisableCommand;
        Put32(fadt, 56, ports);
        Put32(fadt, 64, (uint)ports + 4);
        Put32(fadt, 76, (uint)ports + 8);
        Put32(fadt, 80, (uint)ports + 0x20);
        fadt[88] = 4; // PM1 events
        fadt[89] = 2; // PM1 control
        fadt[91] = 4; // timer
        fadt[92] = 4; // general-purpose events
        Put16(fadt, 96, 0xFFF); // C2 and C3 latencies that mean "not supported"
        Put16(fadt, 98, 0xFFF);
        fadt[108] = CenturyRegister;
        Put16(fadt, 109, (ushort)(LegacyDevices | KeyboardController | (hardware.HasVga ? 0 : NoVga)));
        Put32(fadt, 112, HltIsC1 | NoFixedSleepButton | NoFixedRtcWake | (hardware.Timer32Bits ? Timer32Bits : 0) | HasResetRegister);
        PutPort(fadt, 116, ResetPort, 1);
        fadt[128] = ResetValue;
        Put32(fadt, 140, dsdt);
        PutPort(fadt, 148, ports, 4);
        PutPort(fadt, 172, (ushort)(ports + 4), 2);
        PutPort(fadt, 208, (ushort)(ports + 8), 4);
        PutPort(fadt, 220, (ushort)(ports + 0x20), 4);
        return Table("FACP", 5, fadt.AsSpan(HeaderBytes));
    }

    private static byte[] Interrupts(AcpiHardware hardware)
    {
        List<byte> body = [];
        void Add32(uint value) => body.AddRange([(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)]);
        void Override(byte line, uint interrupt, byte flags)
        {
            body.AddRange([2, 10, 0, line]);
            Add32(interrupt);
            body.AddRange([flags, 0]);
        }

        Add32(LocalApicAddress);
        Add32(1); // there is an 8259 pair too
        for (int i = 0; i < hardware.Processors; i++)
        {
            body.AddRange([0, 8, (byte)i, (byte)i, 1, 0, 0, 0]);
        }

        if (hardware.HasIoApic)
        {
            // Its id comes after those of the processors, which some kernels want distinct.
            body.AddRange([1, 12, (byte)hardware.Processors, 0]);
            Add32(IoApicAddress);
            Add32(0);
            Override(0, 2, 0); // the timer is wired to input 2
            Override((byte)hardware.PowerInterrupt, (uint)hardware.PowerInterrupt, 0xD); // level-triggered, active high
        }

        body.AddRange([4, 6, 0xFF, 0, 0, 1]); // NMI on LINT1 of every processor
        return Table("APIC", 4, body.ToArray());
    }

    // HPET description table (IA-PC HPET specification 1.0a, 3.2.4).
    private static byte[] EventTimer()
    {
        const ushort MinimumTicks = 0x80; // of periodic mode without lost interrupts
        byte[] body = new byte[20];
        Put32(body, 0, HpetBlock.BlockId);
        body[5] = 64; // memory, 64 bits
        Put32(body, 8, (uint)HpetBlock.Address);
        Put16(body, 17, MinimumTicks);
        return Table("HPET", 1, body);
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

    // Generic address structure: a port range whose width is given twice, in bits and as access size 1 = byte, 2 = word, 3 = dword.
    private static void PutPort(byte[] table, int offset, ushort port, byte bytes)
    {
        table[offset] = 1;
        table[offset + 1] = (byte)(bytes * 8);
        table[offset + 3] = bytes switch { 1 => 1, 2 => 2, _ => 3 };
        Put32(table, offset + 4, port);
    }

    private static void Put16(byte[] table, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan(offset), value);

    private static void Put32(byte[] table, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(table.AsSpan(offset), value);
}
