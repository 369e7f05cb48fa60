namespace Doppel.Devices.Display.Vga;

/// <summary>Ports of the VGA (IBM PS/2 hardware interface technical reference, "Video subsystem"; FreeVGA "Accessing the VGA registers").</summary>
internal static class VgaPort
{
    public const ushort MonoCrtc = 0x3B4;
    public const ushort MonoStatus = 0x3BA;
    public const ushort Attribute = 0x3C0;
    public const ushort AttributeRead = 0x3C1;
    public const ushort MiscWrite = 0x3C2;
    public const ushort Sequencer = 0x3C4;
    public const ushort SequencerData = 0x3C5;
    public const ushort DacMask = 0x3C6;
    public const ushort DacReadIndex = 0x3C7;
    public const ushort DacWriteIndex = 0x3C8;
    public const ushort DacData = 0x3C9;
    public const ushort FeatureRead = 0x3CA;
    public const ushort MiscRead = 0x3CC;
    public const ushort Graphics = 0x3CE;
    public const ushort GraphicsData = 0x3CF;
    public const ushort ColourCrtc = 0x3D4;
    public const ushort ColourCrtcData = 0x3D5;
    public const ushort ColourStatus = 0x3DA;
}

/// <summary>Miscellaneous output register.</summary>
internal static class VgaOutput
{
    /// <summary>CRTC and status at 3Dx, else at 3Bx.</summary>
    public const byte Colour = 0x01;

    /// <summary>Display memory answers.</summary>
    public const byte MemoryEnable = 0x02;

    /// <summary>28.322 MHz, else 25.175 MHz (the two other clocks are not there).</summary>
    public const byte Clock28 = 0x04;
}

/// <summary>Sequencer.</summary>
internal static class VgaSequencer
{
    public const int ClockingMode = 1;
    public const int MapMask = 2;
    public const int CharacterMapSelect = 3;
    public const int MemoryMode = 4;

    public const byte EightDots = 0x01;
    public const byte HalfDotClock = 0x08;
    public const byte ScreenOff = 0x20;
    public const byte NoOddEven = 0x04;
    public const byte Chain4 = 0x08;
}

/// <summary>Graphics controller.</summary>
internal static class VgaGraphics
{
    public const int SetReset = 0;
    public const int EnableSetReset = 1;
    public const int ColourCompare = 2;
    public const int Rotate = 3;
    public const int ReadMap = 4;
    public const int Mode = 5;
    public const int Misc = 6;
    public const int ColourDontCare = 7;
    public const int BitMask = 8;

    public const byte ReadCompare = 0x08;
    public const byte ReadOddEven = 0x10;
    public const byte ShiftInterleaved = 0x20;
    public const byte Shift256 = 0x40;
    public const byte GraphicsMode = 0x01;
    public const byte ChainOddEven = 0x02;
}

/// <summary>CRT controller.</summary>
internal static class VgaCrtc
{
    public const int HorizontalTotal = 0x00;
    public const int HorizontalDisplayEnd = 0x01;
    public const int VerticalTotal = 0x06;
    public const int Overflow = 0x07;
    public const int PresetRowScan = 0x08;
    public const int MaximumScanLine = 0x09;
    public const int CursorStart = 0x0A;
    public const int CursorEnd = 0x0B;
    public const int StartHigh = 0x0C;
    public const int StartLow = 0x0D;
    public const int CursorHigh = 0x0E;
    public const int CursorLow = 0x0F;
    public const int RetraceStart = 0x10;
    public const int RetraceEnd = 0x11;
    public const int VerticalDisplayEnd = 0x12;
    public const int Offset = 0x13;
    public const int Underline = 0x14;
    public const int ModeControl = 0x17;
    public const int LineCompare = 0x18;
    public const int Count = 0x19;

    public const byte LineCompareBit8 = 0x10;
    public const byte Protect = 0x80;
    public const byte InterruptNotClear = 0x10;
    public const byte CursorOff = 0x20;
    public const byte DoubleScan = 0x80;
    public const byte DoublewordMode = 0x40;
    public const byte ByteMode = 0x40;
    public const byte AddressWrap = 0x20;
    public const byte HalfVerticalClock = 0x04;
    public const byte Row1ToA14 = 0x02;
    public const byte Row0ToA13 = 0x01;
}

/// <summary>Attribute controller.</summary>
internal static class VgaAttribute
{
    public const int ModeControl = 0x10;
    public const int Overscan = 0x11;
    public const int PlaneEnable = 0x12;
    public const int Panning = 0x13;
    public const int ColourSelect = 0x14;
    public const int Count = 0x15;

    /// <summary>Index bit: the palette belongs to the display, not to the CPU.</summary>
    public const byte PaletteSource = 0x20;

    public const byte LineGraphics = 0x04;
    public const byte Blink = 0x08;
    public const byte PanningCompatible = 0x20;
    public const byte PalettePart = 0x80;
}
