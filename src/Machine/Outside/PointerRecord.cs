using System;
using System.Buffers.Binary;
using Doppel.Backends;

namespace Doppel.Machine.Outside;

/// <summary>
/// A movement of the mouse in 6 bytes: counts to the right and downwards (16 bits each, little-endian), notches of the wheel towards the user (8
/// bits), and the buttons.
/// </summary>
/// <param name="Right">Counts to the right.</param>
/// <param name="Down">Counts downwards.</param>
/// <param name="Wheel">Notches towards the user.</param>
/// <param name="Buttons">The buttons that are held now.</param>
public readonly record struct PointerRecord(short Right, short Down, sbyte Wheel, PointerButtons Buttons)
{
    /// <summary>Bytes of one movement.</summary>
    public const int Length = 6;

    /// <summary>The movement, with what is too large cut to the largest.</summary>
    public static PointerRecord Of(int right, int down, int wheel, PointerButtons buttons) => new(
        (short)Math.Clamp(right, short.MinValue, short.MaxValue),
        (short)Math.Clamp(down, short.MinValue, short.MaxValue),
        (sbyte)Math.Clamp(wheel, sbyte.MinValue, sbyte.MaxValue),
        buttons);

    /// <summary>The bytes.</summary>
    public byte[] Encode()
    {
        byte[] bytes = new byte[Length];
        Write(bytes);
        return bytes;
    }

    /// <summary>The movement in the first bytes of <paramref name="from"/>; every value means something.</summary>
    internal static PointerRecord Decode(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadInt16LittleEndian(from),
        BinaryPrimitives.ReadInt16LittleEndian(from[2..]),
        (sbyte)from[4],
        (PointerButtons)from[5]);

    /// <summary>Puts the bytes into <paramref name="to"/>.</summary>
    internal void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt16LittleEndian(to, Right);
        BinaryPrimitives.WriteInt16LittleEndian(to[2..], Down);
        to[4] = (byte)Wheel;
        to[5] = (byte)Buttons;
    }
}
