using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Doppel.Devices.Chipset.FwCfg;
using Doppel.Machine.Firmware;

namespace Doppel.Machine;

/// <summary>What firmware is told through the fw_cfg device: memory, processors, ACPI and SMBIOS tables, boot order, the display's ROM.</summary>
internal sealed class FirmwareConfig
{
    private const int E820EntryBytes = 20;
    private const int GenerationFileBytes = 0x1000;
    private const int UuidBytes = 16;
    private const ushort TimerOnInput2 = 0x8002;
    private const ulong FirstSerialPort = 0x3F8;

    // Sleep states 0 to 5, bit 7: supported. There is no suspension.
    private static readonly byte[] s_sleepStates = [0x80, 0, 0, 0, 0, 0x80];

    private readonly FwCfgItem _uuid = FwCfgItem.Kept(FwCfgKeys.Uuid, UuidBytes);
    private readonly FwCfgItem _generation = FwCfgItem.KeptFile(AcpiLoaderTables.GenerationFile, GenerationFileBytes);
    private readonly FwCfgItem _generationAt = FwCfgItem.KeptFile(AcpiLoaderTables.GenerationAddressFile, sizeof(ulong), isGuestWritable: true);

    /// <summary>The device for a machine of <paramref name="spec"/>.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="map">Its memory.</param>
    /// <param name="hardware">What the tables tell; asked again whenever firmware reads them, as it moves the power-management ports itself.</param>
    public FirmwareConfig(MachineSpec spec, MemoryMap map, Func<AcpiHardware> hardware)
    {
        AcpiLoaderTables first = AcpiLoaderTables.Build(hardware());
        List<FwCfgItem> items =
        [
            _uuid,
            _generation,
            _generationAt,
            FwCfgItem.Constant(FwCfgKeys.RamBytes, Words(8, (ulong)spec.MemoryBytes)),
            FwCfgItem.Constant(FwCfgKeys.NoDisplay, Words(2, spec.HasDisplay ? 0UL : 1)),
            FwCfgItem.Constant(FwCfgKeys.Processors, Words(2, (ulong)spec.Cpus)),
            FwCfgItem.Constant(FwCfgKeys.MaxProcessors, Words(2, (ulong)spec.Cpus)),
            FwCfgItem.Constant(FwCfgKeys.BootMenu, Words(2, 0)),
            FwCfgItem.Constant(TimerOnInput2, [1]),
            FwCfgItem.File("etc/e820", E820(map)),
            FwCfgItem.File("etc/system-states", s_sleepStates),
            FwCfgItem.File("etc/boot-fail-wait", Words(4, uint.MaxValue)), // for ever, instead of a reset after a minute
            FwCfgItem.File("bootorder", BootPaths.Build(spec)),
            FwCfgItem.MadeFile(AcpiLoaderTables.TablesFile, first.Tables.Length, () => AcpiLoaderTables.Build(hardware()).Tables),
            FwCfgItem.File(AcpiLoaderTables.RootFile, first.Root),
            FwCfgItem.File(AcpiLoaderTables.LoaderFile, first.Commands),
            FwCfgItem.MadeFile("etc/smbios/smbios-anchor", SmbiosTables.BuildEntryPoint(default, spec.Cpus).Length, () => SmbiosTables.BuildEntryPoint(Uuid, spec.Cpus)),
            FwCfgItem.MadeFile("etc/smbios/smbios-tables", SmbiosTables.BuildStructures(default, spec.Cpus).Length, () => SmbiosTables.BuildStructures(Uuid, spec.Cpus)),
        ];
        if (!spec.HasDisplay)
        {
            // Text that the BIOS shows goes to the first serial port, and its keys come from there.
            items.Add(FwCfgItem.File("etc/sercon-port", Words(8, FirstSerialPort)));
        }

        Device = new FwCfgDevice(items);
    }

    /// <summary>The device.</summary>
    public FwCfgDevice Device { get; }

    /// <summary>The machine's UUID.</summary>
    public Guid Uuid => new(_uuid.Bytes);

    /// <summary>Where the guest keeps the generation identity, or null while firmware has not said so.</summary>
    public ulong? GenerationAddress => BinaryPrimitives.ReadUInt64LittleEndian(_generationAt.Bytes) is var at and not 0 ? at : null;

    /// <summary>Gives the machine another UUID and generation identity, for the next time firmware asks.</summary>
    public void SetIdentity(Guid uuid, ReadOnlySpan<byte> generation)
    {
        _ = uuid.TryWriteBytes(_uuid.Bytes);
        generation.CopyTo(_generation.Bytes[AcpiLoaderTables.GenerationOffset..]);
    }

    private static byte[] E820(MemoryMap map)
    {
        List<(ulong Start, ulong Length)> ram = [(0, map.LowBytes)];
        if (map.HighBytes != 0)
        {
            ram.Add((MemoryMap.HighStart, map.HighBytes));
        }

        byte[] table = new byte[ram.Count * E820EntryBytes];
        Span<byte> rest = table;
        foreach ((ulong start, ulong length) in ram)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, start);
            BinaryPrimitives.WriteUInt64LittleEndian(rest[8..], length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[16..], (uint)MemoryKind.Usable);
            rest = rest[E820EntryBytes..];
        }

        return table;
    }

    private static byte[] Words(int bytes, ulong value) => BitConverter.GetBytes(value)[..bytes];
}
