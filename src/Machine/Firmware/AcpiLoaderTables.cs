using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The ACPI tables as files that firmware places itself: the tables with offsets where addresses belong, the root pointer, and the commands that tell
/// how to place and complete them (QEMU documentation, "ACPI table loader": allocate 1, add pointer 2, add checksum 3, write pointer 4).
/// </summary>
internal sealed class AcpiLoaderTables
{
    public const string TablesFile = "etc/acpi/tables";
    public const string RootFile = "etc/acpi/rsdp";
    public const string LoaderFile = "etc/table-loader";
    public const string GenerationFile = "etc/vmgenid_guid";
    public const string GenerationAddressFile = "etc/vmgenid_addr";

    private const int CommandBytes = 128;
    private const int NameBytes = 56;
    private const byte HighMemory = 1;
    private const byte FirmwareSegment = 2;
    private const uint TableAlignment = 64;
    private const uint RootAlignment = 16;
    private const uint PageAlignment = 0x1000;

    // Stands in the namespace until it is found and replaced: an address that no machine has.
    private const uint GenerationMark = 0xFFFF_5A28;

    private readonly List<byte> _commands = [];

    private AcpiLoaderTables(AcpiHardware hardware)
    {
        AcpiTableSet set = AcpiTableSet.Lay(0, hardware with { GenerationAddress = GenerationMark });
        Tables = set.ToBlock();
        Root = set.Root;
        Allocate(TablesFile, TableAlignment, HighMemory);
        Allocate(RootFile, RootAlignment, FirmwareSegment);
        Allocate(GenerationFile, PageAlignment, HighMemory);
        uint mark = (uint)Tables.AsSpan().IndexOf(BitConverter.GetBytes(GenerationMark));
        BinaryPrimitives.WriteUInt32LittleEndian(Tables.AsSpan((int)mark), FirmwareConfig.GenerationOffset);
        AddPointer(TablesFile, GenerationFile, mark, sizeof(uint));
        foreach (AcpiPointer pointer in set.Pointers)
        {
            AddPointer(TablesFile, TablesFile, pointer.At, pointer.Bytes);
        }

        foreach (AcpiPlacedTable table in set.Tables)
        {
            if (table.HasChecksum)
            {
                AddChecksum(TablesFile, table.At + AcpiTableSet.ChecksumAt, table.At, (uint)table.Bytes.Length);
                Tables[table.At + AcpiTableSet.ChecksumAt] = 0;
            }
        }

        foreach (AcpiPointer pointer in AcpiTableSet.RootPointers)
        {
            AddPointer(RootFile, TablesFile, pointer.At, pointer.Bytes);
        }

        Root[AcpiTableSet.RootChecksumAt] = 0;
        Root[AcpiTableSet.RootWholeChecksumAt] = 0;
        AddChecksum(RootFile, AcpiTableSet.RootChecksumAt, 0, AcpiTableSet.RootFirstBytes);
        AddChecksum(RootFile, AcpiTableSet.RootWholeChecksumAt, 0, (uint)Root.Length);
        WritePointer(GenerationAddressFile, GenerationFile, FirmwareConfig.GenerationOffset);
        Commands = [.. _commands];
    }

    /// <summary>All tables but the root pointer, FACS first.</summary>
    public byte[] Tables { get; }

    /// <summary>The root pointer.</summary>
    public byte[] Root { get; }

    /// <summary>The commands.</summary>
    public byte[] Commands { get; }

    /// <summary>Builds the files.</summary>
    public static AcpiLoaderTables Build(AcpiHardware hardware) => new(hardware);

    private void Allocate(string file, uint alignment, byte zone) => Add(1, command =>
    {
        PutName(command, 0, file);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(NameBytes), alignment);
        command[NameBytes + 4] = zone;
    });

    private void AddPointer(string file, string target, uint offset, byte bytes) => Add(2, command =>
    {
        PutName(command, 0, file);
        PutName(command, NameBytes, target);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(2 * NameBytes), offset);
        command[(2 * NameBytes) + 4] = bytes;
    });

    private void AddChecksum(string file, uint offset, uint start, uint length) => Add(3, command =>
    {
        PutName(command, 0, file);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(NameBytes), offset);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(NameBytes + 4), start);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan(NameBytes + 8), length);
    });

    private void WritePointer(string file, string target, uint targetOffset) => Add(4, command =>
    {
        PutName(command, 0, file);
        PutName(command, NameBytes, target);
        BinaryPrimitives.WriteUInt32LittleEndian(command.AsSpan((2 * NameBytes) + 4), targetOffset);
        command[(2 * NameBytes) + 8] = sizeof(ulong);
    });

    private void Add(uint kind, Action<byte[]> fill)
    {
        byte[] body = new byte[CommandBytes - sizeof(uint)];
        fill(body);
        _commands.AddRange(BitConverter.GetBytes(kind));
        _commands.AddRange(body);
    }

    private static void PutName(byte[] command, int at, string name) => Encoding.ASCII.GetBytes(name).CopyTo(command, at);
}
