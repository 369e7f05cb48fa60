using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Doppel.Primitives;

namespace Doppel.Host;

/// <summary>
/// Memory that belongs to a memfd and is mapped once, shared and writable: the ground of guest RAM.
/// Pages are backed by the host when first touched. Not garbage-collected; free it with <see cref="Dispose"/>.
/// </summary>
public sealed unsafe class SharedMemory : IDisposable
{
    private int _fd = -1;

    /// <summary>Allocates <paramref name="lengthBytes"/>, a positive multiple of 4096.</summary>
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

        nint at = NativeMethods.Mmap(0, (nuint)lengthBytes, NativeMethods.ProtRead | NativeMethods.ProtWrite, NativeMethods.MapShared | NativeMethods.MapNoReserve, _fd, 0);
        if (at == -1)
        {
            HostException error = Failure("map");
            Dispose();
            throw error;
        }

        Base = new Hva(at);
    }

    /// <summary>Length of the mapping.</summary>
    public long LengthBytes { get; }

    /// <summary>First byte of the mapping; 0 after <see cref="Dispose"/>.</summary>
    public Hva Base { get; private set; }

    /// <summary>The memfd, for mapping the same memory elsewhere.</summary>
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

    /// <summary>Unmaps the memory and closes the descriptor.</summary>
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
    }

    private HostException Failure(string verb)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new HostException(string.Create(CultureInfo.InvariantCulture, $"cannot {verb} {LengthBytes >> 20} MiB of guest memory (errno {errno}); use less --memory"), errno);
    }
}
