using System;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Machine.Boot;
using Doppel.Machine.Firmware;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// What firmware does at power-on and after every reset, done by the host: opens address line 20, puts the ACPI and MP tables into the firmware area,
/// loads the boot image and sets the boot processor at its entry, or at code that starts the display first. Everything else is left as the chips' resets leave it.
/// </summary>
internal sealed class BootFirmware
{
    private const ushort FastGatePort = 0x92;
    private const ulong FastGateOpen = 2;
    private const int RandomSeedBytes = 32;

    // Behind the ACPI tables, in the last page of the firmware area.
    private const uint GenerationAt = 0xF_F000;
    private const uint IdentityTablesAt = 0xF_F100;
    private const uint MpTableAt = 0xF_F400;

    private readonly MachineSpec _spec;
    private readonly bool _hasLongMode;
    private readonly Lazy<BootMedia> _media;
    private readonly Lazy<BootImage> _image;
    private readonly MemoryMap _map;
    private readonly byte[] _tables;
    private readonly FirmwareHardware? _firmware;
    private readonly byte[] _mpTable;

    /// <summary>Firmware for a machine that boots from <paramref name="media"/>, which is asked for once, at the first start.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="model">Its processor.</param>
    /// <param name="map">Its memory.</param>
    /// <param name="hardware">What the ACPI tables tell.</param>
    /// <param name="media">Where to boot from.</param>
    /// <param name="firmware">Firmware that runs in the guest and does all this itself, or null.</param>
    public BootFirmware(MachineSpec spec, CpuModel model, MemoryMap map, AcpiHardware hardware, Lazy<BootMedia> media, FirmwareHardware? firmware)
    {
        _firmware = firmware;
        _spec = spec;
        _hasLongMode = model.Has(CpuFeatures.Lm);
        _media = media;
        _image = new Lazy<BootImage>(() => BootImage.Detect(_media.Value.Kernel));
        _map = map;
        _tables = AcpiTables.Build((uint)MemoryMap.FirmwareArea, hardware with { GenerationAddress = GenerationAt });
        _mpTable = model.Processors > 1 ? MpTable.Build(MpTableAt, model, hardware.PowerInterrupt) : [];
    }

    /// <summary>The boot protocol's name.</summary>
    /// <exception cref="BootException">A file cannot be read or used.</exception>
    public string Protocol => _firmware?.Image.Protocol ?? _image.Value.Protocol;

    /// <summary>The boot files.</summary>
    /// <exception cref="BootException">A file cannot be read.</exception>
    public BootMedia Media => _media.Value;

    /// <summary>Starts the machine over; processors and devices have just been reset.</summary>
    /// <exception cref="BootException">A file cannot be read or used.</exception>
    public void Start(GuestRam ram, Board board, IVcpu vcpu, ResetKind kind)
    {
        // The reset vector has bit 20 set: boards come out of reset with the gate open.
        board.Ports.Write(FastGatePort, AccessSize.Byte, FastGateOpen);
        if (_firmware is not null)
        {
            if (kind == ResetKind.PowerOn)
            {
                WriteIdentity(ram, board);
            }

            return;
        }

        BootMemory memory = new(ram, _map);
        memory.Write(MemoryMap.FirmwareArea, _tables);
        memory.Write(MpTableAt, _mpTable);
        WriteIdentity(ram, board);
        byte[] seed = new byte[RandomSeedBytes];
        board.Random.Fill(seed);
        ReadOnlySpan<byte> videoRom = _media.Value.VideoRom.Span;
        if (!videoRom.IsEmpty)
        {
            memory.Take("what starts the display", 0, DisplayStart.End);
        }

        BootRequest request = new(_media.Value.Initrd, _spec.CommandLine, _spec.Unpack, _hasLongMode, MemoryMap.FirmwareArea)
        {
            RandomSeed = seed,
            HasTextScreen = !videoRom.IsEmpty,
        };
        CpuEntry entry = _image.Value.Load(memory, request);
        VcpuState state = new();
        vcpu.Load(state);
        if (videoRom.IsEmpty)
        {
            entry.ApplyTo(ref state.R);
        }
        else
        {
            DisplayStart.Place(ram, board, PcHardware.DisplayFunction, videoRom, entry);
            DisplayStart.ApplyTo(ref state.R);
        }

        vcpu.Store(state);
    }

    /// <summary>
    /// Gives the machine another identity, drawn from its random source: the UUID of the SMBIOS tables and the generation identity of ACPI, by which a
    /// guest learns that it is a copy and must draw new secrets. The caller tells it so by general-purpose event 0.
    /// </summary>
    public void WriteIdentity(GuestRam ram, Board board)
    {
        Span<byte> drawn = stackalloc byte[32];
        board.Random.Fill(drawn);

        // A random UUID says so: version 4, variant 1 (RFC 9562 5.4).
        Span<byte> uuid = drawn[16..];
        uuid[7] = (byte)((uuid[7] & 0x0F) | 0x40);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        if (_firmware is not null)
        {
            _firmware.Config.SetIdentity(new Guid(uuid), drawn[..16]);
            if (_firmware.Config.GenerationAddress is { } at)
            {
                _ = new PhysicalAccess(board.Space).Write(new Gpa(at), drawn[..16]);
            }

            return;
        }

        BootMemory memory = new(ram, _map);
        memory.Write(GenerationAt, drawn[..16]);
        memory.Write(IdentityTablesAt, SmbiosTables.Build(IdentityTablesAt, new Guid(uuid), _spec.Cpus));
    }
}
