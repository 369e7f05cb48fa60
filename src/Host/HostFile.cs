using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>Why a file could not be opened.</summary>
public enum FileProblem
{
    /// <summary>Another reason, in the host's words.</summary>
    Other = 0,

    /// <summary>There is no such file.</summary>
    Missing = 1,

    /// <summary>It is a folder.</summary>
    Folder = 2,

    /// <summary>The user may not read it.</summary>
    Unreadable = 3,

    /// <summary>The user may read it, but not write it.</summary>
    Unwritable = 4,

    /// <summary>Another process, or this one, holds it open in a way that excludes this.</summary>
    Locked = 5,

    /// <summary>Neither a file nor a block device.</summary>
    WrongKind = 6,

    /// <summary>A drive without a medium.</summary>
    NoMedium = 7,
}

/// <summary>How an access to an open file ended.</summary>
public enum FileOutcome
{
    /// <summary>All of it was done.</summary>
    Done = 0,

    /// <summary>The file ends before.</summary>
    Ended = 1,

    /// <summary>The host has no room, or the user's quota is spent.</summary>
    NoSpace = 2,

    /// <summary>The host failed.</summary>
    Failed = 3,
}

/// <summary>
/// A file or block device read and written at offsets. Writers hold it alone, readers share it: by an advisory lock (flock), which ends with
/// the process. Accesses may come from several threads; one thread disposes it when they are done.
/// </summary>
public sealed unsafe class HostFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private HostFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens what <paramref name="path"/> names, following links; null and a reason when that does not work.</summary>
    /// <param name="path">Name of a file or block device.</param>
    /// <param name="writable">Open for writing, and lock others out; otherwise for reading, and lock writers out.</param>
    /// <param name="problem">Why not.</param>
    /// <param name="words">The host's words for it, or nothing.</param>
    public static HostFile? TryOpen(string path, bool writable, out FileProblem problem, out string words)
    {
        // Without "nonblocking" a pipe or an empty drive would make this wait or fail.
        int fd = NativeDescriptors.Open(path, (writable ? NativeDescriptors.OpenReadWrite : 0) | NativeDescriptors.OpenCloexec | NativeFiles.OpenNonblocking | NativeDescriptors.OpenNoControllingTerminal);
        if (fd < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            words = Marshal.GetPInvokeErrorMessage(errno);
            problem = errno switch
            {
                Errno.NoSuchFile or Errno.NotAFolder or Errno.NoSuchAddress => FileProblem.Missing,
                Errno.IsAFolder => FileProblem.Folder,
                Errno.NoMedium => FileProblem.NoMedium,
                Errno.Busy => FileProblem.Locked,
                Errno.ReadOnlyFileSystem or Errno.TextBusy => FileProblem.Unwritable,
                Errno.NoPermission => writable && IsReadable(path) ? FileProblem.Unwritable : FileProblem.Unreadable,
                _ => FileProblem.Other,
            };
            return null;
        }

        SafeFileHandle handle = new(fd, ownsHandle: true);
        words = string.Empty;
        problem = KindProblem(handle);
        if (problem == FileProblem.Other && TryLock(handle, writable))
        {
            return new HostFile(handle);
        }

        problem = problem == FileProblem.Other ? FileProblem.Locked : problem;
        handle.Dispose();
        return null;
    }

    /// <summary>An empty file without a name in <paramref name="folder"/>: gone when closed. Falls back to memory where the folder cannot have one.</summary>
    /// <exception cref="HostException">Neither works.</exception>
    public static HostFile Nameless(string folder)
    {
        int fd = NativeDescriptors.OpenWithMode(folder, NativeDescriptors.OpenNameless | NativeDescriptors.OpenReadWrite | NativeDescriptors.OpenCloexec, NativeDescriptors.OwnerOnly);
        if (fd < 0)
        {
            fd = NativeMethods.NewMemfd("doppel-changes");
        }

        if (fd < 0)
        {
            throw Errno.Failure($"cannot make a temporary file in {folder}", Marshal.GetLastPInvokeError(), "set TMPDIR to a folder that you may write to");
        }

        return new HostFile(new SafeFileHandle(fd, ownsHandle: true));
    }

    /// <summary>Length in bytes, of a device its capacity; 0 when the host does not say.</summary>
    public long Length => Math.Max(0, NativeFiles.Seek(_handle, 0, NativeFiles.SeekEnd));

    /// <summary>Makes the file <paramref name="length"/> bytes long; what is new reads as zeros and takes no room.</summary>
    public FileOutcome TryResize(long length) => NativeFiles.Truncate(_handle, length) == 0 ? FileOutcome.Done : Outcome(Marshal.GetLastPInvokeError());

    /// <summary>Reads all of <paramref name="to"/> from <paramref name="offset"/> on.</summary>
    public FileOutcome TryRead(long offset, Span<byte> to)
    {
        while (to.Length > 0)
        {
            nint got;

            // SAFETY: the span stays pinned during the call, which writes at most its length.
            fixed (byte* at = to)
            {
                got = NativeFiles.ReadAt(_handle, at, (nuint)to.Length, offset);
            }

            if (got > 0)
            {
                to = to[(int)got..];
                offset += got;
            }
            else if (got == 0)
            {
                return FileOutcome.Ended;
            }
            else if (Marshal.GetLastPInvokeError() is var errno && errno != Errno.Interrupted)
            {
                return Outcome(errno);
            }
        }

        return FileOutcome.Done;
    }

    /// <summary>Writes all of <paramref name="from"/> from <paramref name="offset"/> on.</summary>
    public FileOutcome TryWrite(long offset, ReadOnlySpan<byte> from)
    {
        while (from.Length > 0)
        {
            nint put;

            // SAFETY: the span stays pinned during the call, which reads at most its length.
            fixed (byte* at = from)
            {
                put = NativeFiles.WriteAt(_handle, at, (nuint)from.Length, offset);
            }

            if (put > 0)
            {
                from = from[(int)put..];
                offset += put;
            }
            else if (put == 0)
            {
                return FileOutcome.NoSpace;
            }
            else if (Marshal.GetLastPInvokeError() is var errno && errno != Errno.Interrupted)
            {
                return Outcome(errno);
            }
        }

        return FileOutcome.Done;
    }

    /// <summary>Has the host store what was written. A file that cannot be told to is taken as stored.</summary>
    public FileOutcome TryFlush() =>
        NativeFiles.SyncData(_handle) == 0 || Marshal.GetLastPInvokeError() is Errno.InvalidArgument or Errno.ReadOnlyFileSystem ? FileOutcome.Done : Outcome(Marshal.GetLastPInvokeError());

    /// <summary>Closes the file and lets go of the lock.</summary>
    public void Dispose() => _handle.Dispose();

    private static FileOutcome Outcome(int errno) =>
        errno is Errno.NoSpace or Errno.QuotaExceeded or Errno.TooLarge ? FileOutcome.NoSpace : FileOutcome.Failed;

    // File systems without locks (some network mounts) say so; there the user is on his own.
    private static bool TryLock(SafeFileHandle handle, bool writable) =>
        NativeFiles.Lock(handle, (writable ? NativeFiles.LockExclusive : NativeFiles.LockShared) | NativeFiles.LockOrFail) == 0
        || Marshal.GetLastPInvokeError() != Errno.TryAgain;

    private static FileProblem KindProblem(SafeFileHandle handle)
    {
        NativeFiles.FileStatus status = default;

        // SAFETY: a local of the length that the C library fills.
        if (NativeFiles.Status(handle, &status) != 0)
        {
            return FileProblem.WrongKind;
        }

        return (status.Mode & NativeFiles.KindMask) switch
        {
            NativeFiles.KindRegular or NativeFiles.KindBlockDevice => FileProblem.Other,
            NativeFiles.KindFolder => FileProblem.Folder,
            _ => FileProblem.WrongKind,
        };
    }

    private static bool IsReadable(string path)
    {
        int fd = NativeDescriptors.Open(path, NativeDescriptors.OpenCloexec | NativeFiles.OpenNonblocking);
        if (fd >= 0)
        {
            _ = NativeMethods.Close(fd);
        }

        return fd >= 0;
    }
}
