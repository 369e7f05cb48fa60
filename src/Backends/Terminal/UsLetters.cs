using System;

namespace Doppel.Backends.Terminal;

/// <summary>Which key of a US keyboard prints a character.</summary>
internal static class UsLetters
{
    // From a first key on; codes follow one another.
    private static readonly (byte First, string Plain, string Shifted)[] Rows =
    [
        (0x02, "1234567890-=", "!@#$%^&*()_+"),
        (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
        (0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
        (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
        (0x39, " ", ""),
    ];

    /// <summary>Finds it. False: none does.</summary>
    internal static bool TryFind(char letter, out byte code, out bool isShifted)
    {
        foreach ((byte first, string plain, string shifted) in Rows)
        {
            int at = plain.IndexOf(letter, StringComparison.Ordinal);
            isShifted = at < 0;
            at = isShifted ? shifted.IndexOf(letter, StringComparison.Ordinal) : at;
            if (at >= 0)
            {
                code = (byte)(first + at);
                return true;
            }
        }

        (code, isShifted) = (0, false);
        return false;
    }
}
