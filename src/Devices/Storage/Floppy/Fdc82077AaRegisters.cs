namespace Doppel.Devices.Storage.Floppy;

/// <summary>Register offsets, bit fields and command codes (Intel 82077AA datasheet 290166-007, sections 2.1, 5 and 6).</summary>
internal static class Fdc82077AaRegisters
{
    /// <summary>Digital output register.</summary>
    public const uint DigitalOutput = 2;

    /// <summary>Tape drive register.</summary>
    public const uint TapeDrive = 3;

    /// <summary>Main status register (read), data rate select register (write).</summary>
    public const uint StatusRate = 4;

    /// <summary>Data register.</summary>
    public const uint Data = 5;

    /// <summary>DOR: drive select.</summary>
    public const byte OutputDrive = 0x03;

    /// <summary>DOR: not in reset.</summary>
    public const byte OutputRun = 0x04;

    /// <summary>DOR: interrupt and DMA request reach the bus.</summary>
    public const byte OutputGate = 0x08;

    /// <summary>DOR: motor of drive 0; those of 1 to 3 follow.</summary>
    public const byte OutputMotor = 0x10;

    /// <summary>DSR: software reset, clears itself.</summary>
    public const byte RateReset = 0x80;

    /// <summary>DSR and CCR: data rate.</summary>
    public const byte RateSelect = 0x03;

    /// <summary>500 kbit/s.</summary>
    public const int Rate500 = 0;

    /// <summary>300 kbit/s.</summary>
    public const int Rate300 = 1;

    /// <summary>250 kbit/s.</summary>
    public const int Rate250 = 2;

    /// <summary>1 Mbit/s.</summary>
    public const int Rate1000 = 3;

    /// <summary>MSR: the data register wants to be read or written.</summary>
    public const byte StatusRequest = 0x80;

    /// <summary>MSR: it is to be read.</summary>
    public const byte StatusToHost = 0x40;

    /// <summary>MSR: a transfer without DMA goes on.</summary>
    public const byte StatusNonDma = 0x20;

    /// <summary>MSR: a command is in progress.</summary>
    public const byte StatusBusy = 0x10;

    /// <summary>DIR: disk change.</summary>
    public const byte InputDiskChange = 0x80;

    /// <summary>DIR: lines that the chip does not drive in AT mode.</summary>
    public const byte InputOpen = 0x7F;

    /// <summary>ST0: abnormal termination.</summary>
    public const byte St0Abnormal = 0x40;

    /// <summary>ST0: invalid command.</summary>
    public const byte St0Invalid = 0x80;

    /// <summary>ST0: termination by polling.</summary>
    public const byte St0Polling = 0xC0;

    /// <summary>ST0: seek end.</summary>
    public const byte St0SeekEnd = 0x20;

    /// <summary>ST0: equipment check.</summary>
    public const byte St0EquipmentCheck = 0x10;

    /// <summary>ST1: end of cylinder.</summary>
    public const byte St1EndOfCylinder = 0x80;

    /// <summary>ST1: data error.</summary>
    public const byte St1DataError = 0x20;

    /// <summary>ST1: overrun or underrun.</summary>
    public const byte St1Overrun = 0x10;

    /// <summary>ST1: no data, the sector was not found.</summary>
    public const byte St1NoData = 0x04;

    /// <summary>ST1: not writable.</summary>
    public const byte St1NotWritable = 0x02;

    /// <summary>ST1: missing address mark.</summary>
    public const byte St1MissingMark = 0x01;

    /// <summary>ST2: control mark: a data address mark of the other kind.</summary>
    public const byte St2ControlMark = 0x40;

    /// <summary>ST2: data error in the data field.</summary>
    public const byte St2DataError = 0x20;

    /// <summary>ST2: wrong cylinder.</summary>
    public const byte St2WrongCylinder = 0x10;

    /// <summary>ST3: write protect.</summary>
    public const byte St3Protected = 0x40;

    /// <summary>ST3: bits that are always set.</summary>
    public const byte St3Always = 0x28;

    /// <summary>ST3: track 0.</summary>
    public const byte St3TrackZero = 0x10;

    /// <summary>First command byte: multi-track.</summary>
    public const byte MultiTrack = 0x80;

    /// <summary>First command byte: MFM rather than FM.</summary>
    public const byte Mfm = 0x40;

    /// <summary>First command byte: skip sectors of the other kind.</summary>
    public const byte Skip = 0x20;

    /// <summary>Head select in the second command byte, in ST0 and ST3.</summary>
    public const byte HeadSelect = 0x04;

    /// <summary>Sector size code for 512 bytes.</summary>
    public const byte SizeCode512 = 2;
}
