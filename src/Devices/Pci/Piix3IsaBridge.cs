using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>
/// The PCI-to-ISA bridge function of the PIIX3, 8086:7000 (datasheet order number 290550): PIRQ route control at 0x60-0x63 (2.3.9). Each of
/// the four PCI interrupt wires drives the ISA line it is routed to, and line 16 to 19 of the I/O APIC, as boards with an I/O
/// APIC wire them. The other registers keep what is written and do nothing.
/// </summary>
public sealed class Piix3IsaBridge : PciFunction, IPirqRouter
{
    private const int FirstRoute = 0x60;
    private const int PirqCount = 4;
    private const int FirstApicLine = 16;
    private const byte NotRouted = 0x80;

    // Lines 0, 1, 2, 8 and 13 belong to system devices and cannot be chosen.
    private const int RoutableLines = 0b1101_1110_1111_1000;

    private readonly IInterruptLine?[,] _lines = new IInterruptLine?[PirqCount, 16];
    private readonly IInterruptLine?[] _apicLines = new IInterruptLine?[PirqCount];
    private readonly bool[] _high = new bool[PirqCount];

    /// <summary>The bridge, function 0 of a device with several.</summary>
    public Piix3IsaBridge()
        : base("isa-bridge", new PciIdentity(0x8086, 0x7000, 0x06_01_00), isMultiFunction: true)
    {
        Config.Define(0x04, AccessSize.Word, 0x0007, 0x0008);
        Config.Define(0x06, AccessSize.Word, 0x0200);
        Config.Define(0x4C, AccessSize.Byte, 0x4D, 0x7F);
        Config.Define(0x4E, AccessSize.Word, 0x0003, 0x07FF);
        for (int i = 0; i < PirqCount; i++)
        {
            Config.Define(FirstRoute + i, AccessSize.Byte, NotRouted, 0x8F);
        }

        Config.Define(0x69, AccessSize.Byte, 0x02, 0xFE);
        Config.Define(0x82, AccessSize.Byte, 0x00, 0x0F);
    }

    /// <inheritdoc/>
    public void SetPirq(int pirq, bool high)
    {
        if ((uint)pirq < PirqCount)
        {
            _high[pirq] = high;
            Drive(pirq);
        }
    }

    /// <inheritdoc/>
    protected override void ConnectDevice(IDeviceSlot slot)
    {
        for (int pirq = 0; pirq < PirqCount; pirq++)
        {
            _apicLines[pirq] = slot.Line(FirstApicLine + pirq);
            for (int line = 0; line < 16; line++)
            {
                _lines[pirq, line] = (RoutableLines >> line & 1) != 0 ? slot.Line(line) : null;
            }
        }
    }

    /// <inheritdoc/>
    protected override void ResetDevice(ResetKind kind) => DriveAll();

    /// <inheritdoc/>
    protected override void RestoreDevice(IStateReader from) => DriveAll();

    /// <inheritdoc/>
    protected override void ConfigWritten(int offset, int length)
    {
        if (offset < FirstRoute + PirqCount && offset + length > FirstRoute)
        {
            DriveAll();
        }
    }

    private void DriveAll()
    {
        for (int pirq = 0; pirq < PirqCount; pirq++)
        {
            Drive(pirq);
        }
    }

    private void Drive(int pirq)
    {
        byte route = Config[FirstRoute + pirq];
        for (int line = 0; line < 16; line++)
        {
            _lines[pirq, line]?.Set(_high[pirq] && route == line);
        }

        _apicLines[pirq]?.Set(_high[pirq]);
    }
}
