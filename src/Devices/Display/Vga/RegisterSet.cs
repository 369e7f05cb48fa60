using System;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>Registers behind an index port: each keeps the bits that exist.</summary>
internal sealed class RegisterSet(string name, byte indexMask, ReadOnlyMemory<byte> masks)
{
    private readonly byte[] _values = new byte[masks.Length];

    /// <summary>The index register.</summary>
    public byte Index { get; set; }

    /// <summary>A register by number; must exist.</summary>
    public byte this[int register] => _values[register];

    /// <summary>Number of the selected register; may not exist.</summary>
    public int Selected => Index & indexMask;

    /// <summary>The selected register; 0 when there is none.</summary>
    public byte Read() => Selected < _values.Length ? _values[Selected] : (byte)0;

    /// <summary>Sets a register as a guest does; one that does not exist ignores it.</summary>
    public void Write(int register, byte value)
    {
        if ((uint)register < (uint)_values.Length)
        {
            _values[register] = (byte)(value & masks.Span[register]);
        }
    }

    /// <summary>All registers in order.</summary>
    public ReadOnlySpan<byte> Values => _values;

    public void Reset()
    {
        Index = 0;
        Array.Clear(_values);
    }

    public void Save(IStateWriter to)
    {
        to.Write(name + "Index", (ulong)Index);
        to.Write(name, _values);
    }

    public void Restore(IStateReader from)
    {
        Index = (byte)from.ReadUnsigned(name + "Index", 0xFF);
        from.ReadBytes(name, _values);
        for (int i = 0; i < _values.Length; i++)
        {
            if ((_values[i] & ~masks.Span[i]) != 0)
            {
                throw new StateFormatException($"{name}: register {i:X2} has bits that do not exist");
            }
        }
    }
}
