using System;

namespace Doppel.Backends.Keys;

/// <summary>What the keys of the US layout (ANSI, 104 keys) print.</summary>
internal static class UsLayout
{
    // Each row from its first key on: key codes follow one another.
    private static readonly (byte First, string Plain, string Shifted)[] s_rows =
    [
        (0x02, "1234567890-=", "!@#$%^&*()_+"),
        (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
        (0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
        (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
        (0x39, " ", ""),
    ];

    /// <summary>The key that prints <paramref name="letter"/>, and whether Shift must be held. False: none does.</summary>
    public static bool TryFind(char letter, out KeyCode key, out bool isShifted)
    {
        foreach ((byte first, string plain, string shifted) in s_rows)
        {
            int at = plain.IndexOf(letter, StringComparison.Ordinal);
            isShifted = at < 0;
            at = at < 0 ? shifted.IndexOf(letter, StringComparison.Ordinal) : at;
            if (at >= 0)
            {
                key = new KeyCode((byte)(first + at));
                return true;
            }
        }

        (key, isShifted) = (default, false);
        return false;
    }
}
