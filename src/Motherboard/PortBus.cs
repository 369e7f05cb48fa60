using System;
using System.Collections.Generic;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// The 65,536 I/O ports. Fixed claims are made at assembly; two of them may share ports only when one lies wholly inside the other and takes
/// narrower accesses: it then is an overlay. <b>Overlay rule:</b> what is left of an access at a port goes to the overlay when it starts at one
/// of the overlay's ports, is not wider than the overlay takes and ends inside it; everything else goes to the wider claim. So with dwords
/// claimed at 0xCF8-0xCFF and a byte at 0xCF9, a byte access to 0xCF9 goes to the latter and words and dwords there go to the former.
/// Movable claims (PCI I/O ranges) yield to fixed ones; of two movable ones the one claimed first answers.
/// Accesses are cut into naturally aligned pieces no wider than the claim takes, in rising order; bytes that nobody answers are all ones.
/// Machine's thread only.
/// </summary>
public sealed class PortBus
{
    private const int PortCount = 0x1_0000;

    // Numbers into _claims; 0 is nobody.
    private readonly ushort[] _outer = new ushort[PortCount];
    private readonly ushort[] _overlay = new ushort[PortCount];
    private PortClaim?[] _claims = [null];

    /// <summary>Pieces of accesses that no claim or no register answered.</summary>
    public ulong UnclaimedAccesses { get; private set; }

    /// <summary>The port of the last such piece.</summary>
    public ushort LastUnclaimed { get; private set; }

    /// <summary>Claims ports for good. Throws <see cref="InvalidOperationException"/> when they are taken.</summary>
    public void Claim(string region, uint first, uint count, IRegisterBlock block, AccessSize widest)
    {
        if (count == 0 || first + (ulong)count > PortCount)
        {
            throw new ArgumentOutOfRangeException(nameof(count), region + ": no such ports");
        }

        PortClaim claim = new(this, region, count, block, widest, movable: false) { First = first, IsMapped = true };
        foreach (PortClaim other in Others(claim))
        {
            bool over = other.Contains(claim) && claim.Widest < other.Widest;
            bool under = claim.Contains(other) && other.Widest < claim.Widest;
            if ((!over && !under) || (over && _overlay.AsSpan((int)first, (int)count).ContainsAnyExcept((ushort)0)))
            {
                throw new InvalidOperationException($"ports {first:X4}-{claim.End - 1:X4} of {region} are taken by {other.Region}");
            }
        }

        ushort number = Register(claim);
        for (uint port = first; port < claim.End; port++)
        {
            PortClaim? there = _claims[_outer[port]];
            if (there is null || there.IsMovable)
            {
                _outer[port] = number;
            }
            else if (claim.Widest < there.Widest)
            {
                there.HasOverlay = true;
                _overlay[port] = number;
            }
            else
            {
                claim.HasOverlay = true;
                _overlay[port] = _outer[port];
                _outer[port] = number;
            }
        }
    }

    /// <summary>Claims ports that the guest moves; they answer once mapped.</summary>
    public IPortClaim ClaimMovable(string region, uint count, IRegisterBlock block, AccessSize widest)
    {
        if (count is 0 or > PortCount)
        {
            throw new ArgumentOutOfRangeException(nameof(count), region + ": no such ports");
        }

        PortClaim claim = new(this, region, count, block, widest, movable: true);
        Register(claim);
        return claim;
    }

    /// <summary>Reads <paramref name="size"/> bytes from <paramref name="port"/>.</summary>
    public ulong Read(ushort port, AccessSize size)
    {
        int bytes = (int)size;
        PortClaim? claim = Pick(port, bytes);
        if (claim is null || !Takes(claim, port, bytes))
        {
            return ReadCut(port, bytes);
        }

        return ReadPiece(claim, port, bytes);
    }

    /// <summary>Writes <paramref name="size"/> bytes to <paramref name="port"/>.</summary>
    public void Write(ushort port, AccessSize size, ulong value)
    {
        int bytes = (int)size;
        PortClaim? claim = Pick(port, bytes);
        if (claim is null || !Takes(claim, port, bytes))
        {
            WriteCut(port, bytes, value);
            return;
        }

        WritePiece(claim, port, bytes, value);
    }

    /// <summary>Reads a port many times in a row (<see cref="IRegisterBlock.ReadMany"/>); 0 where accesses have to be cut.</summary>
    public int ReadMany(ushort port, AccessSize size, Span<byte> to) =>
        Pick(port, (int)size) is { } claim && Takes(claim, port, (int)size) ? claim.Block.ReadMany(port - claim.First, size, to) : 0;

