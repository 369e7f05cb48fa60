using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Doppel.Primitives;

namespace Doppel.Host;

/// <summary>
/// Memory mapped once, writable, outside the garbage-collected heap: the ground of guest RAM. It is a memfd of its own, or changes of its own
/// over a <see cref="MemoryGround"/> that others may lie over too. Pages are backed by the host when first touched.
/// Not for several threads at once, but for reading. Free it with <see cref="Dispose"/>.
/// </summary>
public sealed unsafe class SharedMemory : IDisposable
{
    private int _fd = -1;
    private MemoryGround? _ground;

    /// <summary>Allocates <paramref name="lengthBytes"/> of zeros, a positive multiple of 4096.</summary>
    /// <exception cref="HostException">The host has no address space or descriptors left.</exception>
    public SharedMemory(string name, long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        if ((lengthBytes & 0xFFF) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), "not a multiple of the page size");
        }

        LengthBytes = lengthBytes;
        _fd = NativeMethods.NewMemfd(name);
        if (_fd < 0)
        {
            throw Failure("create");
        }

        if (NativeMethods.Ftruncate(_fd, lengthBytes) != 0)
        {
            HostException error = Failure("size");
            Dispose();
            throw error;
        }

        Base = MapOrDispose(0, NativeMethods.MapShared, _fd, 0);
    }

    /// <summary>Lies over <paramref name="ground"/>: reads what is there until it writes, and keeps its own changes.</summary>
    /// <exception cref="HostException">The host has no address space left.</exception>
    public SharedMemory(MemoryGround ground)
    {
        LengthBytes = ground.LengthBytes;
        _ground = ground.Share();
        Base = MapOrDispose(0, NativeMethods.MapPrivate, ground.Descriptor, ground.OffsetBytes);
    }

    /// <summary>Length of the mapping.</summary>
    public long LengthBytes { get; }

    /// <summary>First byte of the mapping; 0 after <see cref="Dispose"/>.</summary>
    public Hva Base { get; private set; }

    /// <summary>What this lies over, or null while it is a memfd of its own.</summary>
    public MemoryGround? Ground => _ground;

    /// <summary>The memfd, for mapping the same memory elsewhere; -1 once it lies over a ground, whose changes only this mapping shows.</summary>
    public int Descriptor => _fd;

    /// <summary>The bytes from <paramref name="offset"/>; throws when they leave the mapping.</summary>
    public Span<byte> Span(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(Base.Value == 0, this);
        if (offset < 0 || length < 0 || offset > LengthBytes - length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset));
        }

        // SAFETY: the range was just checked against the live mapping, which stays until Dispose.
        return new Span<byte>((byte*)Base.Value + offset, length);
    }

    /// <summary>
    /// Turns the memfd into ground and goes on over it at the same address: from now on this memory's writes are seen by nobody else. Takes
    /// as long as one mapping, whatever the length; the pages are mapped again when touched.
    /// </summary>
    /// <returns>The ground, which stays this object's.</returns>
    /// <exception cref="HostException">The host refused; the memory is as before.</exception>
    public MemoryGround Freeze()
    {
        ObjectDisposedException.ThrowIf(Base.Value == 0, this);
        if (_ground is not null)
        {
            throw new InvalidOperationException("it lies over a ground already");
        }

        MemoryGround ground = MemoryGround.Duplicate(_fd, 0, LengthBytes);
        PageTablesAside.Move(Base.Value, LengthBytes);

        // SAFETY: replaces our own mapping, which no pointer outlives, by one of the same length and content at the same place.
        if (NativeMethods.Mmap(Base.Value, (nuint)LengthBytes, NativeMethods.ProtRead | NativeMethods.ProtWrite, NativeMethods.MapPrivate | NativeMethods.MapFixed | NativeMethods.MapNoReserve, _fd, 0) == -1)
        {
            HostException error = Failure("freeze");
            ground.Dispose();
            throw error;
        }

        _ = NativeMethods.Close(_fd);
        _fd = -1;
        _ground = ground;
        return ground;
    }

    /// <summary>
    /// The first stretch at or after <paramref name="from"/> that the memfd or the ground has stored; what else was written over a ground is for
    /// the caller to know. False: none comes any more.
    /// </summary>
    public bool NextStored(long from, out long start, out long end) =>
        _ground is { } ground ? ground.NextStored(from, out start, out end) : MemoryGround.NextStored(_fd, 0, LengthBytes, from, out start, out end);

    /// <summary>Unmaps the memory and lets go of what it lay over.</summary>
    public void Dispose()
    {
        if (Base.Value != 0)
        {
            _ = NativeMethods.Munmap(Base.Value, (nuint)LengthBytes);
            Base = default;
        }

        if (_fd >= 0)
        {
            _ = NativeMethods.Close(_fd);
            _fd = -1;
        }

        _ground?.Dispose();
        _ground = null;
    }

    private Hva MapOrDispose(nint at, int flags, int fd, long offset)
    {
        nint mapped = NativeMethods.Mmap(at, (nuint)LengthBytes, NativeMethods.ProtRead | NativeMethods.ProtWrite, flags | NativeMethods.MapNoReserve, fd, offset);
        if (mapped == -1)
        {
            HostException error = Failure("map");
            Dispose();
            throw error;
        }

        return new Hva(mapped);
    }

    private HostException Failure(string verb)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new HostException(string.Create(CultureInfo.InvariantCulture, $"cannot {verb} {LengthBytes >> 20} MiB of guest memory (errno {errno}); use less --memory"), errno);
    }
}
