using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Cpu;
using Doppel.Devices.Chipset;
using Doppel.Devices.Chipset.AcpiPm;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Chipset.Dma;
using Doppel.Devices.Chipset.Hpet;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Chipset.Ports;
using Doppel.Devices.Chipset.Rtc;
using Doppel.Devices.Display.Vga;
using Doppel.Devices.Input.Keyboard;
using Doppel.Devices.Parallel.Lpt;
using Doppel.Devices.Pci;
using Doppel.Devices.Serial.Uart;
using Doppel.Devices.Storage.Ide;
using Doppel.Host;
using Doppel.Machine.Firmware;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// The parts of the machine and how they are joined: RAM with a hole for devices at 3 GiB, a board with the classic PC chips, an engine with its
/// virtual CPUs. No network and no SCSI yet. Everything made here is disposed here, in reverse.
/// </summary>
internal sealed class PcHardware : IDisposable
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const byte Coprocessor = 0x02;
    private const byte NoDisplayKeyboard = 0x04;

    /// <summary>Where the display adapter is on bus 0: device number times 8.</summary>
    public const byte DisplayFunction = 2 << 3;

    private readonly IEngineInstance _instance;

    private readonly PcDrives _drives;
    private readonly GuestRam? _videoRam;
    private readonly GuestRam? _videoRom;
    private Piix4Pm? _powerFunction;

    /// <summary>Joins the parts; <paramref name="ram"/> belongs to this object from now on.</summary>
    /// <param name="spec">The machine.</param>
    /// <param name="engine">Runs its processor.</param>
    /// <param name="model">What the processor is.</param>
    /// <param name="ram">Its memory.</param>
    /// <param name="media">Where its firmware is in; no firmware: the host starts a kernel.</param>
    public PcHardware(MachineSpec spec, ICpuEngine engine, CpuModel model, GuestRam ram, BootMedia? media = null)
    {
        Model = model;
        Map = new MemoryMap((ulong)spec.MemoryBytes);
        Ram = ram;
        try
        {
            _drives = new PcDrives(spec);
            _videoRam = spec.HasDisplay ? new GuestRam("video", StandardVga.UsualMemoryBytes) : null;
            _videoRom = spec.HasDisplay && media is { VideoRom.IsEmpty: false } ? StandardVga.NewRom(media.VideoRom.Span) : null;
            Space = new GuestPhysicalSpace();
            if (media is { Firmware.IsEmpty: false })
            {
                Firmware = new FirmwareHardware(Space, Ram, Map, media, spec.FirmwareVariables);
            }
            else
            {
                _ = Space.AddRam(new Gpa(0), Ram, 0, Map.LowBytes);
            }

            if (Map.HighBytes != 0)
            {
                _ = Space.AddRam(new Gpa(MemoryMap.HighStart), Ram, (long)MemoryMap.HoleStart, Map.HighBytes);
            }

            // The clock asks for the count only once the processors are in.
            IVcpu[] vcpus = new IVcpu[spec.Cpus];
            Time = !spec.Deterministic ? new MonotonicTime(() => HostClock.MonotonicNanoseconds)
                : vcpus.Length == 1 ? new InstructionTime(() => vcpus[0]?.RetiredInstructions ?? 0)
                : new SharedInstructionTime(() => VirtualProcessors.Sum(vcpus));
            Time.Pause();
            Board = new Board(Space, Time, Epoch(spec), NanosecondsPerSecond, vcpus.Length, Random(spec));
            AcpiPmOptions power = new() { IsFixed = Firmware is null };
            Acpi = new AcpiHardware
            {
                Processors = spec.Cpus,
                HasLocalApic = model.Has(CpuFeatures.Apic),
                HasIoApic = model.Has(CpuFeatures.Apic),
                HasPci = true,
                PowerPorts = power.FirstPort,
                PowerInterrupt = power.SciLine,
                EnableCommand = power.AcpiEnable,
                DisableCommand = power.AcpiDisable,
                SoftOffType = power.SoftOffType,
                Timer32Bits = power.Timer32Bits,
                HasVga = spec.HasDisplay,
                HasHpet = true,
                HasMouse = spec.HasDisplay,
                HasFloppy = _drives.HasFloppy,
                HasParallelPort = true,
                HasInterruptLinks = Firmware is not null,
                PciMemoryStart = Firmware is null ? (uint)MemoryMap.HoleStart : FirmwareHardware.PciMemoryStart(Map),
            };
            Serial = AddDevices(spec, model, power);
            _instance = engine.Create(Space);
            for (int i = 0; i < vcpus.Length; i++)
            {
                vcpus[i] = _instance.CreateVcpu(i, model, Board.Sockets[i]);
                Board.Sockets[i].Insert(vcpus[i]);
            }

            Cpus = new VirtualProcessors(Board, vcpus);
        }
        catch
        {
            _instance?.Dispose();
            Firmware?.Dispose();
            _videoRam?.Dispose();
            _videoRom?.Dispose();
            Ram.Dispose();
            throw;
        }
    }

    public CpuModel Model { get; }

    public MemoryMap Map { get; }

    public GuestRam Ram { get; }

    public GuestPhysicalSpace Space { get; }

    public TimeSource Time { get; }

    public Board Board { get; }

    public AcpiHardware Acpi { get; }

    /// <summary>The virtual CPUs.</summary>
    public VirtualProcessors Cpus { get; }

    public EngineCaps Caps => _instance.Caps;

    /// <summary>What belongs to firmware; null: the host starts a kernel itself.</summary>
    public FirmwareHardware? Firmware { get; }

    /// <summary>Power management.</summary>
    public AcpiPmPorts Power { get; private set; } = null!;

    /// <summary>The display adapter, or null.</summary>
    public IScreen? Screen { get; private set; }

    /// <summary>Drives whose medium can be changed.</summary>
    public IReadOnlyList<IRemovableDrive> Drives => _drives.Removable;

    /// <summary>All drives in the order of saved states, each with the medium that is in it now.</summary>
    public IEnumerable<DriveSpec> Media => _drives.Media;

    /// <summary>Those of <see cref="Media"/> whose changes are part of the machine's state.</summary>
    public IEnumerable<(DriveSpec Place, IOverlayMedium Medium)> Overlays
    {
        get
        {
            foreach (DriveSpec place in Media)
            {
                if (place.Medium is IOverlayMedium medium)
                {
                    yield return (place, medium);
                }
            }
        }
    }

    /// <summary>Keyboard, and mouse if there is something to see it move on.</summary>
    public I8042Ports Keyboard { get; private set; } = null!;

    /// <summary>The two serial ports.</summary>
    public Uart16550APorts[] Serial { get; }

    public void Dispose()
    {
        Cpus.Dispose();
        _instance.Dispose();
        Firmware?.Dispose();
        _videoRam?.Dispose();
        _videoRom?.Dispose();
        Ram.Dispose();
    }

    private static long Epoch(MachineSpec spec) => spec.EpochNanoseconds
        ?? (spec.Deterministic ? MachineSpec.DeterministicEpochNanoseconds : HostClock.UtcNanoseconds);

    private static RandomSource Random(MachineSpec spec)
    {
        if (spec.Seed is { } seed)
        {
            return new RandomSource(seed);
        }

        if (spec.Deterministic)
        {
            return new RandomSource(0);
        }

        Span<byte> entropy = stackalloc byte[32];
        Entropy.Fill(entropy);
        return new RandomSource(entropy);
    }

    private Uart16550APorts[] AddDevices(MachineSpec spec, CpuModel model, AcpiPmOptions power)
    {
        // Local APICs go in before the 8259 pair, whose output then leads to them.
        if (model.Has(CpuFeatures.Apic))
        {
            ApicBus bus = new();
            LocalApicOptions options = new()
            {
                HasX2Apic = model.Has(CpuFeatures.X2apic),
                HasTscDeadline = false, // no model announces it
                PhysicalAddressBits = model.PhysicalAddressBits,
                VirtualWireAtReset = true,
            };
            for (int i = 0; i < spec.Cpus; i++)
            {
                Board.AddLocalApic(new LocalApic(bus, (byte)i, options), i);
            }

            Board.AddIoApic(new IoApic(bus));
        }

        Board.AddPic(new Pic8259Pair());
        LegacyRoute legacy = new();
        Dma8237Pair dma = new();
        Board.Add(dma);
        Board.Add(new Pit8254Ports(legacy));
        Board.Add(new HpetBlock(legacy));
        (byte floppyTypes, byte floppyEquipment) = _drives.FloppyCmosBytes;
        Board.Add(new RtcMc146818Ports(new CmosOptions
        {
            MemoryBelow4GiB = Map.LowBytes,
            MemoryAbove4GiB = Map.HighBytes,
            Equipment = (byte)(NoDisplayKeyboard | (model.Has(CpuFeatures.Fpu) ? Coprocessor : 0) | floppyEquipment),
            Extra = CmosContents.Extra(spec, floppyTypes),
        }, legacy));
        Power = new AcpiPmPorts(power);
        Board.Add(Power);
        Keyboard = new I8042Ports(spec.HasDisplay);
        Board.Add(Keyboard);
        Board.Add(_drives.NewFloppyController(dma));
        AddPci();
        Board.Add(new SystemControlPortA());
        Board.Add(new ResetControlPort());
        Board.Add(new PostCodePorts());
        Board.Add(new DebugExit());
        Board.Add(new DebugConsole(OrNothing(spec.DebugConsole)));
        Board.Add(LptPorts.Lpt1(OrNothing(spec.Parallel0)));
        Uart16550APorts[] serial = [Uart16550APorts.Com1(OrNothing(spec.Serial0)), Uart16550APorts.Com2(OrNothing(spec.Serial1))];
        foreach (Uart16550APorts port in serial)
        {
            Board.Add(port);
        }

        Firmware?.AddDevices(Board, spec, Map, () => Acpi with { PowerPorts = _powerFunction?.PortsAt ?? Acpi.PowerPorts });

        return serial;
    }

    // The bus with its bridges. Without firmware, which would place it, power management stands at fixed ports outside PCI. Cards are added here, behind
    // the bridges: their order is that of the saved state.
    private void AddPci()
    {
        PciBus bus = new();
        HostBridge440Fx host = new(Firmware?.Shadow, Firmware is null ? 0 : FirmwareHardware.BridgeSubsystem);
        Piix3IsaBridge isa = new();
        Board.Add(bus);
        bus.Add(0, 0, host);
        bus.Add(1, 0, isa);
        Board.Add(host);
        Board.Add(isa);

        // A BIOS switches the IDE channels on; UEFI firmware for virtual boards takes them for granted, as kernels do that the host starts.
        Piix3Ide ide = _drives.NewIdeController(isDecodedAtReset: Firmware is not { Image.Kind: FirmwareKind.Bios });
        bus.Add(1, 1, ide);
        Board.Add(ide);
        if (_videoRam is not null)
        {
            StandardVga display = new(_videoRam, _videoRom);
            bus.Add(DisplayFunction >> 3, 0, display);
            Board.Add(display);
            Screen = new VgaScreen(display);
        }

        if (Firmware is not null)
        {
            _powerFunction = new Piix4Pm(Power, Power.SetManagementOnCommand);
            Board.ManagementChanged = host.SetManagementActive;
            bus.Add(1, 3, _powerFunction);
            Board.Add(_powerFunction);
        }
    }

    private static ICharacterBackend OrNothing(ICharacterBackend? backend) => backend ?? NullCharacter.Instance;
}
