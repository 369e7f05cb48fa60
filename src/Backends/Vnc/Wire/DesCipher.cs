using System;
using System.Buffers.Binary;

namespace Doppel.Backends.Vnc.Wire;

/// <summary>
/// DES encryption of single blocks (FIPS 46-3), for VNC authentication alone. The host's cryptographic library does not offer it any more, for good
/// reasons; a VNC password keeps honest people out, nothing more.
/// </summary>
internal sealed class DesCipher
{
    internal const int BlockBytes = 8;

    private const int Rounds = 16;

    // Tables of the standard: the number of the source bit for each bit of the result, from the left, the leftmost bit being 1.
    private static readonly byte[] InitialPermutation = OfColumns(58, 60, 62, 64, 57, 59, 61, 63);

    private static readonly byte[] Expansion = Expanding();

    private static readonly byte[] PermutedChoice1 =
    [
        57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
        63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
    ];

    private static readonly byte[] PermutedChoice2 =
    [
        14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
        41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
    ];

    private static readonly byte[] BoxPermutation =
    [
        16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
    ];

    // The substitution boxes, four rows of sixteen each, a hexadecimal digit an entry.
    private static readonly string[] Boxes =
    [
        "E4D12FB83A6C59070F74E2D1A6CB953841E8D62BFC973A50FC8249175B3EA06D",
        "F18E6B34972DC05A3D47F28EC01A69B50E7BA4D158C6932FD8A13F42B67C05E9",
        "A09E63F51DC7B428D709346A285ECBF1D6498F30B12C5AE71AD069874FE3B52C",
        "7DE3069A1285BC4FD8B56F03472C1AE9A690CB7DF13E52843F06A1D8945BC72E",
        "2C417AB6853FD0E9EB2C47D150FA3986421BAD78F9C5630EB8C71E2D6F09A453",
        "C1AF92680D34E75BAF427C9561DE0B389EF528C3704A1DB6432C95FABE17608D",
        "4B2EF08D3C975A61D0B7491AE35C2F8614BDC37EAF6805926BD814A7950FE23C",
        "D2846FB1A93E50C71FD8A374C56B0E927B419CE206ADF35821E74A8DFC90356B",
    ];

    private readonly ulong[] _keys = new ulong[Rounds];

    /// <summary>Takes a key of eight bytes; their lowest bits are parity and do not count.</summary>
    internal DesCipher(ReadOnlySpan<byte> key)
    {
        ulong chosen = Permute(BinaryPrimitives.ReadUInt64BigEndian(key), 64, PermutedChoice1);
        ulong left = chosen >> 28;
        ulong right = chosen & 0xFFF_FFFF;
        for (int round = 0; round < Rounds; round++)
        {
            int count = round is 0 or 1 or 8 or 15 ? 1 : 2;
            left = Rotate28(left, count);
            right = Rotate28(right, count);
            _keys[round] = Permute((left << 28) | right, 56, PermutedChoice2);
        }
    }

    /// <summary>Encrypts a block in place.</summary>
    internal void Encrypt(Span<byte> block)
    {
        ulong state = Permute(BinaryPrimitives.ReadUInt64BigEndian(block), 64, InitialPermutation);
        ulong left = state >> 32;
        ulong right = state & 0xFFFF_FFFF;
        foreach (ulong key in _keys)
        {
            (left, right) = (right, left ^ Substitute(Permute(right, 32, Expansion) ^ key));
        }

        BinaryPrimitives.WriteUInt64BigEndian(block, Unpermute((right << 32) | left));
    }

    /// <summary>The answer to a challenge of 16 bytes (RFC 6143, 7.2.2): the password is the key, eight bytes with their bits in reverse order.</summary>
    internal static byte[] Answer(ReadOnlySpan<byte> password, ReadOnlySpan<byte> challenge)
    {
        Span<byte> key = stackalloc byte[BlockBytes];
        key.Clear();
        for (int i = 0; i < Math.Min(password.Length, BlockBytes); i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                key[i] |= (byte)((password[i] >> bit & 1) << (7 - bit));
            }
        }

        DesCipher cipher = new(key);
        byte[] answer = challenge.ToArray();
        for (int at = 0; at < answer.Length; at += BlockBytes)
        {
            cipher.Encrypt(answer.AsSpan(at, BlockBytes));
        }

        return answer;
    }

    private static byte[] OfColumns(params byte[] firsts)
    {
        byte[] table = new byte[64];
        for (int i = 0; i < 64; i++)
        {
            table[i] = (byte)(firsts[i / 8] - (8 * (i % 8)));
        }

        return table;
    }

    // Each group of four bits with its neighbours on both sides.
    private static byte[] Expanding()
    {
        byte[] table = new byte[48];
        for (int i = 0; i < 48; i++)
        {
            table[i] = (byte)(((((i / 6 * 4) + (i % 6)) - 1 + 32) % 32) + 1);
        }

        return table;
    }

    private static ulong Rotate28(ulong half, int count) => ((half << count) | (half >> (28 - count))) & 0xFFF_FFFF;

    private static ulong Permute(ulong value, int width, byte[] table)
    {
        ulong result = 0;
        foreach (byte source in table)
        {
            result = (result << 1) | (value >> (width - source) & 1);
        }

        return result;
    }

    private static ulong Unpermute(ulong value)
    {
        ulong result = 0;
        for (int i = 0; i < 64; i++)
        {
            result |= (value >> (63 - i) & 1) << (64 - InitialPermutation[i]);
        }

        return result;
    }

    private static ulong Substitute(ulong value)
    {
        ulong result = 0;
        for (int box = 0; box < 8; box++)
        {
            int six = (int)(value >> (42 - (6 * box))) & 0x3F;
            int entry = (((six >> 4) & 2) | (six & 1)) * 16 + (six >> 1 & 0xF);
            char digit = Boxes[box][entry];
            result = (result << 4) | (uint)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
        }

        return Permute(result, 32, BoxPermutation);
    }
}
