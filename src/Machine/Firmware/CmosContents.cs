using System.Collections.Generic;

namespace Doppel.Machine.Firmware;

/// <summary>What firmware finds of the machine's drives and processors in CMOS RAM (IBM AT technical reference; SeaBIOS's own bytes from 0x38 on).</summary>
internal static class CmosContents
{
    private const byte FloppyTypes = 0x10;
    private const byte BootThird = 0x38;
    private const byte Translations = 0x39;
    private const byte BootFirstTwo = 0x3D;
    private const byte Processors = 0x5F;
    private const byte Floppy1440K = 4;
    private const byte Floppy2880K = 5;
    private const int FloppyBytes2880K = 2880 << 10;

    // Up to here cylinders, heads and sectors of the disk itself serve; larger ones are translated by block number.
    private const long LargestUntranslatedSectors = 1024L * 16 * 63;
    private const int SectorBytes = 512;

    // Equipment byte, address 0x14.
    private const byte HasFloppy = 0x01;
    private const int FloppyCountShift = 6;

    /// <summary>Bits of the equipment byte that tell of floppy drives.</summary>
    public static byte FloppyEquipment(MachineSpec spec)
    {
        int count = 0;
        foreach (DriveSpec drive in spec.Drives)
        {
            count += drive.Kind == DriveKind.Floppy ? 1 : 0;
        }

        return count == 0 ? (byte)0 : (byte)(HasFloppy | ((count - 1) << FloppyCountShift));
    }

    /// <summary>Bytes beside the memory sizes.</summary>
    public static IReadOnlyList<(byte Address, byte Value)> Extra(MachineSpec spec)
    {
        int floppies = 0;
        int translations = 0;
        foreach (DriveSpec drive in spec.Drives)
        {
            if (drive.Kind == DriveKind.Floppy && drive.Index is 0 or 1)
            {
                byte type = drive.Medium is { LengthBytes: FloppyBytes2880K } ? Floppy2880K : Floppy1440K;
                floppies |= type << (drive.Index == 0 ? 4 : 0);
            }
            else if (drive.Kind == DriveKind.IdeDisk && drive.Index is >= 0 and < 4 && drive.Medium?.LengthBytes / SectorBytes > LargestUntranslatedSectors)
            {
                translations |= 1 << (drive.Index * 2);
            }
        }

        return
        [
            (FloppyTypes, (byte)floppies),
            (BootThird, (byte)(BootCode(spec.BootOrder, 2) << 4)),
            (Translations, (byte)translations),
            (BootFirstTwo, (byte)(BootCode(spec.BootOrder, 0) | (BootCode(spec.BootOrder, 1) << 4))),
            (Processors, (byte)(spec.Cpus - 1)),
        ];
    }

    private static int BootCode(string order, int place) => place >= order.Length ? 0 : order[place] switch
    {
        'a' => 1,
        'c' => 2,
        'd' => 3,
        'n' => 4,
        _ => 0,
    };
}
