using System;

namespace Doppel.Backends.Terminal;

/// <summary>What a terminal should show: its cells and its cursor. One thread.</summary>
internal sealed class TerminalGrid
{
    private TerminalCell[] _cells = [];

    internal int Columns { get; private set; }

    internal int Rows { get; private set; }

    /// <summary>Column of the cursor, or -1.</summary>
    internal int CursorColumn { get; private set; } = -1;

    internal int CursorRow { get; private set; }

    internal ReadOnlySpan<TerminalCell> Row(int row) => _cells.AsSpan(row * Columns, Columns);

    internal void Resize(int columns, int rows)
    {
        (Columns, Rows) = (columns, rows);
        if (_cells.Length != columns * rows)
        {
            _cells = new TerminalCell[columns * rows];
        }

        Clear();
    }

    /// <summary>Shows a text screen from its upper left corner on; of one that is too high, the part with the cursor.</summary>
    internal void ShowText(TextScreen text)
    {
        Clear();
        int top = Math.Clamp(text.CursorRow - Rows + 1, 0, Math.Max(text.Rows - Rows, 0));
        int columns = Math.Min(Columns, text.Columns);
        for (int row = 0; row < Math.Min(Rows, text.Rows); row++)
        {
            ReadOnlySpan<ushort> from = text.Cells.AsSpan((top + row) * text.Columns, columns);
            Span<TerminalCell> to = _cells.AsSpan(row * Columns, columns);
            for (int column = 0; column < columns; column++)
            {
                to[column] = TerminalCell.FromText(from[column], text.Blinks);
            }
        }

        int cursorRow = text.CursorRow - top;
        if (text.CursorColumn >= 0 && text.CursorColumn < columns && cursorRow >= 0 && cursorRow < Rows)
        {
            (CursorColumn, CursorRow) = (text.CursorColumn, cursorRow);
        }
    }

    /// <summary>Shows a picture, made small enough, two pixels a cell.</summary>
    internal void ShowPicture(ScreenPicture picture)
    {
        Clear();
        if (picture.Width == 0 || picture.Height == 0 || Columns == 0 || Rows == 0)
        {
            return;
        }

        // Never larger than it is; a cell is about twice as high as it is wide, so its two pixels are square.
        double scale = Math.Min(1, Math.Min((double)Columns / picture.Width, 2.0 * Rows / picture.Height));
        int columns = Math.Clamp((int)(picture.Width * scale), 1, Columns);
        int lines = Math.Clamp((int)(picture.Height * scale), 1, 2 * Rows);
        for (int row = 0; row < (lines + 1) / 2; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                uint upper = Average(picture, column, columns, 2 * row, lines);
                uint lower = (2 * row) + 1 < lines ? Average(picture, column, columns, (2 * row) + 1, lines) : 0;
                _cells[(row * Columns) + column] = TerminalCell.FromPixels(upper, lower);
            }
        }
    }

    /// <summary>Shows a line of words.</summary>
    internal void ShowNote(string note)
    {
        Clear();
        for (int i = 0; i < Math.Min(note.Length, Rows > 0 ? Columns : 0); i++)
        {
            _cells[i] = TerminalCell.Empty with { Glyph = note[i] };
        }
    }

    private static uint Average(ScreenPicture picture, int column, int columns, int line, int lines)
    {
        int left = (int)((long)column * picture.Width / columns);
        int right = Math.Max((int)((long)(column + 1) * picture.Width / columns), left + 1);
        int top = (int)((long)line * picture.Height / lines);
        int bottom = Math.Max((int)((long)(line + 1) * picture.Height / lines), top + 1);
        long red = 0;
        long green = 0;
        long blue = 0;
        for (int y = top; y < bottom; y++)
        {
            foreach (uint pixel in picture.Row(y)[left..right])
            {
                red += pixel >> 16 & 0xFF;
                green += pixel >> 8 & 0xFF;
                blue += pixel & 0xFF;
            }
        }

        long count = (long)(right - left) * (bottom - top);
        return (uint)(red / count << 16 | green / count << 8 | blue / count);
    }

    private void Clear()
    {
        Array.Fill(_cells, TerminalCell.Empty);
        CursorColumn = -1;
    }
}
