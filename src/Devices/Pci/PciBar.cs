using System;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>
/// A base address register (PCI local bus specification 3.0 section 6.2.5.1): declared with its size, mapped by what the guest writes and by
/// the command register's decode bits. The claim it moves yields to memory and to fixed devices.
/// </summary>
public sealed class PciBar
{
    private readonly Func<IExpansionWindow, string, (IPortClaim? Ports, IMmioClaim? Memory)> _claim;
    private (IPortClaim? Ports, IMmioClaim? Memory) _claims;

    private PciBar(string region, ulong lengthBytes, uint kind, Func<IExpansionWindow, string, (IPortClaim?, IMmioClaim?)> claim)
    {
        ulong least = (kind & 1) != 0 ? 4UL : 16UL;
        if (lengthBytes < least || (lengthBytes & (lengthBytes - 1)) != 0 || (lengthBytes > 256 && (kind & 1) != 0) || lengthBytes > 1UL << 31)
        {
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), region + ": a power of two within what a BAR can say");
        }

        Region = region;
        LengthBytes = lengthBytes;
        Kind = kind;
        _claim = claim;
    }

    /// <summary>Name of the range.</summary>
    public string Region { get; }

    /// <summary>Size, a power of two.</summary>
    public ulong LengthBytes { get; }

    /// <summary>Where the range lies, or null while it is not decoded.</summary>
    public ulong? MappedAt { get; private set; }

    /// <summary>Whether it takes two registers.</summary>
    public bool Is64Bit => (Kind & 7) == 4;

    internal uint Kind { get; }

    internal bool IsIo => (Kind & 1) != 0;

    /// <summary>I/O ports, 4 to 256.</summary>
    public static PciBar Io(string region, uint count, IRegisterBlock block, AccessSize widest = AccessSize.Dword) =>
        new(region, count, 1, (window, name) => (window.ClaimPorts(name, count, block, widest), null));

    /// <summary>Memory-mapped registers, 16 bytes to 2 GiB.</summary>
    public static PciBar Memory(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword, bool is64Bit = false, bool prefetchable = false) =>
        new(region, lengthBytes, Flags(is64Bit, prefetchable), (window, name) => (null, window.ClaimMmio(name, lengthBytes, block, widest)));

    /// <summary>An aperture onto the card's own memory.</summary>
    public static PciBar Ram(string region, GuestRam ram, long offset, ulong lengthBytes, bool is64Bit = false) =>
        new(region, lengthBytes, Flags(is64Bit, prefetchable: true), (window, name) => (null, window.ClaimRam(name, ram, offset, lengthBytes)));

    // An expansion ROM base address register has no kind bits; bit 0 is its own enable.
    internal static PciBar Rom(string region, GuestRam rom, ulong lengthBytes) =>
        new(region, lengthBytes, 0, (window, name) => (null, window.ClaimRom(name, rom, 0, lengthBytes)));

    internal void Connect(IExpansionWindow window) => _claims = _claim(window, Region);

    internal void Map(ulong? at)
    {
        if (at == MappedAt)
        {
            return;
        }

        MappedAt = at;
        if (at is ulong address)
        {
            _claims.Ports?.Map((uint)address);
            _claims.Memory?.Map(new Gpa(address));
        }
        else
        {
            _claims.Ports?.Unmap();
            _claims.Memory?.Unmap();
        }
    }

    private static uint Flags(bool is64Bit, bool prefetchable) => (is64Bit ? 4u : 0) | (prefetchable ? 8u : 0);
}
