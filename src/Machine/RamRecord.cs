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
        for (long at = 0; at < ram.LengthBytes; at += PieceBytes)
        {
            ReadOnlySpan<byte> piece = ram.Read(at, PieceLength(ram, at));
            bool isUsed = piece.ContainsAnyExcept((byte)0);
            to.Write("used", isUsed);
            if (isUsed)
            {
                to.Write("bytes", piece);
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
