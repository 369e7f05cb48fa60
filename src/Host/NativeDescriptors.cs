using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>C library calls on descriptors, processes and signals.</summary>
internal static unsafe partial class NativeDescriptors
{
    internal const short PollIn = 1;
    internal const short PollOut = 4;
    internal const short PollError = 8;
    internal const short PollHangUp = 0x10;
    internal const short PollInvalid = 0x20;
    internal const int EventCloexec = 0x8_0000;
    internal const int EventNonblocking = 0x800;
    internal const int SignalHangUp = 1;
    internal const int SignalBrokenPipe = 13;
    internal const int SignalStopAtOnce = 19;
    internal const int OpenReadWrite = 2;
    internal const int OpenNoControllingTerminal = 0x100;
    internal const int OpenNonblocking = 0x800;
    internal const int OpenCloexec = 0x8_0000;
    internal const int OpenNameless = 0x41_0000;
    internal const int OpenNew = 0xC0;
    internal const int OwnerOnly = 0x180;
    internal const int FollowLinks = 0x400;
    internal const int WorkingFolder = -100;
    internal static readonly nint IgnoreSignal = 1;

    // SAFETY: libc calls; pointers are pinned spans whose length is passed along, or locals that outlive the call. Callers check the results.
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* to, nuint length);

    // SAFETY: as above.
    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* from, nuint length);

    // SAFETY: as above; "fds" points to "count" entries.
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* fds, nuint count, int timeoutMs);

    // SAFETY: as above; the time and the mask, which may be null, outlive the call.
    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    internal static partial int PollPrecisely(PollEntry* fds, nuint count, TimeSpecification* timeout, void* signals);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenWithMode(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int LinkAt(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(string path);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "eventfd_write", SetLastError = true)]
    internal static partial int EventFdWrite(SafeFileHandle fd, ulong value);

    [LibraryImport("libc", EntryPoint = "eventfd_read", SetLastError = true)]
    internal static partial int EventFdRead(SafeFileHandle fd, out ulong value);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint Signal(int number, nint handler);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);

    /// <summary>struct timespec of the C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimeSpecification
    {
        internal long Seconds;
        internal long Nanoseconds;
    }

    /// <summary>struct pollfd of the C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }
}
