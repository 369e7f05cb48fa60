using System.Collections.Generic;
using static Doppel.Machine.Firmware.Aml;
using static Doppel.Machine.Firmware.AmlResources;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The differentiated definition block: soft-off, processors, the devices that do not announce themselves, and the wires of PCI interrupts.
/// </summary>
internal static class AcpiNamespace
{
    private const uint ConfigAddressPort = 0xCF8;
    private const string GenerationName = "VGEN";
    private const byte StatusChanged = 0x80;

    /// <summary>The block's AML, without table header.</summary>
    public static byte[] Build(AcpiHardware hardware)
    {
        byte[] off = Integer(hardware.SoftOffType);
        List<byte[]> system = [];
        for (int i = 0; i < hardware.Processors; i++)
        {
            system.Add(Device($"C{i:X3}", Name("_HID", Text("ACPI0007")), Name("_UID", Integer((uint)i))));
        }

        byte[] legacy = Join([.. LegacyDevices(hardware)]);
        system.Add(hardware.HasPci ? PciBus(hardware, legacy) : legacy);
        byte[] events = [];
        if (hardware.GenerationAddress != 0)
        {
            system.Add(GenerationCounter(hardware.GenerationAddress));
            events = Scope("\\_GPE", Method("_E00", Notify("_SB", GenerationName, StatusChanged)));
        }

        return Join(
            Name("\\_S5", Package(off, off, Integer(0), Integer(0))),
            Scope("\\_SB", [.. system]),
            events);
    }

    // "Virtual Machine Generation ID" (Microsoft, 2012): where the identity stands; general-purpose event 0 says that it is another one now.
    private static byte[] GenerationCounter(uint address) => Device(
        GenerationName,
        Name("_HID", Text("DOPL0001")),
        Name("_CID", Package(Text("VM_Gen_Counter"), Text("VMGENCTR"))),
        Name("_DDN", Text("VM_Gen_Counter")),
        Name("ADDR", Package(Integer(address), Integer(0))));

    private static byte[] PciBus(AcpiHardware hardware, byte[] children) => Device(
        "PCI0",
        HardwareId("PNP0A03"),
        Name("_ADR", Integer(0)),
        Name("_UID", Integer(0)),
        hardware.HasInterruptLinks ? AcpiInterruptLinks.Routing() : Name("_PRT", Package()),
        Name("_CRS", Template(
            BusNumbers(0, 0xFF),
            Ports((ushort)ConfigAddressPort, 8),
            PortWindow(0x0000, 0x0CF7),
            PortWindow(0x0D00, 0xFFFF),
            MemoryWindow(0x000A_0000, 0x000B_FFFF),
            MemoryWindow(hardware.PciMemoryStart, 0xFEBF_FFFF))),
        hardware.HasInterruptLinks ? AcpiInterruptLinks.BridgeDevice() : [],
        children);

    private static IEnumerable<byte[]> LegacyDevices(AcpiHardware hardware)
    {
        yield return Legacy("PIC", "PNP0000", Ports(0x20, 2), Ports(0xA0, 2), Ports(0x4D0, 2), Irq(2));
        yield return Legacy("TIMR", "PNP0100", Ports(0x40, 4), Irq(0));
        yield return Legacy("RTC", "PNP0B00", Ports(0x70, 2), Irq(8));
        yield return Legacy("KBD", "PNP0303", Ports(0x60, 1), Ports(0x64, 1), Irq(1));
        if (hardware.HasMouse)
        {
            yield return Legacy("MOU", "PNP0F13", Irq(12));
        }

        if (hardware.HasFloppy)
        {
            yield return Legacy("FDC0", "PNP0700", Ports(0x3F2, 4), Ports(0x3F7, 1), Irq(6), Dma(2));
        }

        if (hardware.HasParallelPort)
        {
            yield return Legacy("LPT1", "PNP0400", Ports(0x378, 8), Irq(7));
        }

        if (hardware.HasHpet)
        {
            yield return Legacy("HPET", "PNP0103", FixedMemory(0xFED0_0000, 0x400));
        }

        if (hardware.SerialPorts > 0)
        {
            yield return Serial("COM1", 1, 0x3F8, 4);
        }

        if (hardware.SerialPorts > 1)
        {
            yield return Serial("COM2", 2, 0x2F8, 3);
        }
    }

    private static byte[] Legacy(string name, string id, params byte[][] resources) =>
        Device(name, HardwareId(id), Name("_CRS", Template(resources)));

    private static byte[] Serial(string name, uint number, ushort port, int line) =>
        Device(name, HardwareId("PNP0501"), Name("_UID", Integer(number)), Name("_STA", Integer(0xF)), Name("_CRS", Template(Ports(port, 8), Irq(line))));
}
