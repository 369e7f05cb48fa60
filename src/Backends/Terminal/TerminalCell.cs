namespace Doppel.Backends.Terminal;

/// <summary>A character on a terminal. Colours are 0 to 15 (red in bit 0, as terminals count) or 0x01RRGGBB.</summary>
internal readonly record struct TerminalCell(char Glyph, uint Foreground, uint Background, bool Blinks)
{
    /// <summary>Set in colours that are not one of the sixteen.</summary>
    internal const uint TrueColour = 0x0100_0000;

    private const char UpperHalf = '▀';

    /// <summary>What an emptied terminal holds.</summary>
    internal static TerminalCell Empty { get; } = new(' ', 7, 0, false);

    /// <summary>A cell of a text screen.</summary>
    internal static TerminalCell FromText(ushort cell, bool blinks)
    {
        int attribute = cell >> 8;
        int background = blinks ? attribute >> 4 & 7 : attribute >> 4;
        return new TerminalCell(CodePage437.ToChar((byte)cell), Swapped(attribute & 15), Swapped(background), blinks && attribute >= 0x80);
    }

    /// <summary>Two pixels, one above the other.</summary>
    internal static TerminalCell FromPixels(uint upper, uint lower) => new(UpperHalf, TrueColour | upper, TrueColour | lower, false);

    // The adapter has blue in bit 0 and red in bit 2.
    private static uint Swapped(int colour) => (uint)((colour & 10) | (colour & 1) << 2 | (colour >> 2 & 1));
}
