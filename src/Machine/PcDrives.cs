using System.Collections.Generic;
using System.Linq;
using Doppel.Backends;
using Doppel.Devices;
using Doppel.Devices.Storage.Floppy;
using Doppel.Devices.Storage.Ide;
using Doppel.Devices.Storage.Ide.Ata;
using Doppel.Devices.Storage.Ide.Atapi;

namespace Doppel.Machine;

/// <summary>The drives of a PC and their controllers, as a spec lists them.</summary>
internal sealed class PcDrives
{
    private const int FloppyDmaChannel = 2;

    private readonly FloppyDrive?[] _floppies = new FloppyDrive?[2];
    private readonly IdeDrive?[] _ide = new IdeDrive?[4];
    private readonly List<IRemovableDrive> _removable = [];
    private readonly DriveSpec[] _places;

    /// <summary>Makes the drives.</summary>
    /// <exception cref="MachineSpecException">Two are in one place, or in none.</exception>
    public PcDrives(MachineSpec spec)
    {
        _places = [.. MachineParts.Ordered(spec)];
        int cdroms = 0;
        foreach (DriveSpec drive in spec.Drives)
        {
            if (drive.Kind == DriveKind.Floppy)
            {
                Put(_floppies, drive, new FloppyDrive("floppy" + drive.Index, FloppyCmos.DriveFor(drive.Medium), drive.Medium));
            }
            else if (drive.Kind == DriveKind.IdeCdrom)
            {
                Put(_ide, drive, new AtapiCdrom("cdrom" + cdroms++, drive.Medium, DriveIdentity.Cdrom(drive.Index)));
            }
            else
            {
                IBlockBackend medium = drive.Medium ?? throw new MachineSpecException($"the disk at place {drive.Index} has no medium");
                Put(_ide, drive, new AtaDisk("disk" + drive.Index, medium, DriveIdentity.Disk(drive.Index)));
            }
        }

        foreach (object? drive in (IEnumerable<object?>)[.. _floppies, .. _ide])
        {
            if (drive is IRemovableDrive removable)
            {
                _removable.Add(removable);
            }
        }
    }

    /// <summary>Drives whose medium can be changed.</summary>
    public IReadOnlyList<IRemovableDrive> Removable => _removable;

    /// <summary>All drives in the order of saved states, each with the medium that is in it now.</summary>
    public IEnumerable<DriveSpec> Media => _places.Select(drive => drive with { Medium = At(drive) is IRemovableDrive removable ? removable.Medium : drive.Medium });

    /// <summary>Whether there is a floppy drive.</summary>
    public bool HasFloppy => _floppies[0] is not null || _floppies[1] is not null;

    /// <summary>What CMOS RAM says of the floppy drives: their types, and their bits of the equipment byte.</summary>
    public (byte Types, byte Equipment) FloppyCmosBytes
    {
        get
        {
            (FloppyDriveType first, FloppyDriveType second) = (_floppies[0]?.Type ?? FloppyDriveType.None, _floppies[1]?.Type ?? FloppyDriveType.None);
            return (FloppyCmos.Types(first, second), FloppyCmos.Equipment(first, second));
        }
    }

    /// <summary>The floppy controller.</summary>
    public Fdc82077AaPorts NewFloppyController(IIsaDma dma) => new(dma.Channel(FloppyDmaChannel), _floppies[0], _floppies[1]);

    /// <summary>The IDE controller.</summary>
    /// <param name="isDecodedAtReset">No firmware switches its channels on.</param>
    public Piix3Ide NewIdeController(bool isDecodedAtReset) => new(_ide, isDecodedAtReset);

    private object? At(DriveSpec drive) => drive.Kind == DriveKind.Floppy ? _floppies[drive.Index] : _ide[drive.Index];

    private static void Put<T>(T?[] places, DriveSpec drive, T made)
        where T : class
    {
        if ((uint)drive.Index >= (uint)places.Length || places[drive.Index] is not null)
        {
            throw new MachineSpecException($"{drive.Kind} cannot be at place {drive.Index}: {(places.Length > (uint)drive.Index ? "another drive is there" : $"there are {places.Length} places")}");
        }

        places[drive.Index] = made;
    }
}
