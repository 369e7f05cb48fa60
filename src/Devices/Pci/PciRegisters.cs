namespace Doppel.Devices.Pci;

/// <summary>Offsets and bits of the type 0 configuration header (PCI local bus specification 3.0 section 6.1).</summary>
internal static class PciRegister
{
    public const int VendorId = 0x00;
    public const int DeviceId = 0x02;
    public const int Command = 0x04;
    public const int Status = 0x06;
    public const int Revision = 0x08;
    public const int ClassCode = 0x09;
    public const int HeaderType = 0x0E;
    public const int FirstBar = 0x10;
    public const int SubsystemVendorId = 0x2C;
    public const int SubsystemId = 0x2E;
    public const int ExpansionRom = 0x30;
    public const int InterruptLine = 0x3C;
    public const int InterruptPin = 0x3D;
}

/// <summary>Bits of the command register.</summary>
internal static class PciCommand
{
    public const ushort Io = 1 << 0;
    public const ushort Memory = 1 << 1;
    public const ushort BusMaster = 1 << 2;
    public const ushort InterruptDisable = 1 << 10;
}

/// <summary>Bits of the status register.</summary>
internal static class PciStatus
{
    public const byte Interrupt = 1 << 3;
}
