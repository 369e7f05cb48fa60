using System;
using System.Collections.Generic;
using System.Globalization;

namespace Doppel.Backends.Keys;

/// <summary>
/// Keys by name, for people: the names of QEMU's "sendkey", with a few that one would also try, and "0xNN" for a set 1 code (with bit 7 set for
/// keys behind E0). Several keys at a time are joined by hyphens: "ctrl-alt-delete".
/// </summary>
public static class KeyNames
{
    private static readonly (string Name, byte Code)[] s_keys =
    [
        ("esc", 0x01), ("1", 0x02), ("2", 0x03), ("3", 0x04), ("4", 0x05), ("5", 0x06), ("6", 0x07), ("7", 0x08), ("8", 0x09), ("9", 0x0A), ("0", 0x0B),
        ("minus", 0x0C), ("equal", 0x0D), ("backspace", 0x0E), ("tab", 0x0F),
        ("q", 0x10), ("w", 0x11), ("e", 0x12), ("r", 0x13), ("t", 0x14), ("y", 0x15), ("u", 0x16), ("i", 0x17), ("o", 0x18), ("p", 0x19),
        ("bracket_left", 0x1A), ("bracket_right", 0x1B), ("ret", 0x1C), ("ctrl", 0x1D),
        ("a", 0x1E), ("s", 0x1F), ("d", 0x20), ("f", 0x21), ("g", 0x22), ("h", 0x23), ("j", 0x24), ("k", 0x25), ("l", 0x26),
        ("semicolon", 0x27), ("apostrophe", 0x28), ("grave_accent", 0x29), ("shift", 0x2A), ("backslash", 0x2B),
        ("z", 0x2C), ("x", 0x2D), ("c", 0x2E), ("v", 0x2F), ("b", 0x30), ("n", 0x31), ("m", 0x32), ("comma", 0x33), ("dot", 0x34), ("slash", 0x35),
        ("shift_r", 0x36), ("kp_multiply", 0x37), ("alt", 0x38), ("spc", 0x39), ("caps_lock", 0x3A),
        ("f1", 0x3B), ("f2", 0x3C), ("f3", 0x3D), ("f4", 0x3E), ("f5", 0x3F), ("f6", 0x40), ("f7", 0x41), ("f8", 0x42), ("f9", 0x43), ("f10", 0x44),
        ("num_lock", 0x45), ("scroll_lock", 0x46), ("kp_7", 0x47), ("kp_8", 0x48), ("kp_9", 0x49), ("kp_subtract", 0x4A), ("kp_4", 0x4B), ("kp_5", 0x4C),
        ("kp_6", 0x4D), ("kp_add", 0x4E), ("kp_1", 0x4F), ("kp_2", 0x50), ("kp_3", 0x51), ("kp_0", 0x52), ("kp_decimal", 0x53),
        ("sysrq", 0x54), ("less", 0x56), ("f11", 0x57), ("f12", 0x58),
        ("audioprev", 0x90), ("audionext", 0x99), ("kp_enter", 0x9C), ("ctrl_r", 0x9D), ("audiomute", 0xA0), ("audioplay", 0xA2), ("audiostop", 0xA4),
        ("volumedown", 0xAE), ("volumeup", 0xB0), ("kp_divide", 0xB5), ("print", 0xB7), ("alt_r", 0xB8), ("pause", 0xC6), ("home", 0xC7), ("up", 0xC8),
        ("pgup", 0xC9), ("left", 0xCB), ("right", 0xCD), ("end", 0xCF), ("down", 0xD0), ("pgdn", 0xD1), ("insert", 0xD2), ("delete", 0xD3),
        ("meta_l", 0xDB), ("meta_r", 0xDC), ("menu", 0xDD), ("power", 0xDE), ("sleep", 0xDF), ("wake", 0xE3),
    ];

    // The second names that people use.
    private static readonly (string Name, byte Code)[] s_others =
    [
        ("escape", 0x01), ("enter", 0x1C), ("return", 0x1C), ("space", 0x39), ("bksp", 0x0E), ("asterisk", 0x37), ("period", 0x34), ("quote", 0x28), ("grave", 0x29),
        ("altgr", 0xB8), ("del", 0xD3), ("ins", 0xD2), ("pageup", 0xC9), ("pagedown", 0xD1), ("win", 0xDB), ("meta", 0xDB), ("compose", 0xDD),
        ("print_screen", 0xB7), ("kp_comma", 0x7E),
    ];

    private static readonly Dictionary<string, byte> s_byName = ByName();

    /// <summary>All names, the first of each key only.</summary>
    public static IEnumerable<string> All
    {
        get
        {
            foreach ((string name, _) in s_keys)
            {
                yield return name;
            }
        }
    }

    /// <summary>The key of that name, in any case. False: there is none.</summary>
    public static bool TryFind(string name, out KeyCode key)
    {
        if (s_byName.TryGetValue(name, out byte code))
        {
            key = new KeyCode(code);
            return true;
        }

        bool isNumber = name.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && byte.TryParse(name.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code) && code != 0;
        key = new KeyCode(isNumber ? code : (byte)0);
        return isNumber;
    }

    /// <summary>What people call the key.</summary>
    public static string NameOf(KeyCode key)
    {
        foreach ((string name, byte code) in s_keys)
        {
            if (code == key.Value)
            {
                return name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"0x{key.Value:x2}");
    }

    /// <summary>The events of keys held together, such as "ctrl-alt-delete": pressed in this order, released in the other.</summary>
    /// <param name="chord">Names joined by hyphens.</param>
    /// <param name="events">The events in order.</param>
    /// <param name="unknown">The first name that no key has; empty when there is none.</param>
    /// <returns>False: a key is unknown, or stands there twice.</returns>
    public static bool TryChord(string chord, out IReadOnlyList<KeyEvent> events, out string unknown)
    {
        List<KeyCode> keys = [];
        events = [];
        unknown = string.Empty;
        foreach (string name in chord.Split('-'))
        {
            if (!TryFind(name, out KeyCode key) || keys.Contains(key))
            {
                unknown = name;
                return false;
            }

            keys.Add(key);
        }

        List<KeyEvent> all = keys.ConvertAll(key => new KeyEvent(key, IsDown: true));
        keys.Reverse();
        all.AddRange(keys.ConvertAll(key => new KeyEvent(key, IsDown: false)));
        events = all;
        return true;
    }

    private static Dictionary<string, byte> ByName()
    {
        Dictionary<string, byte> names = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, byte code) in s_keys)
        {
            names.Add(name, code);
        }

        foreach ((string name, byte code) in s_others)
        {
            names.Add(name, code);
        }

        return names;
    }
}
