using System;
using Doppel.Backends;
using static Doppel.Devices.Storage.Floppy.Fdc82077AaRegisters;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>
/// FORMAT TRACK (82077AA datasheet 5.1.6): the host gives an ID field a sector. A disk keeps the layout of its image: IDs that this layout does not hold
/// are formatted without effect, the others are filled.
/// </summary>
internal static class FdcFormat
{
    /// <summary>Bytes of an ID field: C, H, R, N.</summary>
    public const int IdBytes = 4;

    /// <summary>Number of sectors that the command wants (SC).</summary>
    public static int Sectors(ReadOnlySpan<byte> command) => command[3];

    /// <summary>Writes the data field of the sector with the ID <paramref name="id"/>.</summary>
    public static BlockStatus Fill(FloppyDrive drive, FloppyGeometry format, int head, ReadOnlySpan<byte> id, ReadOnlySpan<byte> command)
    {
        bool fits = id[0] == drive.Track && id[1] == head && id[3] == SizeCode512 && command[2] == SizeCode512;
        long offset = fits ? format.OffsetOf(drive.Track, head, id[2]) : -1;
        if (offset < 0)
        {
            return BlockStatus.Done;
        }

        Span<byte> sector = stackalloc byte[FloppyGeometry.SectorBytes];
        sector.Fill(command[5]);
        return drive.Write(offset, sector);
    }
}
