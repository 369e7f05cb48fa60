using Doppel.Primitives;

namespace Doppel.Devices.Storage.Ide;

/// <summary>What hosts set in a drive of either kind: the transfer mode (SET FEATURES 03) and the power mode.</summary>
internal sealed class DriveSettings
{
    private const byte Active = 0xFF;
    private const byte InIdle = 0x80;
    private const byte InStandby = 0x00;

    private byte _power = Active;

    /// <summary>The DMA mode chosen, as SET FEATURES says it: 20 to 22 multiword, 40 to 45 Ultra; 0 when none was.</summary>
    public byte DmaMode { get; private set; }

    /// <summary>Word 63 of IDENTIFY: multiword modes 0 to 2, and which is chosen.</summary>
    public ushort MultiwordWord => (ushort)(0x0007 | (DmaMode is >= 0x20 and < 0x40 ? 0x100 << (DmaMode & 7) : 0));

    /// <summary>Word 88 of IDENTIFY: Ultra modes 0 to 5, and which is chosen.</summary>
    public ushort UltraWord => (ushort)(0x003F | (DmaMode >= 0x40 ? 0x100 << (DmaMode & 7) : 0));

    /// <summary>Power-on.</summary>
    public void Reset()
    {
        _power = Active;
        DmaMode = 0;
    }

    /// <summary>The medium is used, or a reset woke the drive.</summary>
    public void Wake() => _power = Active;

    /// <summary>SET FEATURES 03 with the mode in Sector Count. False: no such mode.</summary>
    public bool TrySetMode(byte mode)
    {
        switch (mode)
        {
            case 0x00 or 0x01 or (>= 0x08 and <= 0x0C):
                return true;
            case (>= 0x20 and <= 0x22) or (>= 0x40 and <= 0x45):
                DmaMode = mode;
                return true;
            default:
                return false;
        }
    }

    /// <summary>A power management command. The time-outs of STANDBY and IDLE never run out.</summary>
    public void DoPower(byte command, TaskFile registers)
    {
        switch (command)
        {
            case IdeCommand.CheckPower or IdeCommand.CheckPowerOld:
                registers.Count = _power;
                break;
            case IdeCommand.IdleNow or IdeCommand.IdleNowOld or IdeCommand.Idle or IdeCommand.IdleOld:
                _power = InIdle;
                break;
            default:
                _power = InStandby;
                break;
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("power", (ulong)_power);
        to.Write("dmaMode", (ulong)DmaMode);
    }

    public void Restore(IStateReader from)
    {
        _power = (byte)from.ReadUnsigned("power", 0xFF);
        byte mode = (byte)from.ReadUnsigned("dmaMode", 0x45);
        DmaMode = mode is 0 or (>= 0x20 and <= 0x22) or (>= 0x40 and <= 0x45) ? mode : throw new StateFormatException("dmaMode: no such mode");
    }
}
