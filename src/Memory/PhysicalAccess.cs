using System;
using Doppel.Primitives;

namespace Doppel.Memory;

/// <summary>Reads device registers on behalf of a <see cref="PhysicalAccess"/>: all of <paramref name="to"/> lies in <paramref name="range"/>.</summary>
/// <param name="range">The MMIO piece.</param>
/// <param name="at">First address.</param>
/// <param name="to">To be filled completely.</param>
public delegate void PhysicalMmioRead(FlatRange range, Gpa at, Span<byte> to);

/// <summary>Writes device registers on behalf of a <see cref="PhysicalAccess"/>: all of <paramref name="from"/> lies in <paramref name="range"/>.</summary>
/// <param name="range">The MMIO piece.</param>
/// <param name="at">First address.</param>
/// <param name="from">What is written.</param>
public delegate void PhysicalMmioWrite(FlatRange range, Gpa at, ReadOnlySpan<byte> from);

/// <summary>
/// Reads and writes spans of guest-physical memory that may cross regions: for loaders, DMA and debuggers. Addresses wrap at 2^64 and
/// are not masked by the A20 gate, which sits at the CPU. Never throws for any address. Used on the machine's thread.
/// </summary>
public sealed class PhysicalAccess
{
    private readonly GuestPhysicalSpace _space;
    private readonly PhysicalMmioRead? _readMmio;
    private readonly PhysicalMmioWrite? _writeMmio;

    /// <summary>Access to <paramref name="space"/>. Without delegates, device registers answer like holes.</summary>
    public PhysicalAccess(GuestPhysicalSpace space, PhysicalMmioRead? readMmio = null, PhysicalMmioWrite? writeMmio = null)
    {
        _space = space;
        _readMmio = readMmio;
        _writeMmio = writeMmio;
    }

    /// <summary>Fills <paramref name="to"/>; holes read as all ones.</summary>
    /// <returns>Whether every byte came from RAM or ROM.</returns>
    public bool Read(Gpa from, Span<byte> to)
    {
        bool memory = true;
        while (!to.IsEmpty)
        {
            FlatRange? range = Piece(from, to.Length, out int length);
            Span<byte> part = to[..length];
            if (range?.Ram is GuestRam ram)
            {
                ram.Read(OffsetIn(range, from), length).CopyTo(part);
            }
            else
            {
                memory = false;
                if (range is not null && _readMmio is not null)
                {
                    _readMmio(range, from, part);
                }
                else
                {
                    part.Fill(0xFF);
                }
            }

            to = to[length..];
            from += (ulong)length;
        }

        return memory;
    }

    /// <summary>Writes as a bus master does: RAM takes it, ROM and holes swallow it.</summary>
    /// <returns>Whether every byte went to RAM.</returns>
    public bool Write(Gpa to, ReadOnlySpan<byte> from) => Write(to, from, intoRom: false);

    /// <summary>Writes as a loader does: like <see cref="Write(Gpa, ReadOnlySpan{byte})"/>, but into ROM too, and never to device registers.</summary>
    /// <returns>Whether every byte went to RAM or ROM.</returns>
    public bool Load(Gpa to, ReadOnlySpan<byte> from) => Write(to, from, intoRom: true);

    /// <summary>Fills RAM and ROM with one value, as a loader does that clears memory.</summary>
    /// <returns>Whether every byte was in RAM or ROM.</returns>
    public bool Fill(Gpa to, ulong lengthBytes, byte value)
    {
        bool memory = true;
        while (lengthBytes != 0)
        {
            FlatRange? range = _space.Map.Find(to);
            if (range is null)
            {
                // A hole may be nearly all of the address space: step over it at once.
                memory = false;
                ulong gap = GapAfter(to);
                if (gap == 0 || gap >= lengthBytes)
                {
                    break;
                }

                to += gap;
                lengthBytes -= gap;
                continue;
            }

            ulong rest = Math.Min(range.Length - (to.Value - range.Start.Value), lengthBytes);
            if (range.Ram is GuestRam ram)
            {
                rest = Math.Min(rest, 1UL << 30);
                ram.Fill(OffsetIn(range, to), (int)rest, value);
            }
            else
            {
                memory = false;
            }

            to += rest;
            lengthBytes -= rest;
        }

        return memory;
    }

    private static long OffsetIn(FlatRange range, Gpa at) => range.Offset + (long)(at.Value - range.Start.Value);

    private bool Write(Gpa to, ReadOnlySpan<byte> from, bool intoRom)
    {
        bool memory = true;
        while (!from.IsEmpty)
        {
            FlatRange? range = Piece(to, from.Length, out int length);
            ReadOnlySpan<byte> part = from[..length];
            if (range?.Ram is GuestRam ram && (range.Kind == RegionKind.Ram || intoRom))
            {
                ram.Write(OffsetIn(range, to), part);
            }
            else
            {
                memory = false;
                if (range?.Kind == RegionKind.Mmio && !intoRom)
                {
                    _writeMmio?.Invoke(range, to, part);
                }
            }

            from = from[length..];
            to += (ulong)length;
        }

        return memory;
    }

    // The piece that holds "at" (null in a hole) and how many of "wanted" bytes lie in it.
    private FlatRange? Piece(Gpa at, int wanted, out int length)
    {
        FlatRange? range = _space.Map.Find(at);
        ulong rest = range is null ? GapAfter(at) : range.Length - (at.Value - range.Start.Value);
        length = rest == 0 || rest > (ulong)wanted ? wanted : (int)rest;
        return range;
    }

    // Bytes from "at", which is in a hole, to the next piece, or to the end of the address space, where addresses wrap (0 stands for 2^64).
    private ulong GapAfter(Gpa at)
    {
        foreach (FlatRange range in _space.Map.Ranges)
        {
            if (range.Start.Value > at.Value)
            {
                return range.Start.Value - at.Value;
            }
        }

        return unchecked(0UL - at.Value);
    }
}
