using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Doppel.Machine.Firmware;

/// <summary>
/// System Management BIOS tables (DMTF DSP0134 version 2.8): who made the firmware and the machine, the machine's UUID, its chassis. A 32-bit entry
/// point at the start, on a 16-byte border, and the structures behind it. Processors are told of where there are several.
/// </summary>
public static class SmbiosTables
{
    private const int EntryBytes = 31;
    private const int StructuresAt = 32;
    private const byte FirmwareInformation = 0;
    private const byte SystemInformation = 1;
    private const byte Chassis = 3;
    private const byte ProcessorInformation = 4;
    private const byte EndOfTable = 127;
    private const byte CentralProcessor = 3;
    private const byte UnknownFamily = 2;
    private const byte UnknownSocket = 2;
    private const byte PopulatedAndEnabled = 0x41;
    private const byte PowerSwitch = 6;
    private const byte OtherChassis = 1;
    private const byte Safe = 3;

    /// <summary>Builds the block for the address <paramref name="at"/>, a multiple of 16 below 1 MiB, of a machine with <paramref name="processors"/>.</summary>
    public static byte[] Build(uint at, Guid uuid, int processors = 1)
    {
        byte[] structures = BuildStructures(uuid, processors, out int count, out int longest);
        return [.. EntryPoint(at + StructuresAt, structures.Length, count, longest), 0, .. structures];
    }

    /// <summary>The entry point alone, for firmware that puts the structures where it wants and completes it.</summary>
    public static byte[] BuildEntryPoint(Guid uuid, int processors = 1)
    {
        byte[] structures = BuildStructures(uuid, processors, out int count, out int longest);
        return EntryPoint(0, structures.Length, count, longest);
    }

    /// <summary>The structures alone; their length does not depend on the UUID.</summary>
    public static byte[] BuildStructures(Guid uuid, int processors = 1) => BuildStructures(uuid, processors, out _, out _);

    private static byte[] BuildStructures(Guid uuid, int processors, out int count, out int longest)
    {
        // Offsets are those of the specification less the four bytes of the header.
        byte[] firmware = new byte[20];
        (firmware[0], firmware[1], firmware[4]) = (1, 2, 3);
        firmware[5] = 0; // one block of 64 KiB
        firmware[6] = 1 << 3; // bit 3: characteristics are not told
        firmware[15] = 1 << 4; // this is a virtual machine
        byte[] system = new byte[23];
        (system[0], system[1]) = (1, 2);
        _ = uuid.TryWriteBytes(system.AsSpan(4));
        system[20] = PowerSwitch;
        byte[] chassis = new byte[17];
        (chassis[0], chassis[1]) = (1, OtherChassis);
        (chassis[5], chassis[6], chassis[7], chassis[8]) = (Safe, Safe, Safe, Safe);
        byte[][] structures =
        [
            Structure(FirmwareInformation, 0, firmware, "Doppel", "1", "01/01/2025"),
            Structure(SystemInformation, 1, system, "Doppel", "Virtual PC"),
            Structure(Chassis, 2, chassis, "Doppel"),
            .. Package(processors),
            Structure(EndOfTable, 3, []),
        ];
        count = structures.Length;
        longest = 0;
        List<byte> joined = [];
        foreach (byte[] structure in structures)
        {
            joined.AddRange(structure);
            longest = Math.Max(longest, structure.Length);
        }

        return [.. joined];
    }

    private static byte[] EntryPoint(uint at, int length, int count, int longest)
    {
        byte[] block = new byte[EntryBytes];
        "_SM_"u8.CopyTo(block);
        block[5] = EntryBytes;
        (block[6], block[7]) = (2, 8);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(8), (ushort)longest);
        "_DMI_"u8.CopyTo(block.AsSpan(16));
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(22), (ushort)length);
        BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(24), at);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(28), (ushort)count);
        block[30] = 0x28;
        block[21] = Checksum(block.AsSpan(16, 15));
        block[4] = Checksum(block.AsSpan(0, EntryBytes));
        return block;
    }

    private static byte[][] Package(int processors)
    {
        if (processors == 1)
        {
            return [];
        }

        byte[] package = new byte[38];
        (package[0], package[1], package[2], package[3]) = (1, CentralProcessor, UnknownFamily, 2);
        package[20] = PopulatedAndEnabled;
        package[21] = UnknownSocket;
        package.AsSpan(22, 6).Fill(0xFF); // caches are not described
        (package[31], package[32], package[33]) = ((byte)processors, (byte)processors, (byte)processors);
        return [Structure(ProcessorInformation, 4, package, "CPU 0", "Doppel")];
    }

    private static byte[] Structure(byte type, ushort handle, byte[] body, params string[] texts)
    {
        List<byte> bytes = [type, (byte)(4 + body.Length), (byte)handle, (byte)(handle >> 8), .. body];
        foreach (string text in texts)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(text));
            bytes.Add(0);
        }

        if (texts.Length == 0)
        {
            bytes.Add(0);
        }

        bytes.Add(0);
        return [.. bytes];
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
