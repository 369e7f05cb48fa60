using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Doppel.Cli.Displays;
using Doppel.Cli.Guests;
using Doppel.Cli.Media;
using Doppel.Cli.Reporting;
using Doppel.Cli.Running;

namespace Doppel.Cli.Commands;

/// <summary>Those options of <c>doppel run</c> that say what a PC boots from and where its screen is.</summary>
internal sealed class MediaOptionSet
{
    private const string FileForm = "FILE[,ro|,discard]";

    private readonly Option<string[]> _floppy = Many("--floppy", FileForm + "|none", "Floppy drive with this image in it; may be given twice");
    private readonly Option<string[]> _cdrom = Many("--cdrom", "FILE|none", "CD-ROM drive with this image or device in it; may be given again");
    private readonly Option<string[]> _disk = Many("--disk", FileForm, "Disk: an image or block device; may be given again. ro: cannot be written; discard: what is written is lost");
    private readonly Option<string> _boot = One("--boot", "ORDER", "What the firmware tries: letters of a (floppy), c (disk), d (CD-ROM), or words: cdrom,disk");
    private readonly Option<string> _display = One("--display", "WHERE", $"Screen: {DisplayOption.Forms} [default: a window on a desktop, else vnc]");
    private readonly Option<string> _firmware = One("--firmware", "WHICH", "bios, uefi, or a file [default: bios, for machines that boot from media]");
    private readonly Option<string> _variables = One("--firmware-variables", "FILE", "File of the UEFI variables; made from the firmware's template if it is not there [default: lost at the end]");

    internal IEnumerable<Option> All => [_floppy, _cdrom, _disk, _boot, _display, _firmware, _variables];

    /// <summary>Fills in what these options say; <paramref name="image"/> is what the command line names without an option, or null.</summary>
    internal RunOptions Apply(RunOptions options, ParseResult result, string? image)
    {
        List<DriveOption> floppies = [.. (result.GetValue(_floppy) ?? []).Select(text => DriveOption.Parse("--floppy", text, mayBeEmpty: true))];
        List<DriveOption> cdroms = [.. (result.GetValue(_cdrom) ?? []).Select(text => DriveOption.Parse("--cdrom", text, mayBeEmpty: true))];
        List<DriveOption> disks = [.. (result.GetValue(_disk) ?? []).Select(text => DriveOption.Parse("--disk", text, mayBeEmpty: false))];
        string? firmware = result.GetValue(_firmware);
        string order = new MediaOptions().BootOrder;
        if (image is not null)
        {
            DriveOption drive = DriveOption.Parse("FILE", image, mayBeEmpty: false);
            ImageFinding found = ImageProbe.Look(drive.Path!);
            if (found.Damage.Length != 0)
            {
                throw CliException.Usage($"{Printable.Line(drive.Path!)} looks like {found.Why}, but {found.Damage}");
            }

            (List<DriveOption>? list, order) = found.Kind switch
            {
                ImageKind.Floppy => (floppies, "acd"),
                ImageKind.Cdrom => (cdroms, "dca"),
                ImageKind.Disk => (disks, "cda"),
                _ => (null, order),
            };
            list?.Insert(0, drive);
            firmware ??= found.Kind == ImageKind.Flash ? drive.Path : null;
            options = found.Kind == ImageKind.Kernel ? options with { KernelPath = drive.Path } : options;
        }

        return options with
        {
            Media = new MediaOptions
            {
                Floppies = floppies,
                Cdroms = cdroms,
                Disks = disks,
                BootOrder = result.GetValue(_boot) is { } asked ? MediaOptions.Order(asked) : order,
            }.Check(),
            Firmware = firmware,
            FirmwareVariables = result.GetValue(_variables),
            Display = DisplayOption.Parse(result.GetValue(_display)),
        };
    }

    /// <summary>What the word on the command line means: a guest's name, or an image (then its path); null and null for no word.</summary>
    internal static (GuestDefinition? Guest, string? Image) Meaning(string? word)
    {
        if (word is null)
        {
            return (null, null);
        }

        if (GuestCatalogue.All.FirstOrDefault(guest => guest.Name == word) is { } known)
        {
            return (known, null);
        }

        // A word that could be no guest's name is a file's, and so is one that names a file that is there.
        string path = DriveOption.Parse("FILE", word, mayBeEmpty: false).Path!;
        bool isPath = path.Contains('/', StringComparison.Ordinal) || path.Contains('.', StringComparison.Ordinal) || System.IO.Path.Exists(path);
        if (!isPath)
        {
            return (GuestCatalogue.Find(word), null);
        }

        if (!System.IO.Path.Exists(path))
        {
            _ = HostChecks.IsFile("FILE", path); // says which names are near
        }

        return (null, word);
    }

    private static Option<string> One(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<string[]> Many(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
