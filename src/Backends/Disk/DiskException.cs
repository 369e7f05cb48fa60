using Doppel.Host;

namespace Doppel.Backends.Disk;

/// <summary>Why a disk could not be opened.</summary>
public enum DiskProblem
{
    /// <summary>Another reason, in the host's words.</summary>
    Other = 0,

    /// <summary>There is no such file.</summary>
    Missing = 1,

    /// <summary>It is a folder.</summary>
    Folder = 2,

    /// <summary>It has no bytes.</summary>
    Empty = 3,

    /// <summary>Another machine or program has it open for writing, or this one wants to write while others read.</summary>
    Locked = 4,

    /// <summary>It can be read only.</summary>
    Unwritable = 5,

    /// <summary>It may not be read.</summary>
    Unreadable = 6,

    /// <summary>A drive without a medium.</summary>
    NoMedium = 7,

    /// <summary>Neither a file nor a block device.</summary>
    WrongKind = 8,
}

/// <summary>A disk could not be opened. The message is one line for people: what failed and what to do.</summary>
public sealed class DiskException : HostException
{
    /// <summary>Creates the error.</summary>
    public DiskException(DiskProblem problem, string message)
        : base(message) => Problem = problem;

    /// <summary>What is wrong with the disk.</summary>
    public DiskProblem Problem { get; }
}
