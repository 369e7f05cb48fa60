using System;
using Doppel.Host;

namespace Doppel.Backends.Disk;

/// <summary>
/// A raw image, a block device or a drive of the host as a disk, byte for byte: nothing in it is ever taken for a format (a guest could write one
/// there). A writer holds it alone, readers share it. Reads may come from several threads at once.
/// </summary>
public sealed class DiskFile : IBlockBackend
{
    private readonly HostFile _file;

    private DiskFile(HostFile file, string path, long lengthBytes, bool isReadOnly)
    {
        _file = file;
        Description = path;
        LengthBytes = lengthBytes;
        IsReadOnly = isReadOnly;
    }

    /// <inheritdoc/>
    public long LengthBytes { get; }

    /// <inheritdoc/>
    public bool IsReadOnly { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <summary>Opens the file or device that <paramref name="path"/> names.</summary>
    /// <param name="path">A raw image, or a device such as /dev/sr0.</param>
    /// <param name="readOnly">Never write; others may read it too.</param>
    /// <exception cref="DiskException">Not there, empty, a folder, held by another, not to be written.</exception>
    public static DiskFile Open(string path, bool readOnly)
    {
        HostFile? file = HostFile.TryOpen(path, !readOnly, out FileProblem problem, out string words);
        if (file is null)
        {
            throw Refusal(path, readOnly, problem, words);
        }

        long length = file.Length;
        if (length == 0)
        {
            file.Dispose();
            throw path.StartsWith("/dev/", StringComparison.Ordinal)
                ? new DiskException(DiskProblem.NoMedium, $"{path} has no medium; put one in")
                : new DiskException(DiskProblem.Empty, $"{path} is empty; give it the size of a disk, for example by: truncate -s 4G {path}");
        }

        return new DiskFile(file, path, length, readOnly);
    }

    /// <inheritdoc/>
    public BlockStatus Read(long offset, Span<byte> to) => !Fits(offset, to.Length) ? BlockStatus.OutOfRange : Status(_file.TryRead(offset, to));

    /// <inheritdoc/>
    public BlockStatus Write(long offset, ReadOnlySpan<byte> from)
    {
        if (!Fits(offset, from.Length))
        {
            return BlockStatus.OutOfRange;
        }

        return IsReadOnly ? BlockStatus.ReadOnly : Status(_file.TryWrite(offset, from));
    }

    /// <inheritdoc/>
    public BlockStatus Flush() => IsReadOnly ? BlockStatus.Done : Status(_file.TryFlush());

    /// <summary>Closes it and lets others have it.</summary>
    public void Dispose() => _file.Dispose();

    internal static BlockStatus Status(FileOutcome outcome) => outcome switch
    {
        FileOutcome.Done => BlockStatus.Done,
        FileOutcome.NoSpace => BlockStatus.NoSpace,
        _ => BlockStatus.Failed,
    };

    private static DiskException Refusal(string path, bool readOnly, FileProblem problem, string words) => problem switch
    {
        FileProblem.Missing => new(DiskProblem.Missing, $"{path} is not there; check the name, or make it, for example by: truncate -s 4G {path}"),
        FileProblem.Folder => new(DiskProblem.Folder, $"{path} is a folder; name an image file or a block device"),
        FileProblem.Unreadable => new(DiskProblem.Unreadable, $"{path} may not be read by you; change its permissions or your groups"),
        FileProblem.Unwritable => new(DiskProblem.Unwritable, $"{path} cannot be written; use it read-only or in snapshot mode, or change its permissions"),
        FileProblem.Locked => new(DiskProblem.Locked, readOnly
            ? $"{path} is being written by another machine or program; stop that one, or use a copy"
            : $"{path} is in use by another machine or program; stop that one, or use it in snapshot mode while nobody writes it"),
        FileProblem.WrongKind => new(DiskProblem.WrongKind, $"{path} is neither a file nor a block device; name an image file"),
        FileProblem.NoMedium => new(DiskProblem.NoMedium, $"{path} has no medium; put one in"),
        _ => new(DiskProblem.Other, $"cannot open {path}: {words}; check the name and its permissions"),
    };

    private bool Fits(long offset, int length) => offset >= 0 && offset <= LengthBytes - length;
}
