using System;
using System.Runtime.InteropServices;

namespace Doppel.Host;

/// <summary>
/// Room for machine code that this process made: a memfd mapped twice, once readable and writable, once readable and executable.
/// No mapping is ever both, so hosts that forbid writable code allow it. Code is appended and never changed or freed in place.
/// One thread appends at a time; appended code may run on any thread that learns its address afterwards.
/// </summary>
public sealed unsafe class ExecutableMemory : IDisposable
{
    private const int PageBytes = 4096;
    private const int Alignment = 16;
    private const byte Breakpoint = 0xCC;

    private nint _writable;
    private nint _executable;

    /// <summary>Reserves room for <paramref name="capacityBytes"/> of code, rounded up to whole pages of 4096 bytes.</summary>
    /// <exception cref="HostException">The host allows no executable memory.</exception>
    public ExecutableMemory(int capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacityBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacityBytes, int.MaxValue - PageBytes);
        CapacityBytes = (capacityBytes + PageBytes - 1) & -PageBytes;

        int fd = CreateFile();
        try
        {
            if (NativeMethods.Ftruncate(fd, CapacityBytes) != 0)
            {
                throw Refusal("size", "check memory limits");
            }

            _writable = Map(fd, NativeMethods.ProtRead | NativeMethods.ProtWrite);
            _executable = Map(fd, NativeMethods.ProtRead | NativeMethods.ProtExec);
        }
        catch (HostException)
        {
            Dispose();
            throw;
        }
        finally
        {
            _ = NativeMethods.Close(fd);
        }
    }

    /// <summary>Size of the room in bytes.</summary>
    public int CapacityBytes { get; }

    /// <summary>Bytes appended so far, padding included.</summary>
    public int UsedBytes { get; private set; }

    /// <summary>Executable address that the next <see cref="Append"/> will return: for code that must know where it stands.</summary>
    public nint NextAddress => _executable + UsedBytes;

    /// <summary>Tries whether this process may make and run code; cheap enough for every start.</summary>
    /// <param name="why">One line for people, or empty when it works.</param>
    public static bool IsAvailable(out string why)
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            why = $"the host is {RuntimeInformation.ProcessArchitecture}, code is made for x86-64 only";
            return false;
        }

        try
        {
            using ExecutableMemory memory = new(PageBytes);

            // mov eax, 0x00D0_BBE1; ret
            nint code = memory.Append([0xB8, 0xE1, 0xBB, 0xD0, 0x00, 0xC3]);

            // SAFETY: the six bytes are a complete function without arguments that keeps every callee-saved register, and the mapping lives.
            int answer = ((delegate* unmanaged<int>)code)();
            why = answer == 0x00D0_BBE1 ? string.Empty : "code written through one mapping does not run through the other";
        }
        catch (HostException error)
        {
            why = error.Message;
        }

        return why.Length == 0;
    }

    /// <summary>Whether <paramref name="lengthBytes"/> more bytes fit.</summary>
    public bool HasRoom(int lengthBytes) => lengthBytes >= 0 && lengthBytes <= CapacityBytes - UsedBytes;

    /// <summary>Copies <paramref name="code"/> behind what is there.</summary>
    /// <returns>Its executable address, a multiple of 16; valid until <see cref="Dispose"/>.</returns>
    /// <exception cref="HostException">There is no room; see <see cref="HasRoom"/>.</exception>
    public nint Append(ReadOnlySpan<byte> code)
    {
        ObjectDisposedException.ThrowIf(_writable == 0, this);
        if (!HasRoom(code.Length))
        {
            throw new HostException($"no room for {code.Length} more bytes of code ({UsedBytes} of {CapacityBytes} used)");
        }

        // SAFETY: UsedBytes + code.Length <= CapacityBytes was just checked, CapacityBytes and UsedBytes are multiples of 16, and the mapping lives until Dispose.
        int length = (code.Length + Alignment - 1) & -Alignment;
        Span<byte> room = new((byte*)_writable + UsedBytes, length);
        code.CopyTo(room);
        room[code.Length..].Fill(Breakpoint);
        nint at = NextAddress;
        UsedBytes += length;
        return at;
    }

    /// <summary>Unmaps the code; nobody may run it any more.</summary>
    public void Dispose()
    {
        Unmap(ref _writable);
        Unmap(ref _executable);
    }

    private static int CreateFile()
    {
        int fd = NativeMethods.NewMemfd("doppel-code");
        return fd >= 0 ? fd : throw Refusal("create", "check the limit of open files and the container's system call filter");
    }

    private static HostException Refusal(string verb, string advice) =>
        Errno.Failure($"cannot {verb} executable memory", Marshal.GetLastPInvokeError(), advice);

    private nint Map(int fd, int protection)
    {
        nint at = NativeMethods.Mmap(0, (nuint)CapacityBytes, protection, NativeMethods.MapShared, fd, 0);
        return at != -1 ? at : throw Refusal("map", "the host's security policy may forbid it; engines that make no code still work");
    }

    private void Unmap(ref nint at)
    {
        if (at != 0)
        {
            _ = NativeMethods.Munmap(at, (nuint)CapacityBytes);
            at = 0;
        }
    }
}
