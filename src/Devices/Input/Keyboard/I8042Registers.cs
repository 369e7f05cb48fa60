namespace Doppel.Devices.Input.Keyboard;

/// <summary>Commands and bit fields (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller").</summary>
internal static class I8042Registers
{
    /// <summary>Status: a byte waits at port 0x60.</summary>
    public const byte OutputFull = 0x01;

    /// <summary>Status: system flag, a copy of the configuration byte's.</summary>
    public const byte SystemFlag = 0x04;

    /// <summary>Status: the last write went to the command port.</summary>
    public const byte LastWasCommand = 0x08;

    /// <summary>Status: keyboard not locked.</summary>
    public const byte NotLocked = 0x10;

    /// <summary>Status: the waiting byte is of the auxiliary device.</summary>
    public const byte AuxOutputFull = 0x20;

    /// <summary>Status: the device did not answer.</summary>
    public const byte TimeOut = 0x40;

    /// <summary>Configuration: interrupt on keyboard byte.</summary>
    public const byte KeyboardInterrupt = 0x01;

    /// <summary>Configuration: interrupt on auxiliary byte.</summary>
    public const byte AuxInterrupt = 0x02;

    /// <summary>Configuration: keyboard clock held low.</summary>
    public const byte KeyboardDisabled = 0x10;

    /// <summary>Configuration: auxiliary clock held low.</summary>
    public const byte AuxDisabled = 0x20;

    /// <summary>Configuration: translate scan code set 2 to set 1.</summary>
    public const byte Translate = 0x40;

    /// <summary>Output port: reset line, active low.</summary>
    public const byte OutputResetInactive = 0x01;

    /// <summary>Output port: address line 20 open.</summary>
    public const byte OutputA20 = 0x02;

    /// <summary>Device answer: acknowledged.</summary>
    public const byte Acknowledge = 0xFA;

    /// <summary>Device answer: say it again, used for what is not known.</summary>
    public const byte Resend = 0xFE;

    /// <summary>Device answer: self test passed.</summary>
    public const byte SelfTestPassed = 0xAA;

    /// <summary>Lock lights: number lock.</summary>
    public const byte NumberLight = 0x02;
}
