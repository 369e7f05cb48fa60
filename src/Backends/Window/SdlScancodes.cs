using System;

namespace Doppel.Backends.Window;

/// <summary>Keys by their SDL scancode, which is the usage of a USB keyboard (HID Usage Tables, page 7).</summary>
internal static class SdlScancodes
{
    internal const int LetterF = 9;
    internal const int LetterG = 10;

    private const int FirstUsage = 4;
    private const int FirstModifier = 224;

    // From usage 4 on; 0: a PC keyboard has no such key.
    private static ReadOnlySpan<byte> Keys =>
    [
        // a to z
        0x1E, 0x30, 0x2E, 0x20, 0x12, 0x21, 0x22, 0x23, 0x17, 0x24, 0x25, 0x26, 0x32, 0x31, 0x18, 0x19, 0x10, 0x13, 0x1F, 0x14, 0x16, 0x2F, 0x11, 0x2D, 0x15, 0x2C,

        // 1 to 0
        0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B,

        // Enter, Escape, Backspace, Tab, space, - = [ ] \ and the same key of other keyboards, ; ' ` , . /, Caps Lock
        0x1C, 0x01, 0x0E, 0x0F, 0x39, 0x0C, 0x0D, 0x1A, 0x1B, 0x2B, 0x2B, 0x27, 0x28, 0x29, 0x33, 0x34, 0x35, 0x3A,

        // F1 to F12
        0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58,

        // Print Screen, Scroll Lock, Pause, Insert, Home, Page Up, Delete, End, Page Down, right, left, down, up
        0xB7, 0x46, 0xC6, 0xD2, 0xC7, 0xC9, 0xD3, 0xCF, 0xD1, 0xCD, 0xCB, 0xD0, 0xC8,

        // Keypad: Num Lock, / * - + Enter, 1 to 0, point
        0x45, 0xB5, 0x37, 0x4A, 0x4E, 0x9C, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49, 0x52, 0x53,

        // The key left of z, Menu, Power (none), keypad =
        0x56, 0xDD, 0, 0x59,
    ];

    // Control, Shift, Alt, logo; left, then right.
    private static ReadOnlySpan<byte> Modifiers => [0x1D, 0x2A, 0x38, 0xDB, 0x9D, 0x36, 0xB8, 0xDC];

    /// <summary>Finds the key. False: a PC keyboard has none.</summary>
    internal static bool TryFind(int scancode, out KeyCode key)
    {
        byte code = 0;
        if (scancode >= FirstUsage && scancode - FirstUsage < Keys.Length)
        {
            code = Keys[scancode - FirstUsage];
        }
        else if (scancode >= FirstModifier && scancode - FirstModifier < Modifiers.Length)
        {
            code = Modifiers[scancode - FirstModifier];
        }

        key = new KeyCode(code);
        return code != 0;
    }
}
