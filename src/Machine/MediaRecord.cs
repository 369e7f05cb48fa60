using System;
using Doppel.Backends;
using Doppel.Host;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>What the guest has changed on media that keep it apart, as a saved record. Other media are the caller's, with all that is on them.</summary>
internal static class MediaRecord
{
    private const string Record = "media";

    public static void Save(PcHardware hardware, IStateWriter to)
    {
        byte[] data = new byte[IOverlayMedium.MostRunBytes];
        to.Begin(Record, 1);
        foreach ((DriveSpec place, IOverlayMedium medium) in hardware.Overlays)
        {
            to.Write("place", Place(place));
            to.Write("length", (ulong)medium.LengthBytes);
            for (long at = 0; medium.NextChange(at, out long start, out int length); at = start + length)
            {
                to.Write("more", true);
                to.Write("at", (ulong)start);
                to.Write("data", ReadRun(medium, start, data.AsSpan(0, length)));
            }

            to.Write("more", false);
        }

        to.End();
    }

    /// <summary>Takes the changes that <see cref="Save"/> wrote, in place of those that there are.</summary>
    /// <exception cref="StateFormatException">They are of other media, or cannot be.</exception>
    /// <exception cref="HostException">The host has no room for them.</exception>
    public static void Restore(PcHardware hardware, IStateReader from)
    {
        from.Begin(Record, 1);
        foreach ((DriveSpec place, IOverlayMedium medium) in hardware.Overlays)
        {
            if (from.ReadUnsigned("place") != Place(place) || from.ReadUnsigned("length") != (ulong)medium.LengthBytes)
            {
                throw new StateFormatException($"{Record}: changes of another medium than {medium.Description}");
            }

            medium.DiscardChanges();
            for (long next = 0; from.ReadBool("more");)
            {
                ulong start = from.ReadUnsigned("at");
                next = WriteRun(medium, next, start, from.ReadBytes("data", IOverlayMedium.MostRunBytes));
            }
        }

        from.End();
    }

    /// <summary>Kind and index of a drive in one number.</summary>
    internal static ulong Place(DriveSpec drive) => ((ulong)drive.Kind << 8) | (uint)drive.Index;

    /// <summary>Reads the bytes of a run that the medium has told of.</summary>
    /// <exception cref="HostException">It cannot give them back.</exception>
    internal static ReadOnlySpan<byte> ReadRun(IOverlayMedium medium, long start, Span<byte> data) => medium.Read(start, data) == BlockStatus.Done
        ? data
        : throw new HostException($"cannot read the changes of {medium.Description} back; check the folder for temporary files");

    /// <summary>Writes a run that is untrusted input; returns where the next may begin.</summary>
    /// <exception cref="StateFormatException">It does not lie in the medium behind the last one.</exception>
    /// <exception cref="HostException">The host has no room for it.</exception>
    internal static long WriteRun(IOverlayMedium medium, long next, ulong start, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty || start < (ulong)next || start > (ulong)medium.LengthBytes || medium.LengthBytes - (long)start < data.Length)
        {
            throw new StateFormatException($"{Record}: changes that do not lie one behind the other on a medium of {medium.LengthBytes} bytes");
        }

        return medium.Write((long)start, data) == BlockStatus.Done
            ? (long)start + data.Length
            : throw new HostException($"no room for the changes of {medium.Description}; free some, or set TMPDIR to a folder with more");
    }
}
