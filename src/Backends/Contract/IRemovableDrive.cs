namespace Doppel.Backends;

/// <summary>A drive whose medium people change. Machine's thread only.</summary>
public interface IRemovableDrive
{
    /// <summary>Name that people use: "cdrom0", "floppy0".</summary>
    string DriveName { get; }

    /// <summary>The medium that is in, or null.</summary>
    IBlockBackend? Medium { get; }

    /// <summary>Whether the guest has locked the tray: <see cref="Insert"/> is then refused by the caller unless forced.</summary>
    bool IsLocked { get; }

    /// <summary>Takes the medium out (null) or puts another in; the guest sees a change of the medium. The old one stays the caller's.</summary>
    void Insert(IBlockBackend? medium);
}
