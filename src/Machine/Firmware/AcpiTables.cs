using System;
using System.Buffers.Binary;
using System.Collections.Generic;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The ACPI tables as one block of bytes for the firmware area (ACPI 6.4 chapter 5): RSDP, RSDT, XSDT, FADT revision 5, FACS, DSDT, with
/// local APICs MADT, with a high-precision timer HPET. The root pointer stands at the start, where operating systems look for it on 16-byte borders.
/// </summary>
public static class AcpiTables
{
    /// <summary>Most bytes that the block may take.</summary>
    public const int MaxBytes = 0x1_0000;

    internal const int HeaderBytes = 36;
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

    // MADT interrupt source override: level-triggered, active high.
    private const byte LevelHigh = 0xD;

    // IA-PC HPET specification 1.0a, section 3.2.4: block 0 of vendor 8086, three comparators, 64-bit counter, legacy replacement.
    private const uint EventTimerBlock = 0x8086_A201;
    private const uint EventTimerAddress = 0xFED0_0000;

    /// <summary>Builds all tables for the address <paramref name="at"/>, a multiple of 64 below 4 GiB.</summary>
    /// <returns>The bytes; the RSDP is at the start.</returns>
    public static byte[] Build(uint at, AcpiHardware hardware)
    {
        AcpiTableSet set = AcpiTableSet.Lay(at + RootPointerBytes, hardware);
        if (set.End - at > MaxBytes)
        {
            throw new ArgumentException("the tables do not fit the firmware area", nameof(hardware));
        }

        return [.. set.Root, .. set.ToBlock()];
    }

    /// <summary>Where the fixed description table points at others: FACS, DSDT, and DSDT again in 64 bits.</summary>
    internal static AcpiPointer[] FixedPointers { get; } = [new(36, 4), new(40, 4), new(140, 8)];

    internal static byte[] RootPointer(uint rsdt, uint xsdt)
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

    internal static byte[] Table(string signature, byte revision, ReadOnlySpan<byte> body)
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

    internal static byte[] Roots(string signature, List<uint> tables, int pointerBytes)
    {
        byte[] body = new byte[tables.Count * pointerBytes];
        for (int i = 0; i < tables.Count; i++)
        {
            Put32(body, i * pointerBytes, tables[i]);
        }

        return Table(signature, 1, body);
    }

    // Firmware ACPI control structure: no checksum; nothing sleeps, so it only has to be there.
    internal static byte[] Facs()
    {
        byte[] facs = new byte[FacsBytes];
        "FACS"u8.CopyTo(facs);
        Put32(facs, 4, FacsBytes);
        facs[32] = 2;
        return facs;
    }

    internal static byte[] Fixed(AcpiHardware hardware, uint facs, uint dsdt)
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

    internal static byte[] Interrupts(AcpiHardware hardware)
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
            Override((byte)hardware.PowerInterrupt, (uint)hardware.PowerInterrupt, LevelHigh);
            if (hardware.HasInterruptLinks)
            {
                foreach (byte line in AcpiInterruptLinks.Lines)
                {
                    Override(line, line, LevelHigh);
                }
            }
        }

        body.AddRange([4, 6, 0xFF, 0, 0, 1]); // NMI on LINT1 of every processor
        return Table("APIC", 4, body.ToArray());
    }

    internal static byte[] EventTimer()
    {
        byte[] body = new byte[20];
        Put32(body, 0, EventTimerBlock);
        Put32(body, 8, EventTimerAddress);
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
