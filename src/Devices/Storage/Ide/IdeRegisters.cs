namespace Doppel.Devices.Storage.Ide;

/// <summary>Registers of the command block, by offset (ATA/ATAPI-6, T13 1410D, clause 7).</summary>
internal static class IdeRegister
{
    public const int Data = 0;

    /// <summary>Error (read), Features (write).</summary>
    public const int Error = 1;

    /// <summary>Sector Count; of a packet device the Interrupt Reason.</summary>
    public const int Count = 2;
    public const int Low = 3;

    /// <summary>LBA Mid; of a packet device the low byte count.</summary>
    public const int Mid = 4;

    /// <summary>LBA High; of a packet device the high byte count.</summary>
    public const int High = 5;
    public const int Device = 6;

    /// <summary>Status (read), Command (write).</summary>
    public const int Status = 7;
}

/// <summary>Bits of the Status register (7.15).</summary>
internal static class IdeStatus
{
    /// <summary>ERR; of a packet device CHK.</summary>
    public const byte Error = 0x01;

    /// <summary>DRQ: data waits or is waited for.</summary>
    public const byte DataRequest = 0x08;

    /// <summary>DSC: the seek is complete.</summary>
    public const byte SeekComplete = 0x10;

    /// <summary>DF: the device failed.</summary>
    public const byte Fault = 0x20;

    /// <summary>DRDY.</summary>
    public const byte Ready = 0x40;

    /// <summary>BSY.</summary>
    public const byte Busy = 0x80;

    /// <summary>At rest.</summary>
    public const byte Idle = Ready | SeekComplete;
}

/// <summary>Bits of the Error register (7.9).</summary>
internal static class IdeError
{
    /// <summary>ABRT: the command is not supported, or could not be done.</summary>
    public const byte Aborted = 0x04;

    /// <summary>IDNF: no such sector.</summary>
    public const byte NotFound = 0x10;

    /// <summary>UNC: the data cannot be read.</summary>
    public const byte Uncorrectable = 0x40;

    /// <summary>WP: the medium cannot be written; the same bit as UNC.</summary>
    public const byte WriteProtected = 0x40;
}

/// <summary>Bits of the Device and Device Control registers (7.7, 7.8).</summary>
internal static class IdeControl
{
    /// <summary>Device: the second drive is addressed.</summary>
    public const byte SecondDrive = 0x10;

    /// <summary>Device: the address is a block number.</summary>
    public const byte Lba = 0x40;

    /// <summary>Device: bits that always read as ones.</summary>
    public const byte AlwaysOnes = 0xA0;

    /// <summary>Device Control: nIEN, no interrupts.</summary>
    public const byte NoInterrupt = 0x02;

    /// <summary>Device Control: SRST, software reset.</summary>
    public const byte Reset = 0x04;

    /// <summary>Device Control: HOB, reads show what was written before the last write.</summary>
    public const byte HighOrder = 0x80;
}

/// <summary>Bits of the bus-master registers (82371SB datasheet, 2.7).</summary>
internal static class BusMasterBit
{
    /// <summary>BMICX: start.</summary>
    public const byte Start = 0x01;

    /// <summary>BMICX: the bus master writes memory.</summary>
    public const byte ToMemory = 0x08;

    /// <summary>BMISX: active.</summary>
    public const byte Active = 0x01;

    /// <summary>BMISX: a transfer failed on the bus; written 1 it clears.</summary>
    public const byte Error = 0x02;

    /// <summary>BMISX: the drive raised its interrupt; written 1 it clears.</summary>
    public const byte Interrupt = 0x04;

    /// <summary>BMISX: drives that can do DMA, noted there by firmware.</summary>
    public const byte Capable = 0x60;
}

/// <summary>Times that drives take, in nanoseconds of guest time. Real drives take longer; drivers only need that some passes.</summary>
internal static class IdeTime
{
    /// <summary>A command that needs no medium; the pause between two blocks.</summary>
    public const long Command = 4_000;

    /// <summary>A disk finds its place.</summary>
    public const long Disk = 40_000;

    /// <summary>A CD-ROM drive finds its place.</summary>
    public const long Cdrom = 200_000;

    /// <summary>A full transfer buffer moves.</summary>
    public const long Buffer = 60_000;

    /// <summary>A reset ends.</summary>
    public const long Reset = 50_000;

    /// <summary>A waiting drive notices that the bus master started.</summary>
    public const long BusMaster = 1_000;
}
