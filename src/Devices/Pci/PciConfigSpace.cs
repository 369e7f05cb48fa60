using System;
using System.Buffers.Binary;
using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>
/// The 256 configuration bytes of a function: a reset image, which bits a guest can write, and which it clears by writing ones.
/// Everything else is read-only.
/// </summary>
public sealed class PciConfigSpace
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 256;

    private readonly byte[] _reset = new byte[Length];
    private readonly byte[] _bytes = new byte[Length];
    private readonly byte[] _writable = new byte[Length];
    private readonly byte[] _clearable = new byte[Length];
    private readonly byte[] _live = new byte[Length];

    /// <summary>One byte.</summary>
    public byte this[int offset] => _bytes[offset];

    /// <summary>Declares a register of <paramref name="size"/>: its reset value and the bits that a guest writes or clears by writing ones.</summary>
    public void Define(int offset, AccessSize size, ulong reset, ulong writable = 0, ulong clearedByOnes = 0)
    {
        for (int i = 0; i < (int)size; i++)
        {
            _reset[offset + i] = (byte)(reset >> (i * 8));
            _writable[offset + i] = (byte)(writable >> (i * 8));
            _clearable[offset + i] = (byte)(clearedByOnes >> (i * 8));
            _bytes[offset + i] = _reset[offset + i];
        }
    }

    /// <summary>Declares bits that only the device changes, by <see cref="SetLive"/>.</summary>
    public void DefineLive(int offset, byte bits) => _live[offset] |= bits;

    /// <summary>Sets or clears bits declared by <see cref="DefineLive"/>.</summary>
    public void SetLive(int offset, byte bits, bool on) =>
        _bytes[offset] = (byte)(on ? _bytes[offset] | (bits & _live[offset]) : _bytes[offset] & ~(bits & _live[offset]));

    /// <summary>Reads <paramref name="size"/> bytes; past the end they are all ones.</summary>
    public ulong Read(int offset, AccessSize size)
    {
        ulong value = 0;
        for (int i = 0; i < (int)size; i++)
        {
            byte part = (uint)(offset + i) < Length ? _bytes[offset + i] : (byte)0xFF;
            value |= (ulong)part << (i * 8);
        }

        return value;
    }

    /// <summary>Writes as a guest does.</summary>
    public void Write(int offset, AccessSize size, ulong value)
    {
        for (int i = 0; i < (int)size && (uint)(offset + i) < Length; i++)
        {
            int at = offset + i;
            byte part = (byte)(value >> (i * 8));
            _bytes[at] = (byte)(((_bytes[at] & ~_writable[at]) | (part & _writable[at])) & ~(part & _clearable[at]));
        }
    }

    /// <summary>The 16 bits at <paramref name="offset"/>.</summary>
    public ushort Word(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    /// <summary>The 32 bits at <paramref name="offset"/>.</summary>
    public uint Dword(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    /// <summary>Takes the reset image.</summary>
    public void Reset() => _reset.CopyTo(_bytes, 0);

    /// <summary>Writes all bytes as one field.</summary>
    public void Save(IStateWriter to) => to.Write("config", _bytes);

    /// <summary>Reads them back; bits that neither guest nor device changes must be what this function has.</summary>
    public void Restore(IStateReader from)
    {
        byte[] stored = new byte[Length];
        from.ReadBytes("config", stored);
        for (int i = 0; i < Length; i++)
        {
            if (((stored[i] ^ _reset[i]) & ~(_writable[i] | _clearable[i] | _live[i])) != 0)
            {
                throw new StateFormatException($"config: read-only bits at {i:X2} are not those of this device");
            }
        }

        stored.CopyTo(_bytes, 0);
    }
}
