using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices;

/// <summary>
/// Address decoding for cards whose ranges the guest moves (PCI). What is claimed here yields to fixed claims, RAM and ROM, so that a
/// guest can place a range anywhere without harm; of two movable ranges at one address the one claimed first answers.
/// </summary>
public interface IExpansionWindow
{
    /// <summary>Claims <paramref name="count"/> ports (1 to 65,536) that answer only once mapped.</summary>
    IPortClaim ClaimPorts(string region, uint count, IRegisterBlock block, AccessSize widest = AccessSize.Dword);

    /// <summary>Claims memory-mapped registers that answer only once mapped.</summary>
    IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword);

    /// <summary>Claims an aperture of plain memory (a frame buffer) that answers only once mapped.</summary>
    IMmioClaim ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes);

    /// <summary>
    /// Claims an aperture of plain memory that a guest can only read (an expansion ROM), which answers only once mapped. Throws
    /// <see cref="System.NotSupportedException"/> in a window without ROM.
    /// </summary>
    IMmioClaim ClaimRom(string region, GuestRam rom, long offset, ulong lengthBytes) => throw new System.NotSupportedException("no ROM can be mapped here");
}

/// <summary>A range of ports that can be moved.</summary>
public interface IPortClaim
{
    /// <summary>Makes the range answer from port <paramref name="first"/>; a range that would leave the 65,536 ports disappears.</summary>
    void Map(uint first);

    /// <summary>Makes the range disappear.</summary>
    void Unmap();
}
