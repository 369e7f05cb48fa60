using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>The optional parts of a machine: firmware, display, drives. What stands in drives is the caller's to bring; that they are there, and how long their media are, is the machine's.</summary>
internal static class MachineParts
{
    private const int MaxDrives = 16;
    private const int MaxBootOrder = 16;

    /// <summary>Checks what a spec asks for.</summary>
    /// <exception cref="MachineSpecException">There is no such part, or two in one place.</exception>
    public static void Check(MachineSpec spec)
    {
        if (!spec.HasDisplay && spec.HasVideoRom)
        {
            throw new MachineSpecException("a display's ROM needs a display; leave out the ROM, or have a display");
        }

        if (spec.BootOrder.Length > MaxBootOrder || spec.BootOrder.Any(letter => !"acdn".Contains(letter, StringComparison.Ordinal)))
        {
            throw new MachineSpecException($"the boot order \"{spec.BootOrder}\" is not possible; it is made of a (floppy), c (disk), d (CD-ROM)");
        }

        HashSet<(bool IsFloppy, int Index)> places = [];
        foreach (DriveSpec drive in spec.Drives)
        {
            bool isFloppy = drive.Kind == DriveKind.Floppy;
            if (drive.Index < 0 || drive.Index > (isFloppy ? 1 : 3) || !places.Add((isFloppy, drive.Index)))
            {
                throw new MachineSpecException($"there is no place {drive.Index} for another {(isFloppy ? "floppy drive; there are 0 and 1" : "IDE drive; there are 0 to 3")}");
            }

            if (drive.Medium is AbsentMedium)
            {
                throw new MachineSpecException($"the medium of {NameOf(drive)} is not in the snapshot; bring it again");
            }

            if (drive is { Kind: DriveKind.IdeDisk, Medium: null })
            {
                throw new MachineSpecException($"disk {drive.Index} has no medium; a disk always has");
            }
        }
    }

    /// <summary>The parts in one line that differs when they do; empty: none.</summary>
    public static string Describe(MachineSpec spec)
    {
        List<string> parts = [];
        if (spec.HasFirmware)
        {
            parts.Add("firmware, boot order " + spec.BootOrder);
        }

        if (spec.HasDisplay)
        {
            parts.Add(!spec.HasFirmware && spec.HasVideoRom ? "display, started" : "display");
        }

        parts.AddRange(Ordered(spec).Select(NameOf));
        return string.Join(", ", parts);
    }

    /// <summary>How <paramref name="other"/> differs from <paramref name="one"/>, in words; null: it does not.</summary>
    public static string? Difference(MachineSpec one, MachineSpec other)
    {
        string before = Describe(one);
        string after = Describe(other);
        return before == after ? null : $"{(before.Length == 0 ? "none" : before)}; it cannot become one with {(after.Length == 0 ? "none" : after)}";
    }

    public static void Save(MachineSpec spec, IStateWriter to)
    {
        to.Write("hasFirmware", spec.HasFirmware);
        to.Write("hasDisplay", spec.HasDisplay);
        to.Write("hasVideoRom", spec.HasVideoRom);
        to.Write("bootOrder", Encoding.ASCII.GetBytes(spec.BootOrder));
        to.Write("drives", (ulong)spec.Drives.Count);
        foreach (DriveSpec drive in Ordered(spec))
        {
            to.Write("kind", (ulong)drive.Kind);
            to.Write("index", (ulong)drive.Index);
            to.Write("length", (ulong)(drive.Medium is null ? 0 : drive.Medium.LengthBytes + 1));
        }
    }

    /// <summary>Reads them back; a medium is stood in for by its length.</summary>
    public static MachineSpec Restore(MachineSpec spec, IStateReader from, out bool hasFirmware, out bool hasVideoRom)
    {
        hasFirmware = from.ReadBool("hasFirmware");
        bool hasDisplay = from.ReadBool("hasDisplay");
        hasVideoRom = from.ReadBool("hasVideoRom");
        string order = Encoding.ASCII.GetString(from.ReadBytes("bootOrder", MaxBootOrder));
        DriveSpec[] drives = new DriveSpec[(int)from.ReadUnsigned("drives", MaxDrives)];
        for (int i = 0; i < drives.Length; i++)
        {
            DriveKind kind = (DriveKind)from.ReadUnsigned("kind", (ulong)DriveKind.Floppy);
            int index = (int)from.ReadUnsigned("index", 3);
            ulong length = from.ReadUnsigned("length", long.MaxValue);
            drives[i] = new DriveSpec(kind, index, length == 0 ? null : new AbsentMedium((long)length - 1));
        }

        return spec with { HasDisplay = hasDisplay, BootOrder = order, Drives = drives };
    }

    /// <summary>The drives in the order of saved states.</summary>
    internal static IEnumerable<DriveSpec> Ordered(MachineSpec spec) => spec.Drives.OrderBy(d => d.Kind == DriveKind.Floppy).ThenBy(d => d.Index);

    /// <summary>A drive in words. The medium of a disk is part of it; others can be changed.</summary>
    internal static string NameOf(DriveSpec drive) => drive.Kind switch
    {
        DriveKind.IdeDisk => string.Create(CultureInfo.InvariantCulture, $"disk {drive.Index} of {drive.Medium?.LengthBytes ?? 0} bytes"),
        DriveKind.IdeCdrom => string.Create(CultureInfo.InvariantCulture, $"CD-ROM drive {drive.Index}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"floppy drive {drive.Index}"),
    };
}
