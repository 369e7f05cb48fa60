using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>The C library calls that Doppel makes on Linux. Every P/Invoke of the project stands in this project, and only here.</summary>
internal static partial class NativeMethods
{
    internal const int ProtNone = 0;
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int ProtExec = 4;
    internal const int MapShared = 1;
    internal const int MapPrivate = 2;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const int RemapMayMove = 1;
    internal const int RemapFixed = 2;
    internal const int RemapKeepOld = 4;
    internal const uint MfdCloexec = 1;
    internal const int SeekData = 3;
    internal const int SeekHole = 4;
    internal const int DuplicateCloexec = 1030;
    internal const uint MfdNoexecSeal = 8;

    // SAFETY: plain libc calls; arguments are integers and a marshalled string, results are checked by the callers in this project.
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemfdCreate(string name, uint flags);

    /// <summary>A memfd, or -1. Kernels from 6.3 on may demand that it says whether it is a program file; ours is none: only its mapping may be executable.</summary>
    internal static int NewMemfd(string name)
    {
        int fd = MemfdCreate(name, MfdCloexec | MfdNoexecSeal);
        return fd < 0 && Marshal.GetLastPInvokeError() == Errno.InvalidArgument ? MemfdCreate(name, MfdCloexec) : fd;
    }

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Ftruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(nint addr, nuint length, int prot, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Munmap(nint addr, nuint length);

    [LibraryImport("libc", EntryPoint = "mremap", SetLastError = true)]
    internal static partial nint Mremap(nint from, nuint oldLength, nuint newLength, int flags, nint to);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Mprotect(nint addr, nuint length, int prot);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int Fcntl(int fd, int command, long argument);
}
