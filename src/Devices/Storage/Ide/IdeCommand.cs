namespace Doppel.Devices.Storage.Ide;

/// <summary>Command codes that disks and packet devices share (ATA/ATAPI-6, clause 8).</summary>
internal static class IdeCommand
{
    public const byte Nop = 0x00;
    public const byte DeviceReset = 0x08;
    public const byte Diagnose = 0x90;
    public const byte StandbyNowOld = 0x94;
    public const byte IdleNowOld = 0x95;
    public const byte StandbyOld = 0x96;
    public const byte IdleOld = 0x97;
    public const byte CheckPowerOld = 0x98;
    public const byte SleepOld = 0x99;
    public const byte Packet = 0xA0;
    public const byte IdentifyPacket = 0xA1;
    public const byte StandbyNow = 0xE0;
    public const byte IdleNow = 0xE1;
    public const byte Standby = 0xE2;
    public const byte Idle = 0xE3;
    public const byte CheckPower = 0xE5;
    public const byte Sleep = 0xE6;
    public const byte Identify = 0xEC;
    public const byte SetFeatures = 0xEF;

    /// <summary>Whether it belongs to the power management commands; old codes included.</summary>
    public static bool IsPower(byte command) => command is (>= StandbyNowOld and <= SleepOld) or (>= StandbyNow and <= Idle) or CheckPower or Sleep;
}
