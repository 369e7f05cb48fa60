using System;
using System.Globalization;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>Guest RAM as a saved record: its length, then pieces of 64 KiB (the last may be shorter), those of zeros left out.</summary>
internal static class RamRecord
{
    private const int PieceBytes = 1 << 16;

    public static void Save(GuestRam ram, IStateWriter to)
    {
        to.Begin(ram.Name, 1);
        to.Write("length", (ulong)ram.LengthBytes);
        _ = ram.NextUsed(0, out long start, out long end);
        for (long at = 0; at < ram.LengthBytes; at += PieceBytes)
        {
            int length = PieceLength(ram, at);
            while (end <= at && ram.NextUsed(end, out start, out end))
            {
                // On to the stretch that ends in this piece or later.
            }

            // Pages that the host has never backed are not looked at: that would back them.
            bool isUsed = start < at + length && ram.Read(at, length).ContainsAnyExcept((byte)0);
            to.Write("used", isUsed);
            if (isUsed)
            {
                to.Write("bytes", ram.Read(at, length));
            }
        }

        to.End();
    }

    public static void Restore(GuestRam ram, IStateReader from)
    {
        from.Begin(ram.Name, 1);
        ulong length = from.ReadUnsigned("length");
        if (length != (ulong)ram.LengthBytes)
        {
            throw new StateFormatException(string.Create(CultureInfo.InvariantCulture, $"{ram.Name}.length: {length} bytes, but this machine has {ram.LengthBytes}"));
        }

        byte[] buffer = new byte[PieceBytes];
        for (long at = 0; at < ram.LengthBytes; at += PieceBytes)
        {
            Span<byte> piece = buffer.AsSpan(0, PieceLength(ram, at));
            piece.Clear();
            if (from.ReadBool("used"))
            {
                from.ReadBytes("bytes", piece);
            }

            // Untouched pages stay untouched: the host has not backed them.
            if (!ram.Read(at, piece.Length).SequenceEqual(piece))
            {
                ram.Write(at, piece);
            }
        }

        from.End();
    }

    private static int PieceLength(GuestRam ram, long at) => (int)Math.Min(PieceBytes, ram.LengthBytes - at);
}
