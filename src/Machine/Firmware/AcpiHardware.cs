namespace Doppel.Machine.Firmware;

/// <summary>What the ACPI tables say of the machine; it must agree with the devices on the board.</summary>
public sealed record AcpiHardware
{
    /// <summary>Number of processors, 1 to 255; their local APIC ids count from 0.</summary>
    public int Processors { get; init; } = 1;

    /// <summary>Whether processors have local APICs at FEE0_0000. Without, there is no MADT.</summary>
    public bool HasLocalApic { get; init; }

    /// <summary>Whether there is an I/O APIC at FEC0_0000 for interrupts 0 to 23; needs <see cref="HasLocalApic"/>.</summary>
    public bool HasIoApic { get; init; }

    /// <summary>Whether there is a PCI bus 0 behind ports 0xCF8 and 0xCFC.</summary>
    public bool HasPci { get; init; }

    /// <summary>Whether the keyboard controller has a mouse on interrupt 12.</summary>
    public bool HasMouse { get; init; }

    /// <summary>Whether there is a VGA-compatible display.</summary>
    public bool HasVga { get; init; }

    /// <summary>Number of serial ports, 0 to 2.</summary>
    public int SerialPorts { get; init; } = 2;

    /// <summary>First port of the power-management blocks: events at +0, control at +4, timer at +8, general-purpose events at +0x20.</summary>
    public ushort PowerPorts { get; init; } = 0x600;

    /// <summary>Interrupt of the power management, level-triggered and active high.</summary>
    public int PowerInterrupt { get; init; } = 9;

    /// <summary>Port that takes <see cref="EnableCommand"/> and <see cref="DisableCommand"/>.</summary>
    public ushort CommandPort { get; init; } = 0xB2;

    /// <summary>Byte that switches ACPI mode on.</summary>
    public byte EnableCommand { get; init; } = 0xF1;

    /// <summary>Byte that switches ACPI mode off.</summary>
    public byte DisableCommand { get; init; } = 0xF0;

    /// <summary>Sleep type of the soft-off state, 0 to 7.</summary>
    public byte SoftOffType { get; init; } = 5;

    /// <summary>Whether the power-management timer has 32 bits instead of 24.</summary>
    public bool Timer32Bits { get; init; } = true;

    /// <summary>
    /// Whether the PCI interrupt wires are routed by the PIIX3 at 01.0 (configuration bytes 0x60 to 0x63), as link devices; else no PCI function has
    /// an interrupt. Needs <see cref="HasPci"/>.
    /// </summary>
    public bool HasInterruptLinks { get; init; }

    /// <summary>Whether there is a high-precision event timer at FED0_0000.</summary>
    public bool HasHpet { get; init; }

    /// <summary>Whether there is a floppy controller at 0x3F0 with its drives.</summary>
    public bool HasFloppy { get; init; }

    /// <summary>Whether there is a parallel port at 0x378.</summary>
    public bool HasParallelPort { get; init; }

    /// <summary>First address that a PCI function's memory may have; it ends at FEBF_FFFF.</summary>
    public uint PciMemoryStart { get; init; } = (uint)MemoryMap.HoleStart;

    /// <summary>Where the 16 bytes of the generation identity stand, a multiple of 8; 0: there is none.</summary>
    public uint GenerationAddress { get; init; }
}
