using System;
using System.Runtime.CompilerServices;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>
/// The binary range decoder under LZMA (LZMA specification, "Range Coder"). Probabilities are 11 bits and move by 1/32. Input past the end reads
/// as zero and shows in <see cref="IsOverrun"/>, so that decoding needs no test per byte and still ends.
/// </summary>
internal ref struct RangeDecoder
{
    public const int InitialProbability = 1 << 10;
    private const uint TopValue = 1u << 24;

    private readonly ReadOnlySpan<byte> _input;
    private int _at;
    private uint _range;
    private uint _code;

    /// <summary>Starts on five header bytes: a zero and the first code word, most significant byte first.</summary>
    public RangeDecoder(ReadOnlySpan<byte> input)
    {
        _input = input;
        _range = uint.MaxValue;
        IsValid = input.Length >= 5 && input[0] == 0;
        _at = 1;
        for (int i = 0; i < 4; i++)
        {
            _code = (_code << 8) | Next();
        }
    }

    public bool IsValid { get; }

    public readonly bool IsOverrun => _at > _input.Length;

    /// <summary>Whether the code ended as an encoder leaves it.</summary>
    public readonly bool IsFinished => _code == 0;

    public readonly int Consumed => Math.Min(_at, _input.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Bit(ref ushort probability)
    {
        uint p = probability;
        uint bound = (_range >> 11) * p;
        uint bit;
        if (_code < bound)
        {
            _range = bound;
            probability = (ushort)(p + ((2048 - p) >> 5));
            bit = 0;
        }
        else
        {
            _range -= bound;
            _code -= bound;
            probability = (ushort)(p - (p >> 5));
            bit = 1;
        }

        Normalize();
        return bit;
    }

    /// <summary>Decodes <paramref name="bits"/> bits through a tree of probabilities, most significant first.</summary>
    public uint Tree(Span<ushort> probabilities, int bits)
    {
        uint node = 1;
        for (int i = 0; i < bits; i++)
        {
            node = (node << 1) | Bit(ref probabilities[(int)node]);
        }

        return node - (1u << bits);
    }

    /// <summary>The same, least significant bit first.</summary>
    public uint ReverseTree(Span<ushort> probabilities, int bits)
    {
        uint node = 1;
        uint value = 0;
        for (int i = 0; i < bits; i++)
        {
            uint bit = Bit(ref probabilities[(int)node]);
            node = (node << 1) | bit;
            value |= bit << i;
        }

        return value;
    }

    /// <summary>Decodes bits of even odds.</summary>
    public uint Direct(int bits)
    {
        uint value = 0;
        for (int i = 0; i < bits; i++)
        {
            _range >>= 1;
            uint bit = _code >= _range ? 1u : 0u;
            _code -= _range & (0u - bit);
            value = (value << 1) | bit;
            Normalize();
        }

        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Normalize()
    {
        if (_range < TopValue)
        {
            _range <<= 8;
            _code = (_code << 8) | Next();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Next()
    {
        int at = _at++;
        return (uint)at < (uint)_input.Length ? _input[at] : (byte)0;
    }
}
