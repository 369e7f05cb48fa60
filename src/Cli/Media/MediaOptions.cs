using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.Backends;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Media;

/// <summary>What is in the drives of a PC, and what its firmware tries in turn.</summary>
internal sealed record MediaOptions
{
    private const int IdePlaces = 4;

    // A CD-ROM is the master of the second channel by custom; disks take what comes first.
    private static readonly int[] CdromPlaces = [2, 3, 1, 0];
    private static readonly int[] DiskPlaces = [0, 1, 3, 2];

    /// <summary>Floppy drives in order, two at most.</summary>
    internal IReadOnlyList<DriveOption> Floppies { get; init; } = [];

    /// <summary>Disks in order.</summary>
    internal IReadOnlyList<DriveOption> Disks { get; init; } = [];

    /// <summary>CD-ROM drives in order.</summary>
    internal IReadOnlyList<DriveOption> Cdroms { get; init; } = [];

    /// <summary>Letters a, c, d.</summary>
    internal string BootOrder { get; init; } = new MachineSpec().BootOrder;

    /// <summary>Whether there is a drive.</summary>
    internal bool HasDrives => Floppies.Count + Disks.Count + Cdroms.Count != 0;

    /// <summary>Throws the usage error when that many drives do not fit.</summary>
    internal MediaOptions Check()
    {
        if (Floppies.Count > 2)
        {
            throw CliException.Usage($"{Floppies.Count} floppies are too many: a PC has two floppy drives");
        }

        return Disks.Count + Cdroms.Count <= IdePlaces
            ? this
            : throw CliException.Usage($"{Disks.Count + Cdroms.Count} disks and CD-ROMs are too many: there are four places on the IDE channels");
    }

    /// <summary>Opens all media.</summary>
    internal IReadOnlyList<DriveSpec> Open(MediaShelf shelf)
    {
        List<DriveSpec> drives = [];
        HashSet<int> taken = [];
        void Add(string option, DriveKind kind, IReadOnlyList<DriveOption> options, int[] places)
        {
            foreach (DriveOption drive in options)
            {
                int place = places.First(p => kind == DriveKind.Floppy ? !drives.Any(d => d.Kind == kind && d.Index == p) : !taken.Contains(p));
                IBlockBackend? medium = shelf.Open(option, drive, kind);
                _ = kind != DriveKind.Floppy && taken.Add(place);
                drives.Add(new DriveSpec(kind, place, medium));
            }
        }

        Add("--floppy", DriveKind.Floppy, Floppies, [0, 1]);
        Add("--cdrom", DriveKind.IdeCdrom, Cdroms, CdromPlaces);
        Add("--disk", DriveKind.IdeDisk, Disks, DiskPlaces);
        return drives;
    }

    /// <summary>Reads a boot order: letters as in "cad", or words as in "cdrom,disk".</summary>
    internal static string Order(string text)
    {
        string[] words = text.Split(',');
        string letters = string.Concat(words.Select(word => word switch
        {
            "floppy" => "a",
            "disk" => "c",
            "cdrom" => "d",
            _ => word,
        }));
        return letters.Length is > 0 and <= 3 && letters.All(c => c is 'a' or 'c' or 'd') && letters.Distinct().Count() == letters.Length
            ? letters
            : throw CliException.Usage($"--boot: \"{Printable.Line(text)}\" is no order of a (floppy), c (disk) and d (CD-ROM), such as \"dc\" or \"cdrom,disk\"");
    }
}
