using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Host;

/// <summary>
/// Bytes that nobody changes any more and that any number of <see cref="SharedMemory"/> lie over, each with its own changes: a frozen memfd, or
/// a piece of a file. Held open while somebody uses it (<see cref="Share"/>, <see cref="Dispose"/>). Any thread.
/// </summary>
public sealed class MemoryGround : IDisposable
{
    private readonly Holder _holder;
    private int _isReleased;

    private MemoryGround(Holder holder) => _holder = holder;

    /// <summary>First byte in the file, a multiple of 4096.</summary>
    public long OffsetBytes => _holder.Offset;

    /// <summary>Length in bytes, a multiple of 4096.</summary>
    public long LengthBytes => _holder.Length;

    internal int Descriptor => _holder.Descriptor;

    /// <summary>
    /// Ground from a piece of a file. The file must not get shorter while it is in use (a file may be replaced by renaming another over it).
    /// </summary>
    /// <param name="file">The file, open for reading; stays the caller's.</param>
    /// <param name="offset">First byte, a multiple of 4096.</param>
    /// <param name="lengthBytes">Length, a positive multiple of 4096; the file must reach as far.</param>
    /// <exception cref="HostException">The host has no descriptors left.</exception>
    public static MemoryGround OfFile(SafeFileHandle file, long offset, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        if (((offset | lengthBytes) & 0xFFF) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), "not a multiple of the page size");
        }

        bool isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            return Duplicate((int)file.DangerousGetHandle(), offset, lengthBytes);
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    /// <summary>Another hold on the same bytes.</summary>
    public MemoryGround Share()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isReleased) != 0, this);
        Interlocked.Increment(ref _holder.Users);
        return new MemoryGround(_holder);
    }

    /// <summary>
    /// The first stretch of bytes at or after <paramref name="from"/> that the host has stored; all else is zeros. False: none comes any more.
    /// </summary>
    /// <param name="from">Offset in this ground.</param>
    /// <param name="start">Where it begins, at or after <paramref name="from"/>.</param>
    /// <param name="end">Where it ends.</param>
    public bool NextStored(long from, out long start, out long end) => NextStored(Descriptor, OffsetBytes, LengthBytes, from, out start, out end);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0 && Interlocked.Decrement(ref _holder.Users) == 0)
        {
            _ = NativeMethods.Close(_holder.Descriptor);
        }
    }

    internal static MemoryGround Duplicate(int descriptor, long offset, long lengthBytes)
    {
        int copy = NativeMethods.Fcntl(descriptor, NativeMethods.DuplicateCloexec, 0);
        return copy >= 0
            ? new MemoryGround(new Holder { Descriptor = copy, Offset = offset, Length = lengthBytes })
            : throw Errno.Failure("cannot hold the memory's file", Marshal.GetLastPInvokeError(), "raise the limit of open files");
    }

    internal static bool NextStored(int descriptor, long offset, long length, long from, out long start, out long end)
    {
        start = end = length;
        if (from >= length)
        {
            return false;
        }

        long data = NativeMethods.Seek(descriptor, offset + from, NativeMethods.SeekData);
        if (data < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.NoSuchAddress)
            {
                return false;
            }

            // A file system that cannot tell: everything may be stored.
            start = errno == Errno.InvalidArgument ? from : throw Failure(errno);
            return true;
        }

        if (data >= offset + length)
        {
            return false;
        }

        long hole = NativeMethods.Seek(descriptor, data, NativeMethods.SeekHole);
        start = data - offset;
        end = hole < 0 ? length : Math.Min(length, hole - offset);
        return true;
    }

    private static HostException Failure(int errno) =>
        new(string.Create(CultureInfo.InvariantCulture, $"cannot look for stored memory (errno {errno}); put the file on a local disk"), errno);

    private sealed class Holder
    {
        public int Descriptor { get; init; }

        public long Offset { get; init; }

        public long Length { get; init; }

        public int Users = 1;
    }
}
