using System.Collections.Generic;

namespace Doppel.Backends.Vnc.Keys;

/// <summary>
/// Which key of a US keyboard makes an X keysym (RFC 6143, 7.5.4), for clients that tell what a key means and not where it is.
/// </summary>
internal static class KeysymTable
{
    internal const byte LeftShift = 0x2A;
    internal const byte RightShift = 0x36;
    internal const byte CapsLock = 0x3A;

    private const uint UnicodePlane = 0x0100_0000;

    private static readonly Dictionary<uint, KeyCode> Functions = MakeFunctions();

    // Indexed by character: the make code, with 0x80 when Shift is needed (none of these keys has an E0 prefix).
    private static readonly byte[] Characters = MakeCharacters();

    /// <summary>Finds the key. False: a US keyboard has none.</summary>
    /// <param name="keysym">The X keysym.</param>
    /// <param name="key">The key.</param>
    /// <param name="shift">For a character, whether Shift must be down; null: does not matter.</param>
    internal static bool TryFind(uint keysym, out KeyCode key, out bool? shift)
    {
        shift = null;
        if (Functions.TryGetValue(keysym, out key))
        {
            return true;
        }

        uint character = keysym >= UnicodePlane ? keysym - UnicodePlane : keysym;
        if (character >= 128 || Characters[character] == 0)
        {
            return false;
        }

        key = new KeyCode((byte)(Characters[character] & 0x7F));
        shift = character == ' ' ? null : Characters[character] >= 0x80;
        return true;
    }

    private static byte[] MakeCharacters()
    {
        byte[] table = new byte[128];
        Add(0x29, "`", "~");
        Add(0x02, "1234567890-=", "!@#$%^&*()_+");
        Add(0x10, "qwertyuiop[]", "QWERTYUIOP{}");
        Add(0x1E, "asdfghjkl;'", "ASDFGHJKL:\"");
        Add(0x2B, "\\", "|");
        Add(0x2C, "zxcvbnm,./", "ZXCVBNM<>?");
        Add(0x39, " ", " ");
        return table;

        void Add(byte first, string plain, string shifted)
        {
            for (int i = 0; i < plain.Length; i++)
            {
                table[shifted[i]] = (byte)(first + i + 0x80);
                table[plain[i]] = (byte)(first + i);
            }
        }
    }

    private static Dictionary<uint, KeyCode> MakeFunctions()
    {
        (uint Keysym, byte Code)[] rows =
        [
            (0xFF08, 0x0E), (0xFF09, 0x0F), (0xFE20, 0x0F), (0xFF0A, 0x1C), (0xFF0B, 0x4C), (0xFF0D, 0x1C), (0xFF13, 0xC6), (0xFF14, 0x46),
            (0xFF15, 0xB7), (0xFF1B, 0x01), (0xFFFF, 0xD3), (0xFF50, 0xC7), (0xFF51, 0xCB), (0xFF52, 0xC8), (0xFF53, 0xCD), (0xFF54, 0xD0),
            (0xFF55, 0xC9), (0xFF56, 0xD1), (0xFF57, 0xCF), (0xFF58, 0x4C), (0xFF61, 0xB7), (0xFF63, 0xD2), (0xFF67, 0xDD), (0xFF6B, 0xC6),
            (0xFF7F, 0x45), (0xFFE1, LeftShift), (0xFFE2, RightShift), (0xFFE3, 0x1D), (0xFFE4, 0x9D), (0xFFE5, CapsLock), (0xFFE7, 0x38),
            (0xFFE8, 0xB8), (0xFFE9, 0x38), (0xFFEA, 0xB8), (0xFFEB, 0xDB), (0xFFEC, 0xDC), (0xFFED, 0xDB), (0xFFEE, 0xDC),

            // Numeric keypad: with NumLock, without, operators.
            (0xFF80, 0x39), (0xFF89, 0x0F), (0xFF8D, 0x9C), (0xFF95, 0x47), (0xFF96, 0x4B), (0xFF97, 0x48), (0xFF98, 0x4D), (0xFF99, 0x50),
            (0xFF9A, 0x49), (0xFF9B, 0x51), (0xFF9C, 0x4F), (0xFF9D, 0x4C), (0xFF9E, 0x52), (0xFF9F, 0x53), (0xFFAA, 0x37), (0xFFAB, 0x4E),
            (0xFFAC, 0x53), (0xFFAD, 0x4A), (0xFFAE, 0x53), (0xFFAF, 0xB5), (0xFFB0, 0x52), (0xFFB1, 0x4F), (0xFFB2, 0x50), (0xFFB3, 0x51),
            (0xFFB4, 0x4B), (0xFFB5, 0x4C), (0xFFB6, 0x4D), (0xFFB7, 0x47), (0xFFB8, 0x48), (0xFFB9, 0x49), (0xFFBD, 0x0D),

            // F1 to F12.
            (0xFFBE, 0x3B), (0xFFBF, 0x3C), (0xFFC0, 0x3D), (0xFFC1, 0x3E), (0xFFC2, 0x3F), (0xFFC3, 0x40), (0xFFC4, 0x41), (0xFFC5, 0x42),
            (0xFFC6, 0x43), (0xFFC7, 0x44), (0xFFC8, 0x57), (0xFFC9, 0x58),
        ];
        Dictionary<uint, KeyCode> table = [];
        foreach ((uint keysym, byte code) in rows)
        {
            table.Add(keysym, new KeyCode(code));
        }

        return table;
    }
}
