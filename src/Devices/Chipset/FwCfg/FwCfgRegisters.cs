namespace Doppel.Devices.Chipset.FwCfg;

/// <summary>Keys of the items that are not files (QEMU documentation, "QEMU Firmware Configuration (fw_cfg) Device").</summary>
public static class FwCfgKeys
{
    /// <summary>"QEMU": the mark by which the device is known.</summary>
    public const ushort Signature = 0x0000;

    /// <summary>Bit 0: the ports of old; bit 1: DMA.</summary>
    public const ushort Features = 0x0001;

    /// <summary>UUID of the machine, 16 bytes.</summary>
    public const ushort Uuid = 0x0002;

    /// <summary>RAM in bytes, 64 bits.</summary>
    public const ushort RamBytes = 0x0003;

    /// <summary>1: there is no display; 16 bits.</summary>
    public const ushort NoDisplay = 0x0004;

    /// <summary>Processors at power-on, 16 bits.</summary>
    public const ushort Processors = 0x0005;

    /// <summary>1: a boot menu is offered; 16 bits.</summary>
    public const ushort BootMenu = 0x000E;

    /// <summary>Most processors that there may be, as a bound of APIC ids; 16 bits.</summary>
    public const ushort MaxProcessors = 0x000F;

    /// <summary>The directory of files.</summary>
    public const ushort Directory = 0x0019;

    /// <summary>Key of the first file.</summary>
    public const ushort FirstFile = 0x0020;
}

/// <summary>Ports and bits.</summary>
internal static class FwCfgRegisters
{
    public const ushort FirstPort = 0x510;
    public const ushort DmaPort = 0x514;
    public const uint DataOffset = 1;

    // "QEMU CFG" in the order of the ports.
    public const ulong DmaSignature = 0x4746_4320_554D_4551;
    public const int DmaCommandBytes = 16;
    public const uint DmaError = 1 << 0;
    public const uint DmaRead = 1 << 1;
    public const uint DmaSkip = 1 << 2;
    public const uint DmaSelect = 1 << 3;
    public const uint DmaWrite = 1 << 4;

    // Bit 14 was the write direction, bit 15 chooses items of the architecture, of which there are none.
    public const ushort KeyBits = 0xBFFF;
}
