using System;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>How a <see cref="DescriptorReader.Read"/> ended.</summary>
public enum ReadOutcome
{
    /// <summary>There are bytes.</summary>
    Data = 0,

    /// <summary>The other end is gone, or the descriptor cannot be read: nothing will ever come.</summary>
    End = 1,

    /// <summary><see cref="DescriptorReader.Stop"/> was called.</summary>
    Stopped = 2,

    /// <summary>Nothing came in time.</summary>
    TimedOut = 3,
}

/// <summary>
/// Reads a descriptor (standard input, a pipe, a terminal) without ever hanging in the read: another thread can stop it.
/// One thread reads; <see cref="Stop"/> is for any thread. Dispose it when the reading thread has ended. The descriptor is not closed.
/// </summary>
public sealed unsafe class DescriptorReader : IDisposable
{
    private readonly int _fd;
    private readonly WakeEvent _stop = new();

    /// <summary>Reads from <paramref name="descriptor"/>, which stays the caller's.</summary>
    public DescriptorReader(int descriptor) => _fd = descriptor;

    /// <summary>Waits for bytes, at most <paramref name="timeoutMs"/> (-1: for ever), and takes what is there.</summary>
    /// <param name="to">Room for at least 1 byte.</param>
    /// <param name="count">Bytes read; more than 0 only with <see cref="ReadOutcome.Data"/>.</param>
    /// <param name="timeoutMs">Milliseconds, 0 to look only, -1 for ever.</param>
    public ReadOutcome Read(Span<byte> to, out int count, int timeoutMs = -1)
    {
        ArgumentOutOfRangeException.ThrowIfZero(to.Length);
        count = 0;
        long until = timeoutMs < 0 ? long.MaxValue : HostClock.MonotonicNanoseconds + (timeoutMs * 1_000_000L);

        // SAFETY: two entries in this frame, which outlive every call that gets them.
        NativeDescriptors.PollEntry* entries = stackalloc NativeDescriptors.PollEntry[2];
        while (true)
        {
            entries[0] = new NativeDescriptors.PollEntry { Descriptor = _fd, Events = NativeDescriptors.PollIn };
            entries[1] = new NativeDescriptors.PollEntry { Descriptor = _stop.Descriptor, Events = NativeDescriptors.PollIn };
            int ready = NativeDescriptors.Poll(entries, 2, Left(until));
            if (ready < 0)
            {
                if (Marshal.GetLastPInvokeError() == Errno.Interrupted)
                {
                    continue;
                }

                return ReadOutcome.End;
            }

            if (entries[1].Returned != 0)
            {
                return ReadOutcome.Stopped;
            }

            if (ready == 0)
            {
                return ReadOutcome.TimedOut;
            }

            if ((entries[0].Returned & NativeDescriptors.PollInvalid) != 0)
            {
                return ReadOutcome.End;
            }

            if (TryTake(to, out count))
            {
                return count > 0 ? ReadOutcome.Data : ReadOutcome.End;
            }
        }
    }

    /// <summary>Makes the present and every later <see cref="Read"/> return <see cref="ReadOutcome.Stopped"/>.</summary>
    public void Stop() => _stop.Set();

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private static int Left(long until) =>
        until == long.MaxValue ? -1 : (int)Math.Clamp((until - HostClock.MonotonicNanoseconds + 999_999) / 1_000_000, 0, int.MaxValue);

    // False: another reader of the same terminal was faster, or a signal came in between; wait again.
    private bool TryTake(Span<byte> to, out int count)
    {
        // SAFETY: the span is pinned during the call and its length is passed along.
        fixed (byte* pointer = to)
        {
            nint got = NativeDescriptors.Read(_fd, pointer, (nuint)to.Length);
            count = (int)Math.Max(got, 0);
            return got >= 0 || Marshal.GetLastPInvokeError() is not (Errno.Interrupted or Errno.TryAgain);
        }
    }
}
