using System;
using System.Numerics;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>256 bits, one a vector: IRR, ISR and TMR.</summary>
internal sealed class VectorSet
{
    private readonly ulong[] _bits = new ulong[4];

    /// <summary>The highest vector in the set, or -1.</summary>
    public int Highest
    {
        get
        {
            for (int i = 3; i >= 0; i--)
            {
                if (_bits[i] != 0)
                {
                    return (i * 64) + 63 - BitOperations.LeadingZeroCount(_bits[i]);
                }
            }

            return -1;
        }
    }

    public bool this[int vector]
    {
        get => (_bits[vector >> 6] >> (vector & 63) & 1) != 0;
        set => _bits[vector >> 6] = value ? _bits[vector >> 6] | (1UL << (vector & 63)) : _bits[vector >> 6] & ~(1UL << (vector & 63));
    }

    /// <summary>One of the eight 32-bit registers that show the set.</summary>
    public uint Register(int index) => (uint)(_bits[index >> 1] >> ((index & 1) * 32));

    public void Clear() => Array.Clear(_bits);

    public void Save(Primitives.IStateWriter to, string field)
    {
        foreach (ulong bits in _bits)
        {
            to.Write(field, bits);
        }
    }

    // Vectors 0 to 15 are never accepted, so they are never saved.
    public void Restore(Primitives.IStateReader from, string field)
    {
        for (int i = 0; i < _bits.Length; i++)
        {
            _bits[i] = from.ReadUnsigned(field);
        }

        if ((_bits[0] & 0xFFFF) != 0)
        {
            throw new Primitives.StateFormatException(field + ": vectors 0 to 15");
        }
    }
}
