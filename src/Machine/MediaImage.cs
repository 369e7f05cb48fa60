using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Hashing;
using System.Linq;
using Doppel.Backends;
using Doppel.Host;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Machine;

/// <summary>
/// What the guest has changed on media that keep it apart, in a snapshot file. One section a changed medium, without gaps; numbers are little-endian:
/// <code>
///   section: place (4), 0 (4), length of the medium (8), number of runs (8)
///   run:     start (8), length (4), 0 (4), the bytes
/// </code>
/// </summary>
internal static class MediaImage
{
    private const int SectionBytes = 24;
    private const int RunBytes = 16;

    /// <summary>Writes the changes to <paramref name="file"/> from <paramref name="at"/> on.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    /// <exception cref="HostException">A medium cannot be read.</exception>
    public static FilePart Write(PcHardware hardware, SafeFileHandle file, long at)
    {
        XxHash128 sum = new();
        long end = at;
        byte[] buffer = new byte[RunBytes + IOverlayMedium.MostRunBytes];
        foreach ((DriveSpec place, IOverlayMedium medium) in hardware.Overlays)
        {
            long runs = CountRuns(medium);
            if (runs == 0)
            {
                continue;
            }

            Span<byte> section = buffer.AsSpan(0, SectionBytes);
            BinaryPrimitives.WriteUInt64LittleEndian(section, MediaRecord.Place(place));
            BinaryPrimitives.WriteInt64LittleEndian(section[8..], medium.LengthBytes);
            BinaryPrimitives.WriteInt64LittleEndian(section[16..], runs);
            Append(section);
            for (long next = 0; medium.NextChange(next, out long start, out int length); next = start + length)
            {
                BinaryPrimitives.WriteInt64LittleEndian(buffer, start);
                BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(8), (ulong)length);
                _ = MediaRecord.ReadRun(medium, start, buffer.AsSpan(RunBytes, length));
                Append(buffer.AsSpan(0, RunBytes + length));
            }
        }

        return new FilePart(at, end - at, sum.GetCurrentHashAsUInt128());

        void Append(ReadOnlySpan<byte> bytes)
        {
            RandomAccess.Write(file, bytes, end);
            sum.Append(bytes);
            end += bytes.Length;
        }
    }

    /// <summary>Puts the changes on the media that stand in the drives, in place of those that they have.</summary>
    /// <exception cref="StateFormatException">They are damaged, or of other media.</exception>
    /// <exception cref="HostException">The host has no room for them.</exception>
    public static void Restore(PcHardware hardware, SafeFileHandle file, FilePart part)
    {
        foreach ((_, IOverlayMedium medium) in hardware.Overlays)
        {
            medium.DiscardChanges();
        }

        Source from = new(file, part);
        Span<byte> head = stackalloc byte[SectionBytes];
        byte[] data = new byte[IOverlayMedium.MostRunBytes];
        for (ulong lastPlace = 0, place; !from.IsAtEnd; lastPlace = place + 1)
        {
            from.Fill(head);
            place = BinaryPrimitives.ReadUInt64LittleEndian(head);
            if (place < lastPlace)
            {
                throw new StateFormatException("the snapshot is damaged: media out of order");
            }

            IOverlayMedium medium = Find(hardware, place, BinaryPrimitives.ReadUInt64LittleEndian(head[8..]));
            long next = 0;
            for (ulong runs = BinaryPrimitives.ReadUInt64LittleEndian(head[16..]); runs > 0; runs--)
            {
                from.Fill(head[..RunBytes]);
                ulong start = BinaryPrimitives.ReadUInt64LittleEndian(head);
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head[8..]);
                Span<byte> run = length <= (ulong)data.Length ? data.AsSpan(0, (int)length) : throw new StateFormatException("the snapshot is damaged: a change of a medium is too long");
                from.Fill(run);
                next = MediaRecord.WriteRun(medium, next, start, run);
            }
        }

        from.CheckSum();
    }

    /// <summary>Compares the bytes with their checksum.</summary>
    /// <exception cref="StateFormatException">They differ.</exception>
    public static void Verify(SafeFileHandle file, FilePart part)
    {
        Source from = new(file, part);
        byte[] data = new byte[IOverlayMedium.MostRunBytes];
        while (!from.IsAtEnd)
        {
            from.Fill(data.AsSpan(0, (int)Math.Min(data.Length, from.Left)));
        }

        from.CheckSum();
    }

    private static long CountRuns(IOverlayMedium medium)
    {
        long runs = 0;
        for (long at = 0; medium.NextChange(at, out long start, out int length); at = start + length)
        {
            runs++;
        }

        return runs;
    }

    private static IOverlayMedium Find(PcHardware hardware, ulong place, ulong length)
    {
        DriveSpec drive = hardware.Media.FirstOrDefault(d => MediaRecord.Place(d) == place)
            ?? throw new StateFormatException("the snapshot is damaged: changes of a medium in no drive");
        if (drive.Medium is not IOverlayMedium medium)
        {
            throw new StateFormatException($"the snapshot holds changes of the medium in {MachineParts.NameOf(drive)}; bring that medium so that changes are kept apart (discard)");
        }

        return (ulong)medium.LengthBytes == length
            ? medium
            : throw new StateFormatException($"the snapshot holds changes of a medium of {length} bytes, but the one in {MachineParts.NameOf(drive)} has {medium.LengthBytes}; bring the same one");
    }

    // A position in the part: what is read is bounded by it and summed.
    private sealed class Source(SafeFileHandle file, FilePart part)
    {
        private readonly XxHash128 _sum = new();
        private long _at = part.At;

        public long Left => part.End - _at;

        public bool IsAtEnd => Left == 0;

        public void Fill(Span<byte> to)
        {
            if (to.Length > Left)
            {
                throw new StateFormatException("the snapshot is damaged: changes of a medium are cut off");
            }

            for (int read = 0; read < to.Length;)
            {
                int count = RandomAccess.Read(file, to[read..], _at + read);
                read += count != 0 ? count : throw new StateFormatException("the snapshot was cut off while it was read");
            }

            _sum.Append(to);
            _at += to.Length;
        }

        public void CheckSum()
        {
            if (_sum.GetCurrentHashAsUInt128() != part.Sum)
            {
                throw new StateFormatException("the snapshot is damaged: changes of media in it do not fit their checksum");
            }
        }
    }
}
