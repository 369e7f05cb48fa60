using System;
using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>
/// A floppy drive: a stepper with a head, sensors, and the disk that people put in. Part of a <see cref="Fdc82077AaPorts"/>, which saves it. An
/// image that is shorter than its disk reads as zeros behind its end, and cannot be written there.
/// Not modelled: time to spin up; disks of the wrong size of envelope are taken, and turn at the drive's speed.
/// </summary>
public sealed class FloppyDrive : IRemovableDrive
{
    // Drives step a little farther than 80 tracks.
    private const int LastCylinder = 83;

    private IBlockBackend? _medium;
    private byte _cylinder;
    private bool _changed;

    /// <summary>Creates a drive.</summary>
    /// <param name="name">Name that people use, for example "floppy0".</param>
    /// <param name="type">Its kind, not <see cref="FloppyDriveType.None"/>.</param>
    /// <param name="medium">The disk that is in, or null; stays the caller's.</param>
    public FloppyDrive(string name, FloppyDriveType type, IBlockBackend? medium)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)type, (int)FloppyDriveType.None);
        DriveName = name;
        Type = type;
        _medium = medium;
    }

    /// <inheritdoc/>
    public string DriveName { get; }

    /// <summary>Its kind: what CMOS byte 0x10 says.</summary>
    public FloppyDriveType Type { get; }

    /// <inheritdoc/>
    public IBlockBackend? Medium => _medium;

    /// <summary>Floppy drives are opened by hand: always false.</summary>
    public bool IsLocked => false;

    /// <summary>The disk line: the disk was taken out or put in since the head last stepped.</summary>
    internal bool DiskChange => _changed || _medium is null;

    /// <summary>The head is at the outermost track.</summary>
    internal bool AtTrackZero => _cylinder == 0;

    /// <summary>The write-protect sensor, which an empty drive does not cover either.</summary>
    internal bool IsProtected => _medium is null || _medium.IsReadOnly;

    /// <summary>How the disk is formatted; null when there is none.</summary>
    internal FloppyGeometry? Format => _medium is null ? null : FloppyGeometry.Of(_medium.LengthBytes);

    // Disks of 40 tracks in a 5.25 inch drive of 80: two steps a track.
    private int StepsPerTrack => Type == FloppyDriveType.Inch5High && Format is { Tracks: 40 } ? 2 : 1;

    /// <summary>The track under the head.</summary>
    internal int Track => _cylinder / StepsPerTrack;

    /// <summary>The data rate (field of the rate registers) at which this disk can be read in this drive; -1 without a disk.</summary>
    internal int DataRate => Format?.Drive switch
    {
        null => -1,
        FloppyDriveType.Inch3Extended => Fdc82077AaRegisters.Rate1000,
        FloppyDriveType.Inch5High or FloppyDriveType.Inch3High => Fdc82077AaRegisters.Rate500,
        _ => Type == FloppyDriveType.Inch5High ? Fdc82077AaRegisters.Rate300 : Fdc82077AaRegisters.Rate250,
    };

    /// <inheritdoc/>
    public void Insert(IBlockBackend? medium)
    {
        _medium = medium;
        _changed = true;
    }

    /// <summary>Power-on: the head is somewhere, the disk is new to the drive.</summary>
    internal void PowerOn()
    {
        _cylinder = 0;
        _changed = true;
    }

    /// <summary>Steps outwards (negative) or inwards, up to the stops.</summary>
    /// <returns>Steps that were made.</returns>
    internal int Step(int steps)
    {
        int before = _cylinder;
        _cylinder = (byte)Math.Clamp(before + Math.Clamp(steps, -256, 256), 0, LastCylinder);
        if (steps != 0 && _medium is not null)
        {
            _changed = false;
        }

        return Math.Abs(_cylinder - before);
    }

    /// <summary>How far the head is from <paramref name="track"/>, in steps.</summary>
    internal int StepsTo(int track) => (track * StepsPerTrack) - _cylinder;

    /// <summary>Fills <paramref name="to"/> from byte <paramref name="offset"/> of the disk.</summary>
    internal BlockStatus Read(long offset, Span<byte> to)
    {
        to.Clear();
        if (_medium is null)
        {
            return BlockStatus.Failed;
        }

        long there = Math.Clamp(_medium.LengthBytes - offset, 0, to.Length);
        return there == 0 ? BlockStatus.Done : _medium.Read(offset, to[..(int)there]);
    }

    /// <summary>Writes to byte <paramref name="offset"/> of the disk.</summary>
    internal BlockStatus Write(long offset, ReadOnlySpan<byte> from) => _medium?.Write(offset, from) ?? BlockStatus.Failed;

    /// <summary>The motor stopped: what was written is made to last.</summary>
    internal void Stopped()
    {
        if (_medium is { IsReadOnly: false })
        {
            _ = _medium.Flush();
        }
    }

    /// <summary>Writes every field.</summary>
    internal void Save(IStateWriter to)
    {
        to.Begin("drive", 1);
        to.Write("cylinder", (ulong)_cylinder);
        to.Write("changed", _changed);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote; the disk is the machine's to put back.</summary>
    internal void Restore(IStateReader from)
    {
        from.Begin("drive", 1);
        _cylinder = (byte)from.ReadUnsigned("cylinder", LastCylinder);
        _changed = from.ReadBool("changed");
        from.End();
    }
}
