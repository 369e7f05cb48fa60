namespace Doppel.Devices.Chipset.Pic;

/// <summary>Command words (Intel 8259A datasheet 231468, "Programming the 8259A"; ELCR: Intel 82371AB datasheet 4.2.6).</summary>
internal static class Pic8259Registers
{
    /// <summary>Offset of the command port (A0 = 0); the data port is at 1.</summary>
    public const uint Command = 0;

    /// <summary>Bit that tells ICW1 from OCW2 and OCW3.</summary>
    public const byte Icw1Mark = 0x10;

    /// <summary>ICW1: an ICW4 follows.</summary>
    public const byte Icw1NeedsIcw4 = 0x01;

    /// <summary>ICW1: no cascade, so no ICW3.</summary>
    public const byte Icw1Single = 0x02;

    /// <summary>ICW1: all inputs level-triggered.</summary>
    public const byte Icw1Level = 0x08;

    /// <summary>ICW4: automatic end of interrupt.</summary>
    public const byte Icw4AutoEoi = 0x02;

    /// <summary>ICW4: special fully nested mode.</summary>
    public const byte Icw4FullyNested = 0x10;

    /// <summary>Bit that tells OCW3 from OCW2.</summary>
    public const byte Ocw3Mark = 0x08;

    /// <summary>OCW3: next read polls.</summary>
    public const byte Ocw3Poll = 0x04;

    /// <summary>OCW3: bit 0 selects the register to read.</summary>
    public const byte Ocw3ReadSelect = 0x02;

    /// <summary>OCW3: bit 5 sets or clears special mask mode.</summary>
    public const byte Ocw3MaskSelect = 0x40;

    /// <summary>Answer to a poll: an interrupt was pending.</summary>
    public const byte PollPending = 0x80;

    /// <summary>The level that answers when no request can be found.</summary>
    public const int SpuriousLevel = 7;

    /// <summary>Inputs of the master that can be level-triggered: not 0, 1, 2.</summary>
    public const byte ElcrMasterWritable = 0xF8;

    /// <summary>Inputs of the slave that can be level-triggered: not 8 and 13.</summary>
    public const byte ElcrSlaveWritable = 0xDE;
}
