namespace Doppel.Devices.Storage.Ide.Ata;

/// <summary>How a command moves sectors.</summary>
internal enum AtaMove
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>The guest reads the data port.</summary>
    PioIn = 1,

    /// <summary>The guest writes the data port.</summary>
    PioOut = 2,

    /// <summary>DMA into memory.</summary>
    DmaIn = 3,

    /// <summary>DMA from memory.</summary>
    DmaOut = 4,

    /// <summary>Only checks that they are there.</summary>
    Verify = 5,
}

/// <summary>What a command with an address does.</summary>
/// <param name="Move">How.</param>
/// <param name="IsExt">Whether address and count have 48 and 16 bits.</param>
/// <param name="IsMultiple">Whether a block has as many sectors as SET MULTIPLE MODE said.</param>
internal readonly record struct AtaTransfer(AtaMove Move, bool IsExt, bool IsMultiple);

/// <summary>Command codes of disks (ATA/ATAPI-6, clause 8, and the retired ones that firmware and old systems still send).</summary>
internal static class AtaOpcode
{
    public const byte ReadNativeMaxExt = 0x27;
    public const byte InitializeParameters = 0x91;
    public const byte SetMultiple = 0xC6;
    public const byte FlushCache = 0xE7;
    public const byte FlushCacheExt = 0xEA;
    public const byte ReadNativeMax = 0xF8;

    /// <summary>RECALIBRATE: 10 to 1F.</summary>
    public static bool IsRecalibrate(byte command) => (command & 0xF0) == 0x10;

    /// <summary>SEEK: 70 to 7F.</summary>
    public static bool IsSeek(byte command) => (command & 0xF0) == 0x70;

    /// <summary>How a command moves sectors.</summary>
    public static AtaTransfer TransferOf(byte command) => command switch
    {
        0x20 or 0x21 => new(AtaMove.PioIn, false, false),
        0x24 => new(AtaMove.PioIn, true, false),
        0xC4 => new(AtaMove.PioIn, false, true),
        0x29 => new(AtaMove.PioIn, true, true),
        0x30 or 0x31 or 0x3C => new(AtaMove.PioOut, false, false),
        0x34 => new(AtaMove.PioOut, true, false),
        0xC5 => new(AtaMove.PioOut, false, true),
        0x39 => new(AtaMove.PioOut, true, true),
        0xC8 or 0xC9 => new(AtaMove.DmaIn, false, false),
        0x25 => new(AtaMove.DmaIn, true, false),
        0xCA or 0xCB => new(AtaMove.DmaOut, false, false),
        0x35 => new(AtaMove.DmaOut, true, false),
        0x40 or 0x41 => new(AtaMove.Verify, false, false),
        0x42 => new(AtaMove.Verify, true, false),
        _ => default,
    };
}
