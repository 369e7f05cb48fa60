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

    // Up to here cylinders, heads and sectors of the disk itself serve; larger ones are translated by block number.
    private const long LargestUntranslatedSectors = 1024L * 16 * 63;
    private const int SectorBytes = 512;


    /// <summary>Bytes beside the memory sizes; <paramref name="floppyTypes"/> is that of address 0x10.</summary>
    public static IReadOnlyList<(byte Address, byte Value)> Extra(MachineSpec spec, byte floppyTypes)
    {
        int translations = 0;
        foreach (DriveSpec drive in spec.Drives)
        {
            if (drive.Kind == DriveKind.IdeDisk && drive.Index is >= 0 and < 4 && drive.Medium?.LengthBytes / SectorBytes > LargestUntranslatedSectors)
            {
                translations |= 1 << (drive.Index * 2);
            }
        }

        return
        [
            (FloppyTypes, floppyTypes),
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
