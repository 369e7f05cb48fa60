using System;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>Video memory inside the adapter's record: its length, then pieces of 64 KiB, those of zeros left out.</summary>
internal static class VideoMemoryRecord
{
    private const int PieceBytes = 1 << 16;

    public static void Save(GuestRam memory, IStateWriter to)
    {
        to.Write("memory", (ulong)memory.LengthBytes);
        _ = memory.NextUsed(0, out long start, out long end);
        for (long at = 0; at < memory.LengthBytes; at += PieceBytes)
        {
            while (end <= at && memory.NextUsed(end, out start, out end))
            {
                // On to the stretch that ends in this piece or later.
            }

            // What the host has never backed is not looked at: that would back it.
            bool isUsed = start < at + PieceBytes && memory.Read(at, PieceBytes).ContainsAnyExcept((byte)0);
            to.Write("used", isUsed);
            if (isUsed)
            {
                to.Write("bytes", memory.Read(at, PieceBytes));
            }
        }
    }

    public static void Restore(GuestRam memory, IStateReader from)
    {
        if (from.ReadUnsigned("memory") != (ulong)memory.LengthBytes)
        {
            throw new StateFormatException($"memory: this adapter has {memory.LengthBytes} bytes");
        }

        Clear(memory);
        byte[] piece = new byte[PieceBytes];
        for (long at = 0; at < memory.LengthBytes; at += PieceBytes)
        {
            if (from.ReadBool("used"))
            {
                from.ReadBytes("bytes", piece);
                memory.Write(at, piece);
            }
        }
    }

    /// <summary>Zeros everything, without backing what was never written.</summary>
    public static void Clear(GuestRam memory)
    {
        for (long at = 0; at < memory.LengthBytes && memory.NextUsed(at, out long start, out long end); at = end)
        {
            for (long piece = start; piece < end; piece += PieceBytes)
            {
                int length = (int)Math.Min(PieceBytes, end - piece);
                if (memory.Read(piece, length).ContainsAnyExcept((byte)0))
                {
                    memory.Fill(piece, length, 0);
                }
            }
        }
    }
}
