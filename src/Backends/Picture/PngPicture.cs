using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;

namespace Doppel.Backends.Picture;

/// <summary>Writes a <see cref="ScreenPicture"/> as PNG (ISO/IEC 15948): 8 bits a colour, no alpha, each line as differences from the one above.</summary>
public static class PngPicture
{
    private const byte TrueColour = 2;
    private const byte UpFilter = 2;
    private static readonly uint[] s_crc = MakeCrc();

    /// <summary>
    /// Writes the picture to <paramref name="to"/>, which stays open. A picture without pixels throws <see cref="ArgumentException"/>: the format has none.
    /// </summary>
    public static void Write(ScreenPicture picture, Stream to)
    {
        if (picture.Width == 0 || picture.Height == 0)
        {
            throw new ArgumentException("a picture without pixels", nameof(picture));
        }

        to.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), picture.Height);
        (header[8], header[9]) = (8, TrueColour);
        WriteChunk(to, "IHDR"u8, header);
        WriteChunk(to, "IDAT"u8, Compress(picture));
        WriteChunk(to, "IEND"u8, default);
    }

    /// <summary>The same as bytes.</summary>
    public static byte[] ToArray(ScreenPicture picture)
    {
        using MemoryStream stream = new();
        Write(picture, stream);
        return stream.ToArray();
    }

    private static ReadOnlySpan<byte> Compress(ScreenPicture picture)
    {
        MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte[] line = new byte[picture.Width * 3];
            byte[] above = new byte[line.Length];
            byte[] filtered = new byte[line.Length + 1];
            filtered[0] = UpFilter;
            for (int y = 0; y < picture.Height; y++)
            {
                int at = 0;
                foreach (uint pixel in picture.Row(y))
                {
                    line[at++] = (byte)(pixel >> 16);
                    line[at++] = (byte)(pixel >> 8);
                    line[at++] = (byte)pixel;
                }

                for (int i = 0; i < line.Length; i++)
                {
                    filtered[i + 1] = (byte)(line[i] - above[i]);
                }

                zlib.Write(filtered);
                (line, above) = (above, line);
            }
        }

        return packed.GetBuffer().AsSpan(0, (int)packed.Length);
    }

    private static void WriteChunk(Stream to, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        to.Write(number);
        to.Write(kind);
        to.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, kind), data));
        to.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc = s_crc[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint[] MakeCrc()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }
}
