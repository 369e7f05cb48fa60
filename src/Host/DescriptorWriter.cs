using System;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>
/// Writes to a descriptor (standard output, a pipe, a file) and never throws: the first failure is remembered, and everything after it is
/// dropped. Call <see cref="HostSignals.IgnoreBrokenPipe"/> once so that a vanished reader is a failure and not the end of the process.
/// One thread at a time. The descriptor is not closed.
/// </summary>
public sealed unsafe class DescriptorWriter
{
    private readonly int _fd;
    private readonly string _name;

    /// <summary>Writes to <paramref name="descriptor"/>; <paramref name="name"/> is what messages call it.</summary>
    public DescriptorWriter(int descriptor, string name)
    {
        _fd = descriptor;
        _name = name;
    }

    /// <summary>What went wrong first, or null.</summary>
    public HostException? Failure { get; private set; }

    /// <summary>Whether the failure is that the reader closed its end.</summary>
    public bool IsClosedByReader => Failure?.Errno == Errno.BrokenPipe;

    /// <summary>Writes all of <paramref name="bytes"/>, waiting as long as the reader makes it wait. False: failed, now or earlier.</summary>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && Failure is null)
        {
            // SAFETY: the span is pinned during the call and its length is passed along; the poll entry is a local that outlives its call.
            nint done;
            fixed (byte* pointer = bytes)
            {
                done = NativeDescriptors.Write(_fd, pointer, (nuint)bytes.Length);
            }

            if (done >= 0)
            {
                bytes = bytes[(int)done..];
                continue;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.TryAgain)
            {
                // Somebody made our standard output non-blocking (a terminal shared with another program): wait ourselves.
                NativeDescriptors.PollEntry entry = new() { Descriptor = _fd, Events = NativeDescriptors.PollOut };
                _ = NativeDescriptors.Poll(&entry, 1, -1);
            }
            else if (errno != Errno.Interrupted)
            {
                Failure = Errno.Failure($"cannot write to {_name}", errno, errno == Errno.BrokenPipe ? "the reader has closed it" : "output from here on is lost");
            }
        }

        return Failure is null;
    }
}
