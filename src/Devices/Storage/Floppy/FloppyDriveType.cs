using System;
using Doppel.Backends;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>What kind of drive is fitted; the values are those of CMOS byte 0x10 (IBM AT technical reference, and its later extensions).</summary>
public enum FloppyDriveType
{
    /// <summary>No drive.</summary>
    None = 0,

    /// <summary>5.25 inches, 360 KB, 40 tracks.</summary>
    Inch5Double = 1,

    /// <summary>5.25 inches, 1.2 MB, 80 tracks at 360 revolutions a minute.</summary>
    Inch5High = 2,

    /// <summary>3.5 inches, 720 KB.</summary>
    Inch3Double = 3,

    /// <summary>3.5 inches, 1.44 MB.</summary>
    Inch3High = 4,

    /// <summary>3.5 inches, 2.88 MB.</summary>
    Inch3Extended = 5,
}

/// <summary>What the CMOS RAM says of the floppy drives.</summary>
public static class FloppyCmos
{
    /// <summary>Address of the byte with the drive types.</summary>
    public const byte TypesAddress = 0x10;

    /// <summary>The byte at <see cref="TypesAddress"/>.</summary>
    public static byte Types(FloppyDriveType first, FloppyDriveType second) => (byte)(((int)first << 4) | (int)second);

    /// <summary>The bits of the equipment byte (0x14) that tell the number of drives: bit 0, there are any; bits 7:6, their number less one.</summary>
    public static byte Equipment(FloppyDriveType first, FloppyDriveType second)
    {
        int drives = (first != FloppyDriveType.None ? 1 : 0) + (second != FloppyDriveType.None ? 1 : 0);
        return (byte)(drives == 0 ? 0 : 1 | ((drives - 1) << 6));
    }

    /// <summary>The least drive that takes <paramref name="medium"/>; 1.44 MB for an empty one.</summary>
    public static FloppyDriveType DriveFor(IBlockBackend? medium)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(medium?.LengthBytes ?? 0);
        return medium is null ? FloppyDriveType.Inch3High : FloppyGeometry.Of(medium.LengthBytes).Drive;
    }
}
