using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>
/// Where everything comes from that looks random to a guest: the SHA-256 of a key and a counter, eight bytes a draw. The same key gives the same
/// numbers on every host, and key and counter are part of the machine's state. Machine's thread only.
/// </summary>
public sealed class RandomSource
{
    private const int KeyBytes = 32;
    private const int NumbersPerBlock = 4;

    private readonly byte[] _key = new byte[KeyBytes];
    private readonly byte[] _block = new byte[KeyBytes];
    private ulong _blockIndex = ulong.MaxValue;
    private ulong _drawn;

    /// <summary>A source whose key is made from <paramref name="seed"/>, of any length.</summary>
    public RandomSource(ReadOnlySpan<byte> seed) => _ = SHA256.HashData(seed, _key);

    /// <summary>A source whose key is made from the eight bytes of <paramref name="seed"/>, lowest first.</summary>
    public RandomSource(ulong seed)
        : this(BitConverter.GetBytes(BitConverter.IsLittleEndian ? seed : BinaryPrimitives.ReverseEndianness(seed)))
    {
    }

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong index = _drawn / NumbersPerBlock;
        if (index != _blockIndex)
        {
            Span<byte> input = stackalloc byte[KeyBytes + sizeof(ulong)];
            _key.CopyTo(input);
            BinaryPrimitives.WriteUInt64LittleEndian(input[KeyBytes..], index);
            _ = SHA256.HashData(input, _block);
            _blockIndex = index;
        }

        int at = (int)(_drawn % NumbersPerBlock) * sizeof(ulong);
        _drawn++;
        return BinaryPrimitives.ReadUInt64LittleEndian(_block.AsSpan(at));
    }

    /// <summary>Fills <paramref name="to"/>; a last number that is not needed whole is spent all the same.</summary>
    public void Fill(Span<byte> to)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        while (!to.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(number, Next());
            int length = Math.Min(to.Length, number.Length);
            number[..length].CopyTo(to);
            to = to[length..];
        }
    }

    /// <summary>
    /// Mixes <paramref name="more"/> into the key and starts the counter over: two machines that share a past have nothing in common from then on,
    /// if they are given different bytes.
    /// </summary>
    public void Reseed(ReadOnlySpan<byte> more)
    {
        byte[] input = new byte[KeyBytes + more.Length];
        _key.CopyTo(input, 0);
        more.CopyTo(input.AsSpan(KeyBytes));
        _ = SHA256.HashData(input, _key);
        _blockIndex = ulong.MaxValue;
        _drawn = 0;
    }

    /// <summary>Writes key and counter.</summary>
    public void Save(IStateWriter to)
    {
        to.Begin("random", 1);
        to.Write("key", _key);
        to.Write("drawn", _drawn);
        to.End();
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        from.Begin("random", 1);
        from.ReadBytes("key", _key);
        _drawn = from.ReadUnsigned("drawn");
        from.End();
        _blockIndex = ulong.MaxValue;
    }
}
