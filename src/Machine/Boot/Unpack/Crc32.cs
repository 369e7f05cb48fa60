using System;
using System.Buffers.Binary;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>CRC-32 of IEEE 802.3, reflected, as .xz uses it; four bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[] Tables = Build();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint[] tables = Tables;
        uint crc = uint.MaxValue;
        while (bytes.Length >= 4)
        {
            crc ^= BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = tables[768 + (byte)crc] ^ tables[512 + (byte)(crc >> 8)] ^ tables[256 + (byte)(crc >> 16)] ^ tables[crc >> 24];
            bytes = bytes[4..];
        }

        foreach (byte b in bytes)
        {
            crc = (crc >> 8) ^ tables[(byte)(crc ^ b)];
        }

        return ~crc;
    }

    private static uint[] Build()
    {
        uint[] tables = new uint[1024];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB8_8320 & (0u - (crc & 1)));
            }

            tables[i] = crc;
        }

        for (int i = 256; i < 1024; i++)
        {
            tables[i] = (tables[i - 256] >> 8) ^ tables[(byte)tables[i - 256]];
        }

        return tables;
    }
}
