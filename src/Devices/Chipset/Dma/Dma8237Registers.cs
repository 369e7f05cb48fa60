namespace Doppel.Devices.Chipset.Dma;

/// <summary>Register offsets and bit fields (Intel 8237A datasheet 231466, "Register Description" and figures 5 to 7).</summary>
internal static class Dma8237Registers
{
    /// <summary>First register that belongs to the chip as a whole; below it each channel has its address (even) and its count (odd).</summary>
    public const uint FirstShared = 8;

    /// <summary>Status (read), command (write).</summary>
    public const uint StatusCommand = 8;

    /// <summary>Request register.</summary>
    public const uint Request = 9;

    /// <summary>Sets or clears the mask bit of one channel.</summary>
    public const uint SingleMask = 10;

    /// <summary>Mode register of the channel in bits 1:0.</summary>
    public const uint Mode = 11;

    /// <summary>Clears the byte pointer flip-flop.</summary>
    public const uint ClearFlipFlop = 12;

    /// <summary>Temporary register (read), master clear (write).</summary>
    public const uint MasterClear = 13;

    /// <summary>Clears all mask bits.</summary>
    public const uint ClearMask = 14;

    /// <summary>All mask bits; readable as in the PIIX3.</summary>
    public const uint AllMask = 15;

    /// <summary>Command: the controller is disabled.</summary>
    public const byte CommandDisable = 0x04;

    /// <summary>Single mask and request registers: set rather than clear.</summary>
    public const byte SetBit = 0x04;

    /// <summary>Mode: the address counts down.</summary>
    public const byte ModeDecrement = 0x20;

    /// <summary>Mode: address and count are loaded anew at terminal count.</summary>
    public const byte ModeAutoInitialize = 0x10;

    /// <summary>Mode: transfer type field.</summary>
    public const byte ModeTransfer = 0x0C;

    /// <summary>Transfer type: nothing moves, the count runs.</summary>
    public const byte TransferVerify = 0x00;

    /// <summary>Transfer type: from the device into memory.</summary>
    public const byte TransferWrite = 0x04;

    /// <summary>Transfer type: from memory to the device.</summary>
    public const byte TransferRead = 0x08;

    /// <summary>Mode: bits 7:6 both set mean cascade.</summary>
    public const byte ModeCascade = 0xC0;
}
