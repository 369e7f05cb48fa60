using System.Collections.Generic;

namespace Doppel.Backends.Keys;

/// <summary>Text as the keys that type it on a keyboard of the US layout.</summary>
public static class KeyTyping
{
    private static readonly KeyCode s_shift = new(0x2A);

    /// <summary>
    /// The keys of <paramref name="text"/>, each pressed and released, with Shift around those that need it. Line feed and carriage return are Enter;
    /// tab, backspace (\b) and escape (\e) are their keys.
    /// </summary>
    /// <param name="text">What to type.</param>
    /// <param name="events">The events in order; those before the letter in the way if there is one.</param>
    /// <param name="inTheWay">The first letter that no key prints; '\0' when there is none.</param>
    /// <returns>False: a letter has no key.</returns>
    public static bool TryType(string text, out IReadOnlyList<KeyEvent> events, out char inTheWay)
    {
        List<KeyEvent> typed = [];
        events = typed;
        inTheWay = '\0';
        bool isHeld = false;
        foreach (char letter in text)
        {
            if (!TryFind(letter, out KeyCode key, out bool isShifted))
            {
                Shift(typed, ref isHeld, isDown: false);
                inTheWay = letter;
                return false;
            }

            Shift(typed, ref isHeld, isShifted);
            typed.Add(new KeyEvent(key, IsDown: true));
            typed.Add(new KeyEvent(key, IsDown: false));
        }

        Shift(typed, ref isHeld, isDown: false);
        return true;
    }

    private static void Shift(List<KeyEvent> typed, ref bool isHeld, bool isDown)
    {
        if (isHeld != isDown)
        {
            typed.Add(new KeyEvent(s_shift, isDown));
            isHeld = isDown;
        }
    }

    private static bool TryFind(char letter, out KeyCode key, out bool isShifted)
    {
        byte code = letter switch
        {
            '\r' or '\n' => 0x1C,
            '\t' => 0x0F,
            '\b' => 0x0E,
            '\u001B' => 0x01,
            _ => 0,
        };
        if (code == 0)
        {
            return UsLayout.TryFind(letter, out key, out isShifted);
        }

        (key, isShifted) = (new KeyCode(code), false);
        return true;
    }
}
