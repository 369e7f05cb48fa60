using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>Commands of the 82077AA (datasheet table 5-1); everything else is <see cref="Invalid"/>, the scan commands of older chips included.</summary>
internal enum FdcCommand
{
    Invalid = 0,
    ReadTrack = 0x02,
    Specify = 0x03,
    SenseDrive = 0x04,
    Write = 0x05,
    Read = 0x06,
    Recalibrate = 0x07,
    SenseInterrupt = 0x08,
    WriteDeleted = 0x09,
    ReadId = 0x0A,
    ReadDeleted = 0x0C,
    Format = 0x0D,
    DumpRegisters = 0x0E,
    Seek = 0x0F,
    Version = 0x10,
    Perpendicular = 0x12,
    Configure = 0x13,
    Lock = 0x14,
    Verify = 0x16,
    RelativeSeek = 0x8F,
}

/// <summary>What a first command byte means.</summary>
internal static class FdcCommands
{
    /// <summary>Longest command in bytes.</summary>
    public const int MaxLength = 9;

    /// <summary>Decodes a first command byte.</summary>
    public static FdcCommand Decode(byte code)
    {
        FdcCommand masked = (FdcCommand)(code & 0x1F);
        switch (masked)
        {
            case FdcCommand.Read or FdcCommand.ReadDeleted or FdcCommand.Verify or FdcCommand.ReadTrack:
                return masked;
            case FdcCommand.Write or FdcCommand.WriteDeleted:
                return (code & Skip) == 0 ? masked : FdcCommand.Invalid;
            case FdcCommand.ReadId or FdcCommand.Format:
                return (code & (MultiTrack | Skip)) == 0 ? masked : FdcCommand.Invalid;
            case FdcCommand.Lock:
                return (code & ~MultiTrack) == (int)masked ? masked : FdcCommand.Invalid;
            case FdcCommand.Seek:
                return code == (int)masked ? masked : (code & 0xBF) == (int)FdcCommand.RelativeSeek ? FdcCommand.RelativeSeek : FdcCommand.Invalid;
            case FdcCommand.Specify or FdcCommand.SenseDrive or FdcCommand.Recalibrate or FdcCommand.SenseInterrupt or FdcCommand.DumpRegisters
                or FdcCommand.Version or FdcCommand.Perpendicular or FdcCommand.Configure:
                return code == (int)masked ? masked : FdcCommand.Invalid;
            default:
                return FdcCommand.Invalid;
        }
    }

    /// <summary>Bytes of a command, the first included.</summary>
    public static int Length(FdcCommand command) => command switch
    {
        FdcCommand.Read or FdcCommand.ReadDeleted or FdcCommand.Write or FdcCommand.WriteDeleted or FdcCommand.ReadTrack or FdcCommand.Verify => MaxLength,
        FdcCommand.Format => 6,
        FdcCommand.Configure => 4,
        FdcCommand.Specify or FdcCommand.Seek or FdcCommand.RelativeSeek => 3,
        FdcCommand.SenseDrive or FdcCommand.Recalibrate or FdcCommand.ReadId or FdcCommand.Perpendicular => 2,
        _ => 1,
    };
}
