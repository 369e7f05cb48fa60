namespace Doppel.Devices.Chipset.AcpiPm;

/// <summary>Values that the machine's ACPI tables state too; both must agree.</summary>
public sealed record AcpiPmOptions
{
    /// <summary>
    /// First port: PM1a event block at +0 (4 bytes), PM1a control block at +4 (2 bytes), PM timer at +8 (4 bytes), GPE0 block at +0x20
    /// (4 bytes: 16 events).
    /// </summary>
    public ushort FirstPort { get; init; } = 0x600;

    /// <summary>Whether the ports are claimed at <see cref="FirstPort"/>; false: a PCI function shows them where the guest wants.</summary>
    public bool IsFixed { get; init; } = true;

    /// <summary>ISA line of the system control interrupt.</summary>
    public int SciLine { get; init; } = 9;

    /// <summary>Value written to SMI_CMD (port 0xB2) that switches ACPI mode on.</summary>
    public byte AcpiEnable { get; init; } = 0xF1;

    /// <summary>Value written to SMI_CMD that switches ACPI mode off.</summary>
    public byte AcpiDisable { get; init; } = 0xF0;

    /// <summary>Whether ACPI mode is on after reset, for tables that name no SMI_CMD.</summary>
    public bool EnabledAtReset { get; init; }

    /// <summary>SLP_TYP of the soft-off state, as in the \_S5 package; 0 to 7.</summary>
    public byte SoftOffType { get; init; } = 5;

    /// <summary>Whether the PM timer has 32 bits (the tables' TMR_VAL_EXT) instead of 24.</summary>
    public bool Timer32Bits { get; init; } = true;
}
