using System;
using Doppel.Backends;
using Doppel.Backends.Character;
using Doppel.Cpu;
using Doppel.Devices.Chipset.AcpiPm;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Chipset.Pic;
using Doppel.Devices.Chipset.Pit;
using Doppel.Devices.Chipset.Ports;
using Doppel.Devices.Chipset.Rtc;
using Doppel.Devices.Input.Keyboard;
using Doppel.Devices.Pci;
using Doppel.Devices.Serial.Uart;
using Doppel.Host;
using Doppel.Machine.Firmware;
using Doppel.Memory;
using Doppel.Motherboard;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>
/// The parts of the machine and how they are joined: RAM with a hole for devices at 3 GiB, a board with the classic PC chips, an engine with its
/// virtual CPUs. No display, disk, network or PCI cards. Everything made here is disposed here, in reverse.
/// </summary>
internal sealed class PcHardware : IDisposable
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const byte Coprocessor = 0x02;
    private const byte NoDisplayKeyboard = 0x04;

    private readonly IEngineInstance _instance;

    /// <summary>Joins the parts; <paramref name="ram"/> belongs to this object from now on.</summary>
    public PcHardware(MachineSpec spec, ICpuEngine engine, CpuModel model, GuestRam ram)
    {
        Model = model;
        Map = new MemoryMap((ulong)spec.MemoryBytes);
        Ram = ram;
        try
        {
            Space = new GuestPhysicalSpace();
            _ = Space.AddRam(new Gpa(0), Ram, 0, Map.LowBytes);
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
            AcpiPmOptions power = new();
            Serial = AddDevices(spec, model, power);
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
            };
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

    /// <summary>Power management.</summary>
    public AcpiPmPorts Power { get; private set; } = null!;

    /// <summary>The two serial ports.</summary>
    public Uart16550APorts[] Serial { get; }

    public void Dispose()
    {
        Cpus.Dispose();
        _instance.Dispose();
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
        Board.Add(new Pit8254Ports());
        Board.Add(new RtcMc146818Ports(new CmosOptions
        {
            MemoryBelow4GiB = Map.LowBytes,
            MemoryAbove4GiB = Map.HighBytes,
            Equipment = (byte)(NoDisplayKeyboard | (model.Has(CpuFeatures.Fpu) ? Coprocessor : 0)),
        }));
        Power = new AcpiPmPorts(power);
        Board.Add(Power);
        Board.Add(new I8042Ports(hasMouse: false));
        AddPci();
        Board.Add(new SystemControlPortA());
        Board.Add(new ResetControlPort());
        Board.Add(new PostCodePorts());
        Board.Add(new DebugExit());
        Board.Add(new DebugConsole(OrNothing(spec.DebugConsole)));
        Uart16550APorts[] serial = [Uart16550APorts.Com1(OrNothing(spec.Serial0)), Uart16550APorts.Com2(OrNothing(spec.Serial1))];
        foreach (Uart16550APorts port in serial)
        {
            Board.Add(port);
        }

        return serial;
    }

    // The bus with its bridges; no cards yet. Power management stands at fixed ports, outside PCI.
    private void AddPci()
    {
        PciBus bus = new();
        HostBridge440Fx host = new();
        Piix3IsaBridge isa = new();
        Board.Add(bus);
        bus.Add(0, 0, host);
        bus.Add(1, 0, isa);
        Board.Add(host);
        Board.Add(isa);
    }

    private static ICharacterBackend OrNothing(ICharacterBackend? backend) => backend ?? NullCharacter.Instance;
}
