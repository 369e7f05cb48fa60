using System;

namespace Doppel.Devices.Display.Vga;

/// <summary>How video memory becomes pixels.</summary>
internal enum VgaKind
{
    /// <summary>Nothing is shown.</summary>
    Blank = 0,

    /// <summary>Characters of planes 0 and 1 in fonts of plane 2.</summary>
    Text = 1,

    /// <summary>A bit of a pixel in each plane.</summary>
    Planar = 2,

    /// <summary>Two bits of a pixel beside each other (CGA).</summary>
    Interleaved = 3,

    /// <summary>A byte a pixel, each two dots wide.</summary>
    Bytes = 4,

    /// <summary>A DISPI mode with a byte or more a pixel.</summary>
    Linear = 5,
}

/// <summary>How the CRTC's counter becomes an address in a plane.</summary>
internal enum VgaAddressing
{
    /// <summary>As it is.</summary>
    Byte = 0,

    /// <summary>Shifted by one, bit 13 as bit 0.</summary>
    Word = 1,

    /// <summary>Shifted by one, bit 15 as bit 0.</summary>
    WordWrapped = 2,

    /// <summary>Shifted by two, bits 13:12 as bits 1:0.</summary>
    Doubleword = 3,
}

/// <summary>
/// All that the registers say about the next picture: two equal frames over the same memory and palette are the same picture. Every number is
/// bounded, whatever the registers hold.
/// </summary>
internal readonly record struct VgaFrame
{
    private const int LeastSide = 64;
    private const int UnsetWidth = 720;
    private const int UnsetHeight = 400;

    public VgaKind Kind { get; init; }

    /// <summary>Pixels of a line, 8 to 4096.</summary>
    public int Width { get; init; }

    /// <summary>Lines, 1 to 4096.</summary>
    public int Height { get; init; }

    /// <summary>Character clocks of a line that are shown, 1 to 256 (512 in DISPI modes).</summary>
    public int Columns { get; init; }

    /// <summary>Dots of a character clock, 8 or 9.</summary>
    public int Dots { get; init; }

    /// <summary>1, or 2 where each dot is two pixels wide.</summary>
    public int DotWidth { get; init; }

    /// <summary>Counter at the first line, byte panning included.</summary>
    public int Start { get; init; }

    /// <summary>Counts from one row to the next.</summary>
    public int Pitch { get; init; }

    /// <summary>Lines of a row, 1 to 32.</summary>
    public int RowLines { get; init; }

    /// <summary>Line of the first row that is shown first.</summary>
    public int FirstRowLine { get; init; }

    /// <summary>How often each line is shown: 1, 2 or 4 times.</summary>
    public int Repeats { get; init; }

    /// <summary>First line of the lower part of a split screen, which starts at address 0.</summary>
    public int SplitLine { get; init; }

    /// <summary>Dots that the picture is shifted to the left.</summary>
    public int Pan { get; init; }

    /// <summary>Whether the lower part is shifted too.</summary>
    public bool PanLower { get; init; }

    public VgaAddressing Addressing { get; init; }

    /// <summary>Row line bit 0 replaces address bit 13.</summary>
    public bool Row0ToA13 { get; init; }

    /// <summary>Row line bit 1 replaces address bit 14.</summary>
    public bool Row1ToA14 { get; init; }

    /// <summary>Largest counter and plane address.</summary>
    public int AddressMask { get; init; }

    /// <summary>Bits a pixel of a linear mode.</summary>
    public int Bits { get; init; }

    /// <summary>Bytes from line to line of a linear mode.</summary>
    public int PitchBytes { get; init; }

    /// <summary>First byte of a linear mode.</summary>
    public long StartBytes { get; init; }

    public bool IsBigEndian { get; init; }

    /// <summary>Text only from here on.</summary>
    public VgaTextLook Text { get; init; }

    /// <summary>The frame that the registers describe at this instant.</summary>
    public static VgaFrame Of(VgaChip chip)
    {
        VgaRegisterFile registers = chip.Registers;
        VgaFrame frame = chip.Dispi.IsEnabled ? OfDispi(chip) : OfVga(registers, chip.Timing.Frames(chip.Now));
        if (!registers.IsBlank)
        {
            return frame;
        }

        // Before anybody has set a mode the screen is black, but a screen.
        bool isSet = frame.Width >= LeastSide && frame.Height >= LeastSide;
        return new VgaFrame { Width = isSet ? frame.Width : UnsetWidth, Height = isSet ? frame.Height : UnsetHeight };
    }

    /// <summary>The plane address of a counter in line <paramref name="rowLine"/> of a row.</summary>
    public int Address(int counter, int rowLine)
    {
        int at = Addressing switch
        {
            VgaAddressing.Byte => counter,
            VgaAddressing.Word => counter << 1 | (counter >> 13 & 1),
            VgaAddressing.WordWrapped => counter << 1 | (counter >> 15 & 1),
            _ => counter << 2 | (counter >> 12 & 3),
        };
        if (Row0ToA13)
        {
            at = (at & ~0x2000) | (rowLine & 1) << 13;
        }

        if (Row1ToA14)
        {
            at = (at & ~0x4000) | (rowLine & 2) << 13;
        }

        return at & AddressMask;
    }

    private static VgaFrame OfDispi(VgaChip chip)
    {
        DispiMode mode = chip.Dispi.Mode;
        VgaFrame frame = new()
        {
            Kind = mode.Bits == 4 ? VgaKind.Planar : VgaKind.Linear,
            Width = mode.Width,
            Height = mode.Height,
            Columns = mode.Width / 8,
            Dots = 8,
            DotWidth = 1,
            RowLines = 1,
            Repeats = 1,
            SplitLine = int.MaxValue,
            Bits = mode.Bits,
            IsBigEndian = chip.IsBigEndian,
        };
        return mode.Bits == 4
            ? frame with { Start = (int)(mode.StartBytes >> 2), Pitch = mode.PitchBytes >> 2, AddressMask = (int)(chip.Memory.LengthBytes >> 2) - 1 }
            : frame with { StartBytes = mode.StartBytes, PitchBytes = mode.PitchBytes };
    }

    private static VgaFrame OfVga(VgaRegisterFile registers, long frames)
    {
        RegisterSet crtc = registers.Crtc;
        byte clocking = registers.Sequencer[VgaSequencer.ClockingMode];
        byte mode = registers.Graphics[VgaGraphics.Mode];
        byte control = crtc[VgaCrtc.ModeControl];
        byte maximum = crtc[VgaCrtc.MaximumScanLine];
        byte attributes = registers.Attribute[VgaAttribute.ModeControl];
        byte overflow = crtc[VgaCrtc.Overflow];
        VgaKind kind = (registers.Graphics[VgaGraphics.Misc] & VgaGraphics.GraphicsMode) == 0 ? VgaKind.Text
            : (mode & VgaGraphics.Shift256) != 0 ? VgaKind.Bytes
            : (mode & VgaGraphics.ShiftInterleaved) != 0 ? VgaKind.Interleaved
            : VgaKind.Planar;
        int dots = kind == VgaKind.Text && (clocking & VgaSequencer.EightDots) == 0 ? 9 : 8;
        int dotWidth = (clocking & VgaSequencer.HalfDotClock) != 0 ? 2 : 1;
        int columns = Math.Min(crtc[VgaCrtc.HorizontalDisplayEnd] + 1, BochsDispi.MaxSide / (dots * dotWidth));
        int pan = registers.Attribute[VgaAttribute.Panning];
        bool chain4 = (registers.Sequencer[VgaSequencer.MemoryMode] & VgaSequencer.Chain4) != 0;
        int split = crtc[VgaCrtc.LineCompare] | (overflow & 0x10) << 4 | (maximum & 0x40) << 3;
        int factor = (control & VgaCrtc.HalfVerticalClock) != 0 ? 2 : 1;
        return new VgaFrame
        {
            Kind = kind,
            Columns = columns,
            Dots = dots,
            DotWidth = dotWidth,
            Width = columns * dots * dotWidth,
            Height = VgaTiming.VerticalDisplayEnd(registers),
            Start = (crtc[VgaCrtc.StartHigh] << 8 | crtc[VgaCrtc.StartLow]) + (crtc[VgaCrtc.PresetRowScan] >> 5 & 3),
            Pitch = crtc[VgaCrtc.Offset] * 2,
            RowLines = (maximum & 0x1F) + 1,
            FirstRowLine = Math.Min(crtc[VgaCrtc.PresetRowScan] & 0x1F, maximum & 0x1F),
            Repeats = (maximum & VgaCrtc.DoubleScan) != 0 ? factor * 2 : factor,
            SplitLine = (split + 1) * factor,
            Pan = dots == 9 ? (pan > 7 ? 0 : pan + 1) : pan & 7,
            PanLower = (attributes & VgaAttribute.PanningCompatible) == 0,
            Addressing = Addresses(crtc, kind == VgaKind.Bytes && chain4),
            Row0ToA13 = (control & VgaCrtc.Row0ToA13) == 0,
            Row1ToA14 = (control & VgaCrtc.Row1ToA14) == 0,
            AddressMask = 0xFFFF,
            Text = kind == VgaKind.Text ? VgaTextLook.Of(registers, frames) : default,
        };
    }

    // Chain-4 memory is laid out without gaps here, so its doubleword counting is counting.
    private static VgaAddressing Addresses(RegisterSet crtc, bool isChain4) =>
        (crtc[VgaCrtc.Underline] & VgaCrtc.DoublewordMode) != 0 ? (isChain4 ? VgaAddressing.Byte : VgaAddressing.Doubleword)
        : (crtc[VgaCrtc.ModeControl] & VgaCrtc.ByteMode) != 0 ? VgaAddressing.Byte
        : (crtc[VgaCrtc.ModeControl] & VgaCrtc.AddressWrap) != 0 ? VgaAddressing.WordWrapped
        : VgaAddressing.Word;
}

