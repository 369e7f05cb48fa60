using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>The C library's error numbers that Doppel tells apart (Linux asm-generic/errno-base.h, errno.h), and their way into a <see cref="HostException"/>.</summary>
internal static class Errno
{
    internal const int NoSuchFile = 2;
    internal const int Interrupted = 4;
    internal const int NoSuchAddress = 6;
    internal const int TryAgain = 11;
    internal const int NoPermission = 13;
    internal const int Busy = 16;
    internal const int NotAFolder = 20;
    internal const int IsAFolder = 21;
    internal const int InvalidArgument = 22;
    internal const int NotATerminal = 25;
    internal const int TextBusy = 26;
    internal const int TooLarge = 27;
    internal const int NoSpace = 28;
    internal const int ReadOnlyFileSystem = 30;
    internal const int BrokenPipe = 32;
    internal const int QuotaExceeded = 122;
    internal const int NoMedium = 123;

    /// <summary>One line: what failed, the host's words for it, what to do.</summary>
    internal static HostException Failure(string what, int errno, string advice) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}; {advice}", errno);
}
