using System;
using System.Collections.Generic;
using Doppel.Backends;

namespace Doppel.Devices.Display.Vga;

/// <summary>A row of characters on the screen.</summary>
/// <param name="Top">First line of the picture.</param>
/// <param name="Lines">Lines that are shown.</param>
/// <param name="FirstLine">Line of the characters that is shown first.</param>
/// <param name="Counter">Counter of the leftmost cell.</param>
/// <param name="IsLower">Whether it lies below the split.</param>
internal readonly record struct VgaTextRow(int Top, int Lines, int FirstLine, int Counter, bool IsLower);

/// <summary>Draws text modes; remembers what each cell looked like and draws those that changed.</summary>
internal sealed class VgaTextPicture
{
    private const int FontBytes = 256 * GlyphBytes;
    private const int GlyphBytes = 32;
    private const uint WithCursor = 1 << 16;
    private const uint Hidden = 1 << 17;
    private const uint Unknown = uint.MaxValue;

    private readonly byte[] _fonts = new byte[2 * FontBytes];
    private readonly List<VgaTextRow> _rows = [];
    private uint[] _cells = [];
    private VgaFrame _shape;

    /// <summary>The rows of a text frame from top to bottom.</summary>
    public static void FindRows(in VgaFrame frame, List<VgaTextRow> rows)
    {
        rows.Clear();
        VgaLines lines = new(frame);
        for (int y = 0; y < frame.Height; y++)
        {
            VgaLine line = lines.Next();
            if (line.StartsRow)
            {
                rows.Add(new VgaTextRow(y, 1, line.RowLine, line.Counter, line.IsLower));
            }
            else
            {
                VgaTextRow row = rows[^1];
                rows[^1] = row with { Lines = row.Lines + 1 };
            }
        }
    }

    /// <summary>Brings the picture up to date; everything is drawn if <paramref name="all"/>.</summary>
    public ScreenArea Draw(ScreenPicture picture, in VgaFrame frame, VgaPalette palette, ReadOnlySpan<byte> planes, bool all)
    {
        VgaFrame shape = frame with { Start = 0, Text = frame.Text with { Cursor = 0, CursorCell = 0, BlinkHidden = false } };
        all |= shape != _shape;
        _shape = shape;
        all |= RefreshFont(planes, frame.Text.FontA, _fonts.AsSpan(0, FontBytes));
        all |= RefreshFont(planes, frame.Text.FontB, _fonts.AsSpan(FontBytes));
        FindRows(frame, _rows);
        int columns = frame.Columns + (frame.Pan > 0 ? 1 : 0);
        if (_cells.Length < _rows.Count * columns)
        {
            _cells = new uint[_rows.Count * columns];
            all = true;
        }

        if (all)
        {
            _cells.AsSpan().Fill(Unknown);
        }

        ScreenArea changed = default;
        for (int i = 0; i < _rows.Count; i++)
        {
            VgaTextRow row = _rows[i];
            int pan = row.IsLower && !frame.PanLower ? 0 : frame.Pan;
            Span<uint> cells = _cells.AsSpan(i * columns, columns);
            for (int column = 0; column < columns; column++)
            {
                uint cell = Cell(frame, planes, row.Counter + column);
                if (cell == cells[column])
                {
                    continue;
                }

                cells[column] = cell;
                int left = ((column * frame.Dots) - pan) * frame.DotWidth;
                DrawCell(picture, frame, palette.Sixteen, row, left, cell);
                int right = Math.Min(left + (frame.Dots * frame.DotWidth), frame.Width);
                left = Math.Max(left, 0);
                changed = changed.Union(new ScreenArea(left, row.Top, right - left, row.Lines));
            }
        }

        return changed;
    }

    /// <summary>The text of a frame.</summary>
    public static TextScreen Read(in VgaFrame frame, ReadOnlySpan<byte> planes)
    {
        List<VgaTextRow> rows = [];
        FindRows(frame, rows);
        ushort[] cells = new ushort[rows.Count * frame.Columns];
        (int cursorColumn, int cursorRow) = (-1, 0);
        for (int i = 0; i < rows.Count; i++)
        {
            for (int column = 0; column < frame.Columns; column++)
            {
                int counter = rows[i].Counter + column;
                cells[(i * frame.Columns) + column] = (ushort)Cell(frame, planes, counter);
                if ((counter & frame.AddressMask) == frame.Text.CursorCell)
                {
                    (cursorColumn, cursorRow) = (column, i);
                }
            }
        }

        return new TextScreen(frame.Columns, rows.Count, cells, cursorColumn, cursorRow, frame.Text.Blinks);
    }

    private static uint Cell(in VgaFrame frame, ReadOnlySpan<byte> planes, int counter)
    {
        int at = frame.Address(counter & frame.AddressMask, 0) * 4;
        uint cell = planes[at] | (uint)planes[at + 1] << 8;
        if ((counter & frame.AddressMask) == frame.Text.Cursor)
        {
            cell |= WithCursor;
        }

        return frame.Text.BlinkHidden && (cell & 0x8000) != 0 ? cell | Hidden : cell;
    }

    // Fonts share their pages with the text, so only a look at them tells whether they changed.
    private static bool RefreshFont(ReadOnlySpan<byte> planes, int address, Span<byte> font)
    {
        bool changed = false;
        int at = (address * 4) + 2;
        foreach (ref byte line in font)
        {
            changed |= line != planes[at];
            line = planes[at];
            at += 4;
        }

        return changed;
    }

    private void DrawCell(ScreenPicture picture, in VgaFrame frame, ReadOnlySpan<uint> colours, in VgaTextRow row, int left, uint cell)
    {
        int attribute = (int)(cell >> 8 & 0xFF);
        int character = (int)(cell & 0xFF);
        int back = attribute >> 4 & (frame.Text.Blinks ? 7 : 15);
        uint background = colours[back];
        uint foreground = (cell & Hidden) != 0 ? background : colours[attribute & 15];
        ReadOnlySpan<byte> glyph = _fonts.AsSpan(((attribute & 8) != 0 ? 0 : FontBytes) + (character * GlyphBytes), GlyphBytes);
        bool isUnderlined = (attribute & 0x77) == 1;
        bool repeatsEighth = frame.Text.LineGraphics && (character & 0xE0) == 0xC0;
        for (int i = 0; i < row.Lines; i++)
        {
            int line = row.FirstLine + (i / frame.Repeats);
            int dots = glyph[line & (GlyphBytes - 1)];
            if (frame.Dots == 9)
            {
                dots = dots << 1 | (repeatsEighth ? dots & 1 : 0);
            }

            bool cursor = (cell & WithCursor) != 0 && line >= frame.Text.CursorFirst && line <= frame.Text.CursorLast;
            if (cursor || (isUnderlined && line == frame.Text.Underline))
            {
                dots = 0x1FF;
            }

            Span<uint> pixels = picture.Row(row.Top + i);
            int x = left;
            for (int dot = frame.Dots - 1; dot >= 0; dot--)
            {
                uint colour = (dots >> dot & 1) != 0 ? foreground : background;
                for (int width = frame.DotWidth; width > 0; width--, x++)
                {
                    if ((uint)x < (uint)pixels.Length)
                    {
                        pixels[x] = colour;
                    }
                }
            }
        }
    }
}