/// <summary>What a text screen looks like besides its cells.</summary>
/// <param name="FontA">Plane 2 address of the font of characters with attribute bit 3.</param>
/// <param name="FontB">Plane 2 address of the font of the others.</param>
/// <param name="Cursor">Counter of the cell with the cursor; -1 when none is shown at this instant.</param>
/// <param name="CursorCell">The same, whether it blinks or not; -1 when it is switched off.</param>
/// <param name="CursorFirst">First line of the cursor.</param>
/// <param name="CursorLast">Last line of the cursor.</param>
/// <param name="Underline">Line of the underline.</param>
/// <param name="Blinks">Whether attribute bit 7 means blinking.</param>
/// <param name="BlinkHidden">Whether blinking characters are hidden at this instant.</param>
/// <param name="LineGraphics">Whether characters 0xC0-0xDF repeat their eighth dot as their ninth.</param>
internal readonly record struct VgaTextLook(
    int FontA, int FontB, int Cursor, int CursorCell, int CursorFirst, int CursorLast, int Underline, bool Blinks, bool BlinkHidden, bool LineGraphics)
{
    // The cursor is shown for 8 frames and hidden for 8; characters for 16.
    private const int CursorBlinkBit = 3;
    private const int CharacterBlinkBit = 4;

    public static VgaTextLook Of(VgaRegisterFile registers, long frames)
    {
        RegisterSet crtc = registers.Crtc;
        byte select = registers.Sequencer[VgaSequencer.CharacterMapSelect];
        byte attributes = registers.Attribute[VgaAttribute.ModeControl];
        int first = crtc[VgaCrtc.CursorStart] & 0x1F;
        int last = crtc[VgaCrtc.CursorEnd] & 0x1F;
        int cell = (crtc[VgaCrtc.CursorHigh] << 8 | crtc[VgaCrtc.CursorLow]) + (crtc[VgaCrtc.CursorEnd] >> 5 & 3);
        bool off = (crtc[VgaCrtc.CursorStart] & VgaCrtc.CursorOff) != 0 || first > last;
        bool blinks = (attributes & VgaAttribute.Blink) != 0;
        bool hidden = (frames >> CursorBlinkBit & 1) != 0;
        return new VgaTextLook(Font((select >> 2 & 3) | (select >> 3 & 4)), Font((select & 3) | (select >> 2 & 4)),
            off || hidden ? -1 : cell & 0xFFFF, off ? -1 : cell & 0xFFFF, first, last, crtc[VgaCrtc.Underline] & 0x1F,
            blinks, blinks && (frames >> CharacterBlinkBit & 1) != 0, (attributes & VgaAttribute.LineGraphics) != 0);
    }

    // The eight fonts of 8 KiB: four at multiples of 16 KiB, then the four between them.
    private static int Font(int number) => (number & 3) << 14 | (number & 4) << 11;
}
