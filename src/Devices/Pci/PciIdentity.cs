namespace Doppel.Devices.Pci;

/// <summary>What a function says it is.</summary>
/// <param name="VendorId">Vendor, as assigned by PCI-SIG.</param>
/// <param name="DeviceId">Device, as assigned by the vendor.</param>
/// <param name="ClassCode">24 bits: base class, subclass, programming interface.</param>
/// <param name="Revision">Revision.</param>
public readonly record struct PciIdentity(ushort VendorId, ushort DeviceId, uint ClassCode, byte Revision = 0)
{
    /// <summary>Subsystem vendor; 0 for none.</summary>
    public ushort SubsystemVendorId { get; init; }

    /// <summary>Subsystem; 0 for none.</summary>
    public ushort SubsystemId { get; init; }

    /// <summary>Interrupt pin: 0 none, 1 INTA to 4 INTD.</summary>
    public byte InterruptPin { get; init; }
}
