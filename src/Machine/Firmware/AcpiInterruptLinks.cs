using System.Collections.Generic;
using static Doppel.Machine.Firmware.Aml;
using static Doppel.Machine.Firmware.AmlResources;
using static Doppel.Machine.Firmware.AmlTerms;

namespace Doppel.Machine.Firmware;

/// <summary>
/// The PCI interrupt wires as ACPI link devices (ACPI 6.4 section 6.2.13): the PIIX3 routes each of four to an ISA line, which is an input of the I/O
/// APIC too. INTA of device n is wired to PIRQ n - 1, and so on in turn.
/// </summary>
internal static class AcpiInterruptLinks
{
    private const string Bridge = "ISA";
    private const string Region = "PIRR";
    private const byte FirstRoute = 0x60;
    private const byte NotRouted = 0x80;
    private const byte LineMask = 0x0F;
    private const byte LineInDescriptor = 5;
    private const byte PresentDisabled = 0x9;
    private const byte PresentEnabled = 0xB;
    private const int Slots = 32;
    private const int Wires = 4;

    /// <summary>ISA lines that an operating system may choose.</summary>
    public static byte[] Lines { get; } = [5, 10, 11];

    /// <summary>The bridge at 01.0 with its four links.</summary>
    public static byte[] BridgeDevice()
    {
        List<byte[]> terms =
        [
            Name("_ADR", Integer(0x0001_0000)),
            PciConfigRegion(Region, FirstRoute, Wires),
            ByteFields(Region, Route(0), Route(1), Route(2), Route(3)),
        ];
        for (int wire = 0; wire < Wires; wire++)
        {
            terms.Add(Link(wire));
        }

        return Device(Bridge, [.. terms]);
    }

    /// <summary>_PRT: which link each pin of each device leads to.</summary>
    public static byte[] Routing()
    {
        List<byte[]> entries = [];
        for (uint slot = 0; slot < Slots; slot++)
        {
            for (uint pin = 0; pin < Wires; pin++)
            {
                entries.Add(Package(Integer((slot << 16) | 0xFFFF), Integer(pin), Reference($"\\_SB.PCI0.{Bridge}.{LinkName((int)((slot + pin + 3) % Wires))}"), Integer(0)));
            }
        }

        return Name("_PRT", Package([.. entries]));
    }

    private static string LinkName(int wire) => "LNK" + (char)('A' + wire);

    private static string Route(int wire) => "PRQ" + (char)('A' + wire);

    private static byte[] Link(int wire)
    {
        byte[] route = Reference(Route(wire));
        return Device(
            LinkName(wire),
            HardwareId("PNP0C0F"),
            Name("_UID", Integer((uint)wire + 1)),
            Name("_PRS", Template(LevelInterrupts(Lines))),
            Name("CURR", Template(LevelInterrupts(0))),
            SerialMethod("_STA", 0, If(And(route, Integer(NotRouted)), Return(Integer(PresentDisabled))), Return(Integer(PresentEnabled))),
            SerialMethod("_DIS", 0, Or(route, Integer(NotRouted), route)),
            SerialMethod("_CRS", 0, DwordField(Reference("CURR"), LineInDescriptor, "LINE"), Store(And(route, Integer(LineMask)), Reference("LINE")), Return(Reference("CURR"))),
            SerialMethod("_SRS", 1, DwordField(FirstArgument, LineInDescriptor, "LINE"), Store(Reference("LINE"), route)));
    }
}
