using System;
using System.Text;
using Doppel.Primitives;

namespace Doppel.Machine.Snapshot;

/// <summary>A position in the bytes of a state stream. Every step checks what remains; damage throws <see cref="StateFormatException"/> with the offset.</summary>
internal struct StateCursor
{
    private readonly ReadOnlyMemory<byte> _bytes;

    internal StateCursor(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Offset = 0;
    }

    /// <summary>Bytes passed.</summary>
    internal int Offset { get; private set; }

    /// <summary>Bytes to come.</summary>
    internal readonly int Left => _bytes.Length - Offset;

    internal readonly StateFormatException Damage(string what) => new($"damaged state at byte {Offset}: {what}");

    internal StateTag Tag()
    {
        byte tag = Byte();
        return tag <= (byte)StateTag.Bytes ? (StateTag)tag : throw Damage($"unknown item {tag}");
    }

    internal string Name()
    {
        int length = Byte();
        if (length is 0 or > StateFormat.MaxNameLength)
        {
            throw Damage($"a name of {length} characters");
        }

        ReadOnlySpan<byte> name = Take((ulong)length);
        if (name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            throw Damage("a name that is not printable");
        }

        return Encoding.ASCII.GetString(name);
    }

    internal ulong Number()
    {
        ulong value = 0;
        for (int i = 0; i < StateFormat.MaxNumberBytes; i++)
        {
            byte next = Byte();
            if (i == StateFormat.MaxNumberBytes - 1 && next > 1)
            {
                break;
            }

            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                return next != 0 || i == 0 ? value : throw Damage("a number with needless bytes");
            }
        }

        throw Damage("a number of more than 64 bits");
    }

    internal bool Truth()
    {
        byte value = Byte();
        return value <= 1 ? value == 1 : throw Damage($"a truth value of {value}");
    }

    internal ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)Left)
        {
            throw Damage($"{length} bytes announced, {Left} left");
        }

        ReadOnlySpan<byte> taken = _bytes.Span.Slice(Offset, (int)length);
        Offset += (int)length;
        return taken;
    }

    private byte Byte() => Take(1)[0];
}
