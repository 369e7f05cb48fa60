using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>A flag that another thread can wait for together with descriptors (an eventfd). All members may be used from any thread.</summary>
public sealed class WakeEvent : IDisposable
{
    private readonly SafeFileHandle _handle;

    /// <summary>Makes a flag that is not set.</summary>
    /// <exception cref="HostException">No descriptors are left.</exception>
    public WakeEvent()
    {
        int fd = NativeDescriptors.EventFd(0, NativeDescriptors.EventCloexec | NativeDescriptors.EventNonblocking);
        if (fd < 0)
        {
            throw Errno.Failure("cannot create an event descriptor", Marshal.GetLastPInvokeError(), "check the limit of open files");
        }

        _handle = new SafeFileHandle(fd, ownsHandle: true);
    }

    internal int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Sets the flag; who waits is woken. Does nothing once disposed.</summary>
    public void Set()
    {
        if (!_handle.IsClosed)
        {
            try
            {
                _ = NativeDescriptors.EventFdWrite(_handle, 1);
            }
            catch (ObjectDisposedException)
            {
                // Disposed between the test and the call: nobody waits any more.
            }
        }
    }

    /// <summary>Clears the flag.</summary>
    public void Clear() => _ = NativeDescriptors.EventFdRead(_handle, out _);

    /// <summary>Waits until the flag is set, at most <paramref name="timeoutMs"/> (-1: for ever). The flag stays set.</summary>
    public unsafe bool Wait(int timeoutMs)
    {
        // SAFETY: one local entry, which outlives the call.
        NativeDescriptors.PollEntry entry = new() { Descriptor = Descriptor, Events = NativeDescriptors.PollIn };
        return NativeDescriptors.Poll(&entry, 1, timeoutMs) > 0;
    }

    /// <summary>
    /// Waits until the flag is set, at most <paramref name="nanoseconds"/> (0 or more), and clears it. The host wakes a sleeper some 50 to 100
    /// microseconds late. True: it was set.
    /// </summary>
    public unsafe bool Take(long nanoseconds)
    {
        // SAFETY: two locals, which outlive the call.
        NativeDescriptors.PollEntry entry = new() { Descriptor = Descriptor, Events = NativeDescriptors.PollIn };
        NativeDescriptors.TimeSpecification most = new() { Seconds = nanoseconds / 1_000_000_000, Nanoseconds = nanoseconds % 1_000_000_000 };
        bool isSet = NativeDescriptors.PollPrecisely(&entry, 1, &most, null) > 0;
        if (isSet)
        {
            Clear();
        }

        return isSet;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
