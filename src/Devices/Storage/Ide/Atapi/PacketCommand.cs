namespace Doppel.Devices.Storage.Ide.Atapi;

/// <summary>Command codes of CD-ROM drives (MMC-3, T10 1363D, clause 6; SPC-2 for the general ones).</summary>
internal static class PacketCommand
{
    public const byte TestUnitReady = 0x00;
    public const byte RequestSense = 0x03;
    public const byte Inquiry = 0x12;
    public const byte StartStop = 0x1B;
    public const byte PreventRemoval = 0x1E;
    public const byte ReadCapacity = 0x25;
    public const byte Read10 = 0x28;
    public const byte Seek = 0x2B;
    public const byte SynchronizeCache = 0x35;
    public const byte ReadSubChannel = 0x42;
    public const byte ReadToc = 0x43;
    public const byte GetConfiguration = 0x46;
    public const byte PlayAudio10 = 0x45;
    public const byte PlayAudioMsf = 0x47;
    public const byte GetEvent = 0x4A;
    public const byte PauseResume = 0x4B;
    public const byte StopPlay = 0x4E;
    public const byte ReadDiscInformation = 0x51;
    public const byte ModeSelect = 0x55;
    public const byte ModeSense = 0x5A;
    public const byte PlayAudio12 = 0xA5;
    public const byte Read12 = 0xA8;
    public const byte ReadCdMsf = 0xB9;
    public const byte SetSpeed = 0xBB;
    public const byte MechanismStatus = 0xBD;
    public const byte ReadCd = 0xBE;

    /// <summary>Whether a command goes to the medium, and so takes a seek.</summary>
    public static bool IsRead(byte command) => command is Read10 or Read12 or ReadCd or ReadCdMsf or Seek;

    /// <summary>Whether a command is done although the host has not heard yet that something changed (SPC-2 5.6.6, MMC-3 6.8).</summary>
    public static bool IgnoresAttention(byte command) => command is RequestSense or Inquiry or GetConfiguration or GetEvent;

    /// <summary>Whether a command needs a medium.</summary>
    public static bool NeedsMedium(byte command) => IsRead(command)
        || command is TestUnitReady or ReadCapacity or ReadSubChannel or ReadToc or ReadDiscInformation or PlayAudio10 or PlayAudio12 or PlayAudioMsf or PauseResume;
}

/// <summary>Why a command failed (SPC-2 7.20): sense key, additional code and qualifier.</summary>
/// <param name="Key">Sense key.</param>
/// <param name="Code">Additional sense code.</param>
/// <param name="Qualifier">Its qualifier.</param>
internal readonly record struct Sense(byte Key, byte Code, byte Qualifier)
{
    public static Sense None => default;

    public static Sense NoMedium => new(2, 0x3A, 0x01);

    public static Sense TrayOpen => new(2, 0x3A, 0x02);

    public static Sense ReadError => new(3, 0x11, 0x00);

    public static Sense ParameterListLength => new(5, 0x1A, 0x00);

    public static Sense InvalidCommand => new(5, 0x20, 0x00);

    public static Sense OutOfRange => new(5, 0x21, 0x00);

    public static Sense InvalidField => new(5, 0x24, 0x00);

    public static Sense InvalidParameter => new(5, 0x26, 0x00);

    public static Sense SavingNotSupported => new(5, 0x39, 0x00);

    public static Sense RemovalPrevented => new(5, 0x53, 0x02);

    public static Sense IllegalMode => new(5, 0x64, 0x00);

    public static Sense MediumChanged => new(6, 0x28, 0x00);

    public static Sense WasReset => new(6, 0x29, 0x00);
}
