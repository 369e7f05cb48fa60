using Doppel.Backends;

namespace Doppel.Machine;

/// <summary>Kinds of drives.</summary>
public enum DriveKind
{
    /// <summary>ATA disk; always has its medium.</summary>
    IdeDisk = 0,

    /// <summary>ATAPI CD-ROM.</summary>
    IdeCdrom = 1,

    /// <summary>3.5 inch floppy drive.</summary>
    Floppy = 2,
}

/// <summary>A drive of the machine.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Index">IDE: 0 to 3 for primary master and slave, secondary master and slave. Floppy: 0 or 1.</param>
/// <param name="Medium">What is in it; null: empty. Belongs to the caller and serves one machine at a time.</param>
public sealed record DriveSpec(DriveKind Kind, int Index, IBlockBackend? Medium);
