namespace Doppel.Devices.Chipset.Flash;

/// <summary>Commands and status bits of the Intel basic command set (Intel 28F640J3 datasheet, tables 12 and 15; JEDEC JEP137 set 0001h).</summary>
internal static class FlashCommands
{
    public const byte ReadArray = 0xFF;
    public const byte ReadArrayToo = 0x00;
    public const byte ReadIdentity = 0x90;
    public const byte ReadQuery = 0x98;
    public const byte ReadStatus = 0x70;
    public const byte ClearStatus = 0x50;
    public const byte Program = 0x10;
    public const byte ProgramToo = 0x40;
    public const byte Erase = 0x20;
    public const byte Confirm = 0xD0;

    public const byte Ready = 0x80;
    public const byte EraseFailed = 0x20;
    public const byte ProgramFailed = 0x10;

    public const byte Manufacturer = 0x89;
    public const byte DeviceCode = 0x18;
}

/// <summary>What a read of the chip gives.</summary>
internal enum FlashMode
{
    /// <summary>Its contents.</summary>
    Array = 0,

    /// <summary>The status register.</summary>
    Status = 1,

    /// <summary>Manufacturer and device code.</summary>
    Identity = 2,

    /// <summary>The CFI table.</summary>
    Query = 3,
}
