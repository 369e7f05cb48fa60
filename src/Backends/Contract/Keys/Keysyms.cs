using System.Collections.Frozen;
using System.Collections.Generic;

namespace Doppel.Backends.Keys;

/// <summary>
/// X keysyms (X11 keysymdef.h), which RFB clients without the extended key event send: they say what is printed, not which key, so the US layout
/// decides.
/// </summary>
public static class Keysyms
{
    private static readonly FrozenDictionary<uint, byte> s_keys = new Dictionary<uint, byte>
    {
        [0xFE03] = 0xB8, // ISO_Level3_Shift
        [0xFE20] = 0x0F, // ISO_Left_Tab
        [0xFF08] = 0x0E, // BackSpace
        [0xFF09] = 0x0F, // Tab
        [0xFF0A] = 0x1C, // Linefeed
        [0xFF0D] = 0x1C, // Return
        [0xFF13] = 0xC6, // Pause
        [0xFF14] = 0x46, // Scroll_Lock
        [0xFF15] = 0x54, // Sys_Req
        [0xFF1B] = 0x01, // Escape
        [0xFF50] = 0xC7, // Home
        [0xFF51] = 0xCB, // Left
        [0xFF52] = 0xC8, // Up
        [0xFF53] = 0xCD, // Right
        [0xFF54] = 0xD0, // Down
        [0xFF55] = 0xC9, // Page_Up
        [0xFF56] = 0xD1, // Page_Down
        [0xFF57] = 0xCF, // End
        [0xFF61] = 0xB7, // Print
        [0xFF63] = 0xD2, // Insert
        [0xFF67] = 0xDD, // Menu
        [0xFF6B] = 0xC6, // Break
        [0xFF7E] = 0xB8, // Mode_switch
        [0xFF7F] = 0x45, // Num_Lock
        [0xFF80] = 0x39, // KP_Space
        [0xFF89] = 0x0F, // KP_Tab
        [0xFF8D] = 0x9C, // KP_Enter
        [0xFF95] = 0x47, // KP_Home
        [0xFF96] = 0x4B, // KP_Left
        [0xFF97] = 0x48, // KP_Up
        [0xFF98] = 0x4D, // KP_Right
        [0xFF99] = 0x50, // KP_Down
        [0xFF9A] = 0x49, // KP_Page_Up
        [0xFF9B] = 0x51, // KP_Page_Down
        [0xFF9C] = 0x4F, // KP_End
        [0xFF9D] = 0x4C, // KP_Begin
        [0xFF9E] = 0x52, // KP_Insert
        [0xFF9F] = 0x53, // KP_Delete
        [0xFFAA] = 0x37, // KP_Multiply
        [0xFFAB] = 0x4E, // KP_Add
        [0xFFAC] = 0x53, // KP_Separator
        [0xFFAD] = 0x4A, // KP_Subtract
        [0xFFAE] = 0x53, // KP_Decimal
        [0xFFAF] = 0xB5, // KP_Divide
        [0xFFB0] = 0x52, // KP_0
        [0xFFB1] = 0x4F,
        [0xFFB2] = 0x50,
        [0xFFB3] = 0x51,
        [0xFFB4] = 0x4B,
        [0xFFB5] = 0x4C,
        [0xFFB6] = 0x4D,
        [0xFFB7] = 0x47,
        [0xFFB8] = 0x48,
        [0xFFB9] = 0x49, // KP_9
        [0xFFC8] = 0x57, // F11
        [0xFFC9] = 0x58, // F12
        [0xFFE1] = 0x2A, // Shift_L
        [0xFFE2] = 0x36, // Shift_R
        [0xFFE3] = 0x1D, // Control_L
        [0xFFE4] = 0x9D, // Control_R
        [0xFFE5] = 0x3A, // Caps_Lock
        [0xFFE7] = 0xDB, // Meta_L
        [0xFFE8] = 0xDC, // Meta_R
        [0xFFE9] = 0x38, // Alt_L
        [0xFFEA] = 0xB8, // Alt_R
        [0xFFEB] = 0xDB, // Super_L
        [0xFFEC] = 0xDC, // Super_R
        [0xFFED] = 0xDB, // Hyper_L
        [0xFFEE] = 0xDC, // Hyper_R
        [0xFFFF] = 0xD3, // Delete
    }.ToFrozenDictionary();

    /// <summary>The key of <paramref name="keysym"/>. False: a US keyboard has none.</summary>
    /// <param name="keysym">The keysym.</param>
    /// <param name="key">Its key.</param>
    /// <param name="isShifted">Whether Shift must be held for it to mean that; null: it means that with and without.</param>
    public static bool TryFind(uint keysym, out KeyCode key, out bool? isShifted)
    {
        isShifted = null;
        if (keysym is >= 0xFFBE and <= 0xFFC7)
        {
            key = new KeyCode((byte)(0x3B + (keysym - 0xFFBE))); // F1 to F10
            return true;
        }

        if (s_keys.TryGetValue(keysym, out byte code))
        {
            key = new KeyCode(code);
            return true;
        }

        key = default;
        if (keysym is < 0x20 or > 0x7E || !UsLayout.TryFind((char)keysym, out key, out bool shifted))
        {
            return false;
        }

        isShifted = shifted;
        return true;
    }
}
