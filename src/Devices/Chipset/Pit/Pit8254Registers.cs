namespace Doppel.Devices.Chipset.Pit;

/// <summary>Register offsets and bit fields (Intel 82C54 datasheet 231244, "Programming the 82C54"; port B: IBM AT technical reference).</summary>
internal static class Pit8254Registers
{
    /// <summary>Offset of the control word register; counters are at 0, 1, 2.</summary>
    public const uint Control = 3;

    /// <summary>Control word: SC field that means read-back command.</summary>
    public const int SelectReadBack = 3;

    /// <summary>RW field: counter latch command.</summary>
    public const int AccessLatch = 0;

    /// <summary>RW field: least significant byte only.</summary>
    public const int AccessLow = 1;

    /// <summary>RW field: most significant byte only.</summary>
    public const int AccessHigh = 2;

    /// <summary>RW field: low byte, then high byte.</summary>
    public const int AccessBoth = 3;

    /// <summary>Read-back command, active low: latch the count.</summary>
    public const byte ReadBackNoCount = 0x20;

    /// <summary>Read-back command, active low: latch the status.</summary>
    public const byte ReadBackNoStatus = 0x10;

    /// <summary>Status byte: level of OUT.</summary>
    public const byte StatusOut = 0x80;

    /// <summary>Status byte: the count register has not reached the counting element yet.</summary>
    public const byte StatusNullCount = 0x40;

    /// <summary>Port B: gate of counter 2.</summary>
    public const byte PortBGate2 = 0x01;

    /// <summary>Port B: bits that a guest can set (gate, speaker data, parity and channel check enables).</summary>
    public const byte PortBWritable = 0x0F;

    /// <summary>Port B: toggles with every memory refresh request.</summary>
    public const byte PortBRefresh = 0x10;

    /// <summary>Port B: OUT of counter 2.</summary>
    public const byte PortBOut2 = 0x20;

    /// <summary>Time between two refresh requests: 18 periods of 1.193182 MHz, in nanoseconds.</summary>
    public const long RefreshNanoseconds = 15_085;
}
