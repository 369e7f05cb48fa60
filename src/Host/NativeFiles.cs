using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>C library calls on files that are read and written at offsets.</summary>
internal static unsafe partial class NativeFiles
{
    internal const int OpenNonblocking = 0x800;
    internal const int SeekEnd = 2;
    internal const int LockShared = 1;
    internal const int LockExclusive = 2;
    internal const int LockOrFail = 4;
    internal const uint KindMask = 0xF000;
    internal const uint KindFolder = 0x4000;
    internal const uint KindBlockDevice = 0x6000;
    internal const uint KindRegular = 0x8000;

    // SAFETY: libc call; the pointer is a pinned span whose length is passed along. Callers check the result.
    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    internal static partial nint ReadAt(SafeFileHandle fd, byte* to, nuint length, long offset);

    // SAFETY: as above.
    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint WriteAt(SafeFileHandle fd, byte* from, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int SyncData(SafeFileHandle fd);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(SafeFileHandle fd, int operation);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeFileHandle fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(SafeFileHandle fd, long length);

    // SAFETY: fills the struct, which is as long as the C library's (144 bytes on x86-64).
    [LibraryImport("libc", EntryPoint = "fstat", SetLastError = true)]
    internal static partial int Status(SafeFileHandle fd, FileStatus* to);

    /// <summary>struct stat of the C library on x86-64, as far as it is looked at.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct FileStatus
    {
        [FieldOffset(24)]
        internal uint Mode;
    }
}
