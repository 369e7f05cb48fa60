using System;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>
/// Writes to a non-blocking descriptor (a pseudo-terminal) whose reader may never read, without ever hanging in the write: another thread can stop it.
/// One thread writes; <see cref="Stop"/> is for any thread. Dispose it when the writing thread has ended. The descriptor is not closed.
/// </summary>
public sealed unsafe class StoppableWriter : IDisposable
{
    private readonly int _fd;
    private readonly WakeEvent _stop = new();

    /// <summary>Writes to <paramref name="descriptor"/>, which stays the caller's.</summary>
    public StoppableWriter(int descriptor) => _fd = descriptor;

    /// <summary>Writes all of <paramref name="bytes"/>, waiting as long as the reader makes it wait. False: stopped, or nobody can ever read.</summary>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!Wait())
            {
                return false;
            }

            // SAFETY: the span is pinned during the call and its length is passed along.
            nint done;
            fixed (byte* pointer = bytes)
            {
                done = NativeDescriptors.Write(_fd, pointer, (nuint)bytes.Length);
            }

            if (done >= 0)
            {
                bytes = bytes[(int)done..];
            }
            else if (Marshal.GetLastPInvokeError() is not (Errno.TryAgain or Errno.Interrupted))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Makes the present and every later <see cref="Write"/> return.</summary>
    public void Stop() => _stop.Set();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    // False: stopped, or the descriptor is none.
    private bool Wait()
    {
        // SAFETY: two entries in this frame, which outlive the call.
        NativeDescriptors.PollEntry* entries = stackalloc NativeDescriptors.PollEntry[2];
        entries[0] = new NativeDescriptors.PollEntry { Descriptor = _fd, Events = NativeDescriptors.PollOut };
        entries[1] = new NativeDescriptors.PollEntry { Descriptor = _stop.Descriptor, Events = NativeDescriptors.PollIn };
        int ready = NativeDescriptors.Poll(entries, 2, -1);
        return ready < 0 ? Marshal.GetLastPInvokeError() == Errno.Interrupted : entries[1].Returned == 0 && (entries[0].Returned & NativeDescriptors.PollInvalid) == 0;
    }
}