    /// <summary>Writes a port many times in a row (<see cref="IRegisterBlock.WriteMany"/>); 0 where accesses have to be cut.</summary>
    public int WriteMany(ushort port, AccessSize size, ReadOnlySpan<byte> from) =>
        Pick(port, (int)size) is { } claim && Takes(claim, port, (int)size) ? claim.Block.WriteMany(port - claim.First, size, from) : 0;

    internal void Move(PortClaim claim, uint first, bool map)
    {
        bool fits = map && first + (ulong)claim.Count <= PortCount;
        if (claim.IsMapped == fits && (!fits || claim.First == first))
        {
            return;
        }

        if (claim.IsMapped)
        {
            claim.IsMapped = false;
            Render(claim.First, claim.Count);
        }

        if (fits)
        {
            claim.First = first;
            claim.IsMapped = true;
            Render(first, claim.Count);
        }
    }

    private static bool Takes(PortClaim claim, uint port, int bytes) =>
        bytes <= claim.Widest && (port & (uint)(bytes - 1)) == 0 && port + (uint)bytes <= claim.End;

    private PortClaim? Pick(uint port, int remaining)
    {
        PortClaim? claim = _claims[_outer[port]];
        if (claim is { HasOverlay: true } && _claims[_overlay[port]] is { } over && remaining <= over.Widest && port + (uint)remaining <= over.End)
        {
            return over;
        }

        return claim;
    }

    private ulong ReadCut(uint port, int bytes)
    {
        ulong value = 0;
        int done = 0;
        while (done < bytes)
        {
            uint at = port + (uint)done;
            PortClaim? claim = at < PortCount ? Pick(at, bytes - done) : null;
            int piece = claim is null ? 1 : AccessCut.Next(at, bytes - done, claim.Widest, claim.End - at);
            ulong part = claim is null ? Unclaimed(at, 1) : ReadPiece(claim, at, piece);
            value |= part << (done * 8);
            done += piece;
        }

        return value;
    }

    private void WriteCut(uint port, int bytes, ulong value)
    {
        int done = 0;
        while (done < bytes)
        {
            uint at = port + (uint)done;
            PortClaim? claim = at < PortCount ? Pick(at, bytes - done) : null;
            int piece = claim is null ? 1 : AccessCut.Next(at, bytes - done, claim.Widest, claim.End - at);
            if (claim is null)
            {
                Unclaimed(at, 1);
            }
            else
            {
                WritePiece(claim, at, piece, value >> (done * 8));
            }

            done += piece;
        }
    }

    private ulong ReadPiece(PortClaim claim, uint port, int bytes) =>
        claim.Block.TryRead(port - claim.First, (AccessSize)bytes, out ulong value) ? AccessCut.Low(value, bytes) : Unclaimed(port, bytes);

    private void WritePiece(PortClaim claim, uint port, int bytes, ulong value)
    {
        if (!claim.Block.TryWrite(port - claim.First, (AccessSize)bytes, AccessCut.Low(value, bytes)))
        {
            Unclaimed(port, bytes);
        }
    }

    private ulong Unclaimed(uint port, int bytes)
    {
        UnclaimedAccesses++;
        LastUnclaimed = (ushort)port;
        return AccessCut.Low(ulong.MaxValue, bytes);
    }

    private ushort Register(PortClaim claim)
    {
        _claims = [.. _claims, claim];
        return checked((ushort)(_claims.Length - 1));
    }

    private IEnumerable<PortClaim> Others(PortClaim claim)
    {
        foreach (PortClaim? other in _claims)
        {
            if (other is { IsMovable: false } && other.First < claim.End && claim.First < other.End)
            {
                yield return other;
            }
        }
    }

    // Decides anew who answers at ports where a movable claim came or went.
    private void Render(uint first, uint count)
    {
        for (uint port = first; port < first + count; port++)
        {
            if (_claims[_outer[port]] is not { IsMovable: false })
            {
                _outer[port] = 0;
            }
        }

        for (int number = 1; number < _claims.Length; number++)
        {
            PortClaim claim = _claims[number]!;
            if (!claim.IsMovable || !claim.IsMapped)
            {
                continue;
            }

            uint end = Math.Min(first + count, claim.End);
            for (uint port = Math.Max(first, claim.First); port < end; port++)
            {
                if (_outer[port] == 0)
                {
                    _outer[port] = (ushort)number;
                }
            }
        }
    }
}
