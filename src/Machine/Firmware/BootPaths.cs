using System;
using System.Globalization;
using System.Linq;
using System.Text;

namespace Doppel.Machine.Firmware;

/// <summary>The file "bootorder": drives in the order in which firmware tries them, as Open Firmware paths (IEEE 1275) of our fixed places, one a line.</summary>
internal static class BootPaths
{
    /// <summary>The file, with the zero that ends it.</summary>
    public static byte[] Build(MachineSpec spec)
    {
        StringBuilder text = new();
        foreach (char letter in spec.BootOrder)
        {
            DriveKind? kind = letter switch
            {
                'a' => DriveKind.Floppy,
                'c' => DriveKind.IdeDisk,
                'd' => DriveKind.IdeCdrom,
                _ => null,
            };
            foreach (DriveSpec drive in spec.Drives.Where(d => d.Kind == kind).OrderBy(d => d.Index))
            {
                _ = text.Append(PathOf(drive)).Append('\n');
            }
        }

        // A line is ended by what follows it; the last one by the zero.
        byte[] lines = Encoding.ASCII.GetBytes(text.ToString());
        byte[] file = new byte[Math.Max(1, lines.Length)];
        lines.AsSpan(0, Math.Max(0, lines.Length - 1)).CopyTo(file);
        return file;
    }

    private static string PathOf(DriveSpec drive) => drive.Kind == DriveKind.Floppy
        ? string.Create(CultureInfo.InvariantCulture, $"/pci@i0cf8/isa@1/fdc@03f0/floppy@{drive.Index}")
        : string.Create(CultureInfo.InvariantCulture, $"/pci@i0cf8/ide@1,1/drive@{drive.Index >> 1}/disk@{drive.Index & 1}");
}
