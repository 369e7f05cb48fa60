using System;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>How a floppy disk is formatted. Sectors have 512 bytes.</summary>
/// <param name="Tracks">Tracks a side.</param>
/// <param name="Heads">Sides, 1 or 2.</param>
/// <param name="Sectors">Sectors a track; the first is number 1.</param>
/// <param name="Drive">The least drive that takes such a disk.</param>
public readonly record struct FloppyGeometry(int Tracks, int Heads, int Sectors, FloppyDriveType Drive)
{
    /// <summary>Bytes a sector.</summary>
    public const int SectorBytes = 512;

    private static readonly FloppyGeometry[] s_standard =
    [
        new(40, 1, 8, FloppyDriveType.Inch5Double),
        new(40, 1, 9, FloppyDriveType.Inch5Double),
        new(40, 2, 8, FloppyDriveType.Inch5Double),
        new(40, 2, 9, FloppyDriveType.Inch5Double),
        new(80, 2, 9, FloppyDriveType.Inch3Double),
        new(80, 2, 15, FloppyDriveType.Inch5High),
        new(80, 2, 18, FloppyDriveType.Inch3High),
        new(80, 2, 21, FloppyDriveType.Inch3High),
        new(82, 2, 21, FloppyDriveType.Inch3High),
        new(80, 2, 36, FloppyDriveType.Inch3Extended),
    ];

    /// <summary>All of the disk.</summary>
    public long LengthBytes => (long)Tracks * Heads * Sectors * SectorBytes;

    /// <summary>
    /// Guesses from the size of an image. A size that is no standard one is the beginning of a larger disk, the rest of which is zeros: of 1.44 MB at
    /// least, because boot sectors that load a program from a bare image count on its 18 sectors a track.
    /// </summary>
    public static FloppyGeometry Of(long lengthBytes)
    {
        foreach (FloppyGeometry exact in s_standard)
        {
            if (exact.LengthBytes == lengthBytes)
            {
                return exact;
            }
        }

        foreach (FloppyGeometry larger in s_standard.AsSpan(6))
        {
            if (larger.LengthBytes > lengthBytes)
            {
                return larger;
            }
        }

        return s_standard[^1];
    }

    /// <summary>Place of a sector in the image, or -1 when there is no such sector.</summary>
    public long OffsetOf(int track, int head, int sector) =>
        (uint)track < (uint)Tracks && (uint)head < (uint)Heads && sector >= 1 && sector <= Sectors
            ? ((((long)track * Heads) + head) * Sectors + sector - 1) * SectorBytes
            : -1;
}
