namespace Doppel.Devices.Parallel.Lpt;

/// <summary>Register offsets and bit fields of the standard parallel port (IBM PC technical reference, "Parallel Printer Adapter"; IEEE 1284 compatibility mode).</summary>
internal static class LptRegisters
{
    /// <summary>Data lines.</summary>
    public const uint Data = 0;

    /// <summary>Status lines, read only.</summary>
    public const uint Status = 1;

    /// <summary>Control lines.</summary>
    public const uint Control = 2;

    /// <summary>Status: not busy (the line is inverted).</summary>
    public const byte StatusReady = 0x80;

    /// <summary>Status: nACK is high, that is idle.</summary>
    public const byte StatusAckIdle = 0x40;

    /// <summary>Status: selected, no error; open low bits read as ones.</summary>
    public const byte StatusOnline = 0x18 | 0x07;

    /// <summary>Control: strobe, asserted.</summary>
    public const byte Strobe = 0x01;

    /// <summary>Control: nINIT is high; low resets the printer.</summary>
    public const byte NotInit = 0x04;

    /// <summary>Control: the acknowledge interrupts.</summary>
    public const byte InterruptEnable = 0x10;

    /// <summary>Control: bits that keep what is written.</summary>
    public const byte ControlWritable = 0x1F;

    /// <summary>Control: bits that are not there.</summary>
    public const byte ControlOpen = 0xE0;
}
