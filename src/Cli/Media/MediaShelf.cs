using System;
using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Backends.Disk;
using Doppel.Cli.Reporting;
using Doppel.Machine;

namespace Doppel.Cli.Media;

/// <summary>The images that this run has open, each in the drive it was opened for. Disposed when the machine is.</summary>
internal sealed class MediaShelf(CliStreams streams) : IDisposable
{
    private readonly List<IBlockBackend> _open = [];

    /// <summary>Opens what an option names; throws the error for people.</summary>
    internal IBlockBackend? Open(string option, DriveOption drive, DriveKind kind)
    {
        if (drive.Path is null)
        {
            return null;
        }

        try
        {
            IBlockBackend medium = Open(drive.Path, drive.Mode, kind);
            lock (_open)
            {
                _open.Add(medium);
            }

            return medium;
        }
        catch (DiskException e)
        {
            throw Error(option, e);
        }
    }

    /// <summary>Why <paramref name="option"/>'s image cannot be used, for people.</summary>
    internal static CliException Error(string option, DiskException e) => new(
        e.Problem switch
        {
            DiskProblem.Missing or DiskProblem.Unreadable => ExitCode.NotFound,
            DiskProblem.Other => ExitCode.HostCannot,
            _ => ExitCode.Usage,
        },
        $"{option}: {Printable.Line(e.Message)}");

    /// <summary>Closes a medium that is in no drive any more.</summary>
    internal void Close(IBlockBackend? medium)
    {
        lock (_open)
        {
            if (medium is not null && _open.Remove(medium))
            {
                medium.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_open)
        {
            _open.ForEach(medium => medium.Dispose());
            _open.Clear();
        }
    }

    private IBlockBackend Open(string path, WriteMode mode, DriveKind kind) => mode switch
    {
        WriteMode.Discard => new OverlayDisk(DiskFile.Open(path, readOnly: true)),
        _ => new WatchedMedium(DiskFile.Open(path, readOnly: mode == WriteMode.ReadOnly || kind == DriveKind.IdeCdrom), streams.Say),
    };
}
