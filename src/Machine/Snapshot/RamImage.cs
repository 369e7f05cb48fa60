using System;
using System.Globalization;
using System.IO;
using System.IO.Hashing;
using System.Threading;
using System.Threading.Tasks;
using Doppel.Host;
using Doppel.Memory;
using Doppel.Primitives;
using Microsoft.Win32.SafeHandles;

namespace Doppel.Machine.Snapshot;

/// <summary>
/// RAM in a snapshot file: byte for byte, stretches of zeros left as holes, with an XXH3 for every chunk of 1 MiB, so that damage is found without
/// the whole file having to be read before a machine can start.
/// </summary>
internal static class RamImage
{
    public const int ChunkBytes = 1 << 20;

    private const int PieceBytes = 1 << 16;

    /// <summary>Number of chunks of RAM of that length.</summary>
    public static int Chunks(long length) => (int)((length + ChunkBytes - 1) / ChunkBytes);

    /// <summary>Writes all bytes to <paramref name="file"/> from offset <paramref name="at"/> on; returns the sums of all chunks.</summary>
    /// <exception cref="IOException">The disk is full or broken.</exception>
    public static ulong[] Write(GuestRam ram, SafeFileHandle file, long at)
    {
        ulong[] sums = new ulong[Chunks(ram.LengthBytes)];
        bool[] isUsed = new bool[sums.Length];
        for (long next = 0; ram.NextUsed(next, out long start, out long end); next = end)
        {
            isUsed.AsSpan((int)(start / ChunkBytes), Chunks(end) - (int)(start / ChunkBytes)).Fill(true);
        }

        ulong zeros = ZeroSum(ChunkBytes);
        _ = Parallel.For(0, sums.Length, chunk =>
        {
            long offset = (long)chunk * ChunkBytes;
            int length = (int)Math.Min(ChunkBytes, ram.LengthBytes - offset);
            sums[chunk] = isUsed[chunk] ? WriteChunk(ram.Read(offset, length), file, at + offset) : length == ChunkBytes ? zeros : ZeroSum(length);
        });
        return sums;
    }

    /// <summary>Compares the bytes of <paramref name="ground"/> with the sums of its chunks.</summary>
    /// <exception cref="StateFormatException">They differ.</exception>
    public static void Verify(MemoryGround ground, SafeFileHandle file, ReadOnlySpan<ulong> sums, CancellationToken stop)
    {
        byte[] buffer = new byte[ChunkBytes];
        ulong zeros = ZeroSum(ChunkBytes);
        bool isMore = ground.NextStored(0, out long start, out long end);
        for (int chunk = 0; chunk < sums.Length; chunk++)
        {
            stop.ThrowIfCancellationRequested();
            long offset = (long)chunk * ChunkBytes;
            int length = (int)Math.Min(ChunkBytes, ground.LengthBytes - offset);
            while (isMore && end <= offset)
            {
                isMore = ground.NextStored(end, out start, out end);
            }

            ulong sum = isMore && start < offset + length ? ReadSum(file, ground.OffsetBytes + offset, buffer.AsSpan(0, length)) : length == ChunkBytes ? zeros : ZeroSum(length);
            if (sum != sums[chunk])
            {
                throw new StateFormatException(string.Create(CultureInfo.InvariantCulture, $"the snapshot is damaged: memory from {offset:X} to {offset + length:X} does not fit its checksum"));
            }
        }
    }

    private static ulong WriteChunk(ReadOnlySpan<byte> bytes, SafeFileHandle file, long at)
    {
        // Written in stretches as long as possible, between pieces of zeros.
        int from = -1;
        for (int piece = 0; piece <= bytes.Length; piece += PieceBytes)
        {
            bool isZero = piece >= bytes.Length || !bytes.Slice(piece, Math.Min(PieceBytes, bytes.Length - piece)).ContainsAnyExcept((byte)0);
            if (!isZero)
            {
                from = from < 0 ? piece : from;
            }
            else if (from >= 0)
            {
                RandomAccess.Write(file, bytes[from..Math.Min(piece, bytes.Length)], at + from);
                from = -1;
            }
        }

        if (from >= 0)
        {
            RandomAccess.Write(file, bytes[from..], at + from);
        }

        return XxHash3.HashToUInt64(bytes);
    }

    private static ulong ReadSum(SafeFileHandle file, long at, Span<byte> buffer)
    {
        int read = 0;
        while (read < buffer.Length)
        {
            int count = RandomAccess.Read(file, buffer[read..], at + read);
            if (count == 0)
            {
                throw new StateFormatException("the snapshot was cut off while it was read");
            }

            read += count;
        }

        return XxHash3.HashToUInt64(buffer);
    }

    private static ulong ZeroSum(int length) => XxHash3.HashToUInt64(new byte[length]);
}
