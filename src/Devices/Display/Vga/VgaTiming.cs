using System;
using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// Where the beam is: a frame in pixels and lines, and how long it takes. Everything follows from guest time and the registers, so that two
/// runs of a machine see the same retraces.
/// </summary>
/// <param name="PixelHertz">Pixel clock.</param>
/// <param name="LineDots">Pixels of a line with blanking.</param>
/// <param name="ShownDots">Pixels of a line that are shown.</param>
/// <param name="Lines">Lines of a frame with blanking.</param>
/// <param name="ShownLines">Lines that are shown.</param>
/// <param name="RetraceStart">First line of the vertical retrace.</param>
/// <param name="RetraceLines">Length of the vertical retrace.</param>
internal readonly record struct VgaTiming(long PixelHertz, int LineDots, int ShownDots, int Lines, int ShownLines, int RetraceStart, int RetraceLines)
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const byte NotDisplaying = 0x01;
    private const byte Retrace = 0x08;

    // A CRTC that nobody has programmed yet still makes frames, so that a guest which waits for a retrace gets on.
    private static readonly VgaTiming s_standard = new(28_322_000, 900, 720, 449, 400, 412, 2);

    /// <summary>The timing of registers as they are.</summary>
    public static VgaTiming Of(VgaRegisterFile registers)
    {
        RegisterSet crtc = registers.Crtc;
        byte overflow = crtc[VgaCrtc.Overflow];
        int dots = (registers.Sequencer[VgaSequencer.ClockingMode] & VgaSequencer.EightDots) != 0 ? 8 : 9;
        int factor = (crtc[VgaCrtc.ModeControl] & VgaCrtc.HalfVerticalClock) != 0 ? 2 : 1;
        int lines = (crtc[VgaCrtc.VerticalTotal] | (overflow & 0x01) << 8 | (overflow & 0x20) << 4) + 2;
        int retrace = crtc[VgaCrtc.RetraceStart] | (overflow & 0x04) << 6 | (overflow & 0x80) << 2;
        int retraceLines = (crtc[VgaCrtc.RetraceEnd] - retrace) & 0x0F;
        int lineDots = (crtc[VgaCrtc.HorizontalTotal] + 5) * dots;
        if (lines < 64 || lineDots < 256 || retrace >= lines)
        {
            return s_standard;
        }

        long clock = (registers.Misc & VgaOutput.Clock28) != 0 ? 28_322_000 : 25_175_000;
        if ((registers.Sequencer[VgaSequencer.ClockingMode] & VgaSequencer.HalfDotClock) != 0)
        {
            clock /= 2;
        }

        return new VgaTiming(clock, lineDots, Math.Min((crtc[VgaCrtc.HorizontalDisplayEnd] + 1) * dots, lineDots - 1), lines * factor,
            VerticalDisplayEnd(registers), retrace * factor, (retraceLines == 0 ? 16 : retraceLines) * factor);
    }

    /// <summary>Sixty frames a second of a DISPI mode.</summary>
    public static VgaTiming Of(int width, int height)
    {
        int dots = width + (width / 4) + 32;
        int lines = height + (height / 24) + 8;
        return new VgaTiming(60L * dots * lines, dots, width, lines, height, height + 2, 4);
    }

    /// <summary>Lines that the CRTC shows, 1 to 2048.</summary>
    public static int VerticalDisplayEnd(VgaRegisterFile registers)
    {
        RegisterSet crtc = registers.Crtc;
        byte overflow = crtc[VgaCrtc.Overflow];
        int lines = (crtc[VgaCrtc.VerticalDisplayEnd] | (overflow & 0x02) << 7 | (overflow & 0x40) << 3) + 1;
        return (crtc[VgaCrtc.ModeControl] & VgaCrtc.HalfVerticalClock) != 0 ? lines * 2 : lines;
    }

    /// <summary>Input status register 1.</summary>
    public byte Status(GuestTime now)
    {
        long dot = Dots(now) % FrameDots;
        int line = (int)(dot / LineDots);
        bool retrace = line - RetraceStart >= 0 && line - RetraceStart < RetraceLines;
        bool shown = line < ShownLines && dot % LineDots < ShownDots;
        return (byte)((retrace ? Retrace : 0) | (shown ? 0 : NotDisplaying));
    }

    /// <summary>Frames begun since power-on, as this timing counts.</summary>
    public long Frames(GuestTime now) => Dots(now) / FrameDots;

    /// <summary>Vertical retraces begun since power-on, as this timing counts.</summary>
    public long Retraces(GuestTime now) => (Dots(now) + FrameDots - ((long)RetraceStart * LineDots)) / FrameDots;

    private long FrameDots => (long)LineDots * Lines;

    // Whole seconds apart, so that nothing overflows in the centuries that a guest can live.
    private long Dots(GuestTime now) => (now.Nanoseconds / NanosecondsPerSecond * PixelHertz) + (now.Nanoseconds % NanosecondsPerSecond * PixelHertz / NanosecondsPerSecond);
}
