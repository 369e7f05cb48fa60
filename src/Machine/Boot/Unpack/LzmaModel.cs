using System;

namespace Doppel.Machine.Boot.Unpack;

/// <summary>
/// The state of an LZMA decoder between chunks: probabilities, the last four distances, the state of the literal/match automaton
/// (LZMA specification). The dictionary is the output itself.
/// </summary>
internal sealed class LzmaModel
{
    private const int States = 12;
    private const int PosStates = 16;
    private const int MinMatch = 2;
    private const int FirstPosModel = 4;
    private const int EndPosModel = 14;

    private readonly ushort[] _isMatch = new ushort[States * PosStates];
    private readonly ushort[] _isRep = new ushort[States];
    private readonly ushort[] _isRepG0 = new ushort[States];
    private readonly ushort[] _isRepG1 = new ushort[States];
    private readonly ushort[] _isRepG2 = new ushort[States];
    private readonly ushort[] _isRep0Long = new ushort[States * PosStates];
    private readonly ushort[] _posSlot = new ushort[4 * 64];
    private readonly ushort[] _posSpecial = new ushort[128];
    private readonly ushort[] _align = new ushort[16];
    private readonly LengthModel _matchLength = new();
    private readonly LengthModel _repLength = new();
    private ushort[] _literal = [];
    private int _lc;
    private int _lpMask;
    private int _pbMask;
    private int _state;
    private uint _rep0;
    private uint _rep1;
    private uint _rep2;
    private uint _rep3;

    /// <summary>Outcome of <see cref="Decode"/>.</summary>
    public enum Outcome
    {
        /// <summary>The wanted length was produced.</summary>
        Filled = 0,

        /// <summary>The end marker came first.</summary>
        EndMarker = 1,

        /// <summary>The stream cannot be.</summary>
        Damaged = 2,
    }

    /// <summary>Takes the properties byte (lc + 9 * (lp + 5 * pb)); false when out of range.</summary>
    public bool SetProperties(byte properties)
    {
        if (properties >= 9 * 5 * 5)
        {
            return false;
        }

        int lc = properties % 9;
        int lp = properties / 9 % 5;
        int pb = properties / 45;
        if (lc + lp > 4)
        {
            return false; // more than xz and the kernel's build ever use; bounds the tables to 24 KiB
        }

        _lc = lc;
        _lpMask = (1 << lp) - 1;
        _pbMask = (1 << pb) - 1;
        _literal = new ushort[0x300 << (lc + lp)];
        Reset();
        return true;
    }

    public bool HasProperties => _literal.Length != 0;

    /// <summary>Forgets all that was learnt; keeps the properties.</summary>
    public void Reset()
    {
        _state = 0;
        _rep0 = _rep1 = _rep2 = _rep3 = 0;
        foreach (ushort[] table in (ReadOnlySpan<ushort[]>)[_isMatch, _isRep, _isRepG0, _isRepG1, _isRepG2, _isRep0Long, _posSlot, _posSpecial, _align, _literal])
        {
            table.AsSpan().Fill(RangeDecoder.InitialProbability);
        }

        _matchLength.Reset();
        _repLength.Reset();
    }

    /// <summary>Decodes into <paramref name="output"/> from <paramref name="at"/> up to <paramref name="end"/>; matches may reach back to <paramref name="dictionaryStart"/>.</summary>
    public Outcome Decode(ref RangeDecoder rc, Span<byte> output, int dictionaryStart, ref int at, int end)
    {
        while (at < end && !rc.IsOverrun)
        {
            int posState = (at - dictionaryStart) & _pbMask;
            if (rc.Bit(ref _isMatch[(_state * PosStates) + posState]) == 0)
            {
                if (!DecodeLiteral(ref rc, output, dictionaryStart, at))
                {
                    return Outcome.Damaged;
                }

                at++;
                continue;
            }

            int length;
            if (rc.Bit(ref _isRep[_state]) == 0)
            {
                _rep3 = _rep2;
                _rep2 = _rep1;
                _rep1 = _rep0;
                length = _matchLength.Decode(ref rc, posState);
                _state = _state < 7 ? 7 : 10;
                _rep0 = DecodeDistance(ref rc, length);
                if (_rep0 == uint.MaxValue)
                {
                    return Outcome.EndMarker;
                }
            }
            else if (!DecodeRepeat(ref rc, posState, out length))
            {
                length = 1;
            }

            if (_rep0 >= (uint)(at - dictionaryStart) || length > end - at)
            {
                return Outcome.Damaged;
            }

            CopyMatch(output, at, (int)_rep0 + 1, length);
            at += length;
        }

        return rc.IsOverrun ? Outcome.Damaged : Outcome.Filled;
    }

