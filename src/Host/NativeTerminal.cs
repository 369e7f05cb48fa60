using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>C library calls on terminals, with the constants of Linux on x86-64 (asm-generic/termbits.h, asm-generic/ioctls.h).</summary>
internal static unsafe partial class NativeTerminal
{
    internal const int SignalContinue = 18;
    internal const int SignalStop = 20;
    internal const int SetNow = 0;
    internal const nuint GetWindowSize = 0x5413;
    internal const nuint GetPtyNumber = 0x8004_5430;
    internal const nuint LockPty = 0x4004_5431;

    internal const uint InputBreakIgnored = 0x1;
    internal const uint InputBreakSignals = 0x2;
    internal const uint InputMarksParity = 0x8;
    internal const uint InputStrips = 0x20;
    internal const uint InputNewLineToReturn = 0x40;
    internal const uint InputReturnIgnored = 0x80;
    internal const uint InputReturnToNewLine = 0x100;
    internal const uint InputStopsOutput = 0x400;

    internal const uint OutputProcessed = 0x1;

    internal const uint LocalSignals = 0x1;
    internal const uint LocalCanonical = 0x2;
    internal const uint LocalEcho = 0x8;
    internal const uint LocalEchoNewLine = 0x40;
    internal const uint LocalExtensions = 0x8000;

    internal const int MinimumIndex = 6;
    internal const int TimeIndex = 5;

    [LibraryImport("libc", EntryPoint = "isatty", SetLastError = true)]
    internal static partial int IsTerminal(int fd);

    // SAFETY: the struct is 60 bytes long, the size of glibc's struct termios on x86-64, and is a local or field that outlives the call.
    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetAttributes(int fd, out Termios attributes);

    // SAFETY: as above.
    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetAttributes(int fd, int when, in Termios attributes);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp", SetLastError = true)]
    internal static partial int ForegroundGroup(int fd);

    [LibraryImport("libc", EntryPoint = "getpgrp")]
    internal static partial int OwnGroup();

    // SAFETY: each request used here reads or writes at most 8 bytes; callers pass a local of at least that size. The variadic C function takes
    // its third argument in the same register as a fixed one on x86-64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(int fd, nuint request, void* argument);

    /// <summary>struct termios of glibc on x86-64 (bits/termios-struct.h): 60 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Termios
    {
        internal uint Input;
        internal uint Output;
        internal uint Control;
        internal uint Local;
        internal byte Line;
        internal fixed byte Characters[32];
        internal uint InputSpeed;
        internal uint OutputSpeed;
    }

    /// <summary>struct winsize.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct WindowSize
    {
        internal ushort Rows;
        internal ushort Columns;
        internal ushort WidthPixels;
        internal ushort HeightPixels;
    }
}
