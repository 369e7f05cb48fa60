using System;
using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// Memory accesses that are not plain RAM: finds the device through the flat map and cuts the access into naturally aligned pieces no wider
/// than the claim takes, in rising order. Bytes in holes are all ones; pieces in RAM and ROM (of an access that crosses a border) behave as such.
/// Machine's thread only.
/// </summary>
public sealed class MemoryBus
{
    // Fixed claims hide RAM and ROM, and windows hide the registers of their own device; movable ones (PCI) lie under both, as the host bridge decodes memory first.
    private const int FixedPriority = 2;
    private const int WindowPriority = 3;
    private const int MovablePriority = -1;

    private readonly GuestPhysicalSpace _space;
    private readonly PhysicalAccess _physical;
    private FlatMap _map;
    private FlatRange? _last;
    private int _movableCount;

    /// <summary>A bus over <paramref name="space"/>.</summary>
    public MemoryBus(GuestPhysicalSpace space)
    {
        _space = space;
        _physical = new PhysicalAccess(space);
        _map = space.Map;
    }

    /// <summary>Pieces of accesses that no claim or no register answered.</summary>
    public ulong UnclaimedAccesses { get; private set; }

    /// <summary>The address of the last such piece.</summary>
    public Gpa LastUnclaimed { get; private set; }

    /// <summary>Claims registers that hide RAM and ROM where they are mapped. At most 4 GiB.</summary>
    public IMmioClaim Claim(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest)
    {
        Check(region, lengthBytes);
        return new MmioClaim(_space, region, lengthBytes, block, widest, FixedPriority);
    }

    /// <summary>Claims memory to be read whose writes go to registers.</summary>
    public IRomClaim ClaimRom(string region, GuestRam rom, ulong lengthBytes, IRegisterBlock block, AccessSize widest)
    {
        Check(region, lengthBytes);
        return new MmioClaim(_space, region, lengthBytes, block, widest, FixedPriority) { Ram = rom, ShowsRegisters = false };
    }

    /// <summary>Claims registers that the guest moves.</summary>
    public IMmioClaim ClaimMovable(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest)
    {
        Check(region, lengthBytes);
        return new MmioClaim(_space, region, lengthBytes, block, widest, MovablePriority - _movableCount++);
    }

    /// <summary>Claims an aperture of card memory that the guest moves.</summary>
    public IMmioClaim ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes)
    {
        Check(region, lengthBytes);
        if (offset < 0 || offset > ram.LengthBytes || lengthBytes > (ulong)(ram.LengthBytes - offset))
        {
            throw new ArgumentOutOfRangeException(nameof(offset), region + " leaves its memory");
        }

        return new MmioClaim(_space, region, lengthBytes, null, AccessSize.Qword, MovablePriority - _movableCount++) { Ram = ram, RamOffset = offset };
    }

    /// <summary>Claims an aperture of card ROM that the guest moves.</summary>
    public IMmioClaim ClaimRom(string region, GuestRam rom, long offset, ulong lengthBytes)
    {
        MmioClaim claim = (MmioClaim)ClaimRam(region, rom, offset, lengthBytes);
        claim.IsRom = true;
        return claim;
    }

    /// <summary>Claims a window of card memory that hides everything else where it is shown.</summary>
    public IRamWindow ClaimWindow(GuestRam ram) => new RamWindow(_space, ram, WindowPriority);

    /// <summary>Reads <paramref name="size"/> bytes at <paramref name="at"/>.</summary>
    public ulong Read(Gpa at, AccessSize size)
    {
        int bytes = (int)size;
        ulong value = 0;
        int done = 0;
        while (done < bytes)
        {
            Gpa here = at + (ulong)done;
            FlatRange? range = Find(here);
            int piece = Piece(range, here, bytes - done);
            value |= ReadPiece(range, here, piece) << (done * 8);
            done += piece;
        }

        return value;
    }

    /// <summary>Writes <paramref name="size"/> bytes at <paramref name="at"/>.</summary>
    public void Write(Gpa at, AccessSize size, ulong value)
    {
        int bytes = (int)size;
        int done = 0;
        while (done < bytes)
        {
            Gpa here = at + (ulong)done;
            FlatRange? range = Find(here);
            int piece = Piece(range, here, bytes - done);
            WritePiece(range, here, piece, AccessCut.Low(value >> (done * 8), piece));
            done += piece;
        }
    }

    private static void Check(string region, ulong lengthBytes)
    {
        if (lengthBytes is 0 or > 1UL << 32)
        {
            throw new ArgumentOutOfRangeException(nameof(lengthBytes), region + ": 1 byte to 4 GiB");
        }
    }

    private static int Piece(FlatRange? range, Gpa at, int remaining)
    {
        if (range is null)
        {
            return 1;
        }

        int widest = range.Device is MmioClaim claim ? claim.Widest : 8;
        return AccessCut.Next(at.Value, remaining, widest, range.Length - (at.Value - range.Start.Value));
    }

    private ulong ReadPiece(FlatRange? range, Gpa at, int bytes)
    {
        if (range is { Kind: RegionKind.Mmio, Device: MmioClaim { Block: { } block } })
        {
            return block.TryRead(OffsetIn(range, at), (AccessSize)bytes, out ulong value) ? AccessCut.Low(value, bytes) : Unclaimed(at, bytes);
        }

        if (range?.Ram is null)
        {
            return Unclaimed(at, bytes);
        }

        Span<byte> buffer = stackalloc byte[8];
        buffer.Clear();
        _physical.Read(at, buffer[..bytes]);
        return BitConverter.ToUInt64(buffer);
    }

    private void WritePiece(FlatRange? range, Gpa at, int bytes, ulong value)
    {
        if (range?.Device is MmioClaim { Block: { } block })
        {
            if (!block.TryWrite(OffsetIn(range, at), (AccessSize)bytes, value))
            {
                Unclaimed(at, bytes);
            }
        }
        else if (range?.Ram is null)
        {
            Unclaimed(at, bytes);
        }
        else
        {
            Span<byte> buffer = stackalloc byte[8];
            BitConverter.TryWriteBytes(buffer, value);
            _physical.Write(at, buffer[..bytes]);
        }
    }

    private static uint OffsetIn(FlatRange range, Gpa at) => (uint)((ulong)range.Offset + (at.Value - range.Start.Value));

    private ulong Unclaimed(Gpa at, int bytes)
    {
        UnclaimedAccesses++;
        LastUnclaimed = at;
        return AccessCut.Low(ulong.MaxValue, bytes);
    }

    private FlatRange? Find(Gpa at)
    {
        FlatMap map = _space.Map;
        if (!ReferenceEquals(map, _map))
        {
            _map = map;
            _last = null;
        }

        if (_last is not null && _last.Contains(at))
        {
            return _last;
        }

        FlatRange? found = map.Find(at);
        _last = found ?? _last;
        return found;
    }
}