    private static void CopyMatch(Span<byte> output, int at, int distance, int length)
    {
        if (distance >= length)
        {
            output.Slice(at - distance, length).CopyTo(output[at..]);
            return;
        }

        // The match overlaps what it produces: byte by byte repeats the pattern.
        Span<byte> window = output.Slice(at - distance, distance + length);
        for (int i = distance; i < window.Length; i++)
        {
            window[i] = window[i - distance];
        }
    }

    private bool DecodeLiteral(ref RangeDecoder rc, Span<byte> output, int dictionaryStart, int at)
    {
        int position = at - dictionaryStart;
        int previous = position > 0 ? output[at - 1] : 0;
        int table = 0x300 * (((position & _lpMask) << _lc) + (previous >> (8 - _lc)));
        Span<ushort> probabilities = _literal.AsSpan(table, 0x300);
        uint symbol = 1;
        if (_state >= 7)
        {
            if (_rep0 >= (uint)position)
            {
                return false;
            }

            uint match = output[at - (int)_rep0 - 1];
            do
            {
                match <<= 1;
                uint matchBit = match & 0x100;
                uint bit = rc.Bit(ref probabilities[(int)(0x100 + matchBit + symbol)]);
                symbol = (symbol << 1) | bit;
                if (matchBit >> 8 != bit)
                {
                    break;
                }
            }
            while (symbol < 0x100);
        }

        while (symbol < 0x100)
        {
            symbol = (symbol << 1) | rc.Bit(ref probabilities[(int)symbol]);
        }

        output[at] = (byte)symbol;
        _state = _state < 4 ? 0 : _state < 10 ? _state - 3 : _state - 6;
        return true;
    }

    // False: a short repeat of one byte.
    private bool DecodeRepeat(ref RangeDecoder rc, int posState, out int length)
    {
        length = 1;
        if (rc.Bit(ref _isRepG0[_state]) == 0)
        {
            if (rc.Bit(ref _isRep0Long[(_state * PosStates) + posState]) == 0)
            {
                _state = _state < 7 ? 9 : 11;
                return false;
            }
        }
        else
        {
            uint distance;
            if (rc.Bit(ref _isRepG1[_state]) == 0)
            {
                distance = _rep1;
            }
            else
            {
                if (rc.Bit(ref _isRepG2[_state]) == 0)
                {
                    distance = _rep2;
                }
                else
                {
                    distance = _rep3;
                    _rep3 = _rep2;
                }

                _rep2 = _rep1;
            }

            _rep1 = _rep0;
            _rep0 = distance;
        }

        length = _repLength.Decode(ref rc, posState);
        _state = _state < 7 ? 8 : 11;
        return true;
    }

    private uint DecodeDistance(ref RangeDecoder rc, int length)
    {
        int lengthState = Math.Min(length - MinMatch, 3);
        uint slot = rc.Tree(_posSlot.AsSpan(lengthState * 64, 64), 6);
        if (slot < FirstPosModel)
        {
            return slot;
        }

        int directBits = (int)(slot >> 1) - 1;
        uint distance = (2 | (slot & 1)) << directBits;
        return slot < EndPosModel
            ? distance + rc.ReverseTree(_posSpecial.AsSpan((int)(distance - slot)), directBits)
            : distance + (rc.Direct(directBits - 4) << 4) + rc.ReverseTree(_align, 4);
    }

    private sealed class LengthModel
    {
        private readonly ushort[] _choice = new ushort[2];
        private readonly ushort[] _low = new ushort[PosStates * 8];
        private readonly ushort[] _mid = new ushort[PosStates * 8];
        private readonly ushort[] _high = new ushort[256];

        public void Reset()
        {
            foreach (ushort[] table in (ReadOnlySpan<ushort[]>)[_choice, _low, _mid, _high])
            {
                table.AsSpan().Fill(RangeDecoder.InitialProbability);
            }
        }

        public int Decode(ref RangeDecoder rc, int posState) =>
            MinMatch + (rc.Bit(ref _choice[0]) == 0 ? (int)rc.Tree(_low.AsSpan(posState * 8, 8), 3)
                : rc.Bit(ref _choice[1]) == 0 ? 8 + (int)rc.Tree(_mid.AsSpan(posState * 8, 8), 3)
                : 16 + (int)rc.Tree(_high, 8));
    }
}
