using System;
using System.Globalization;
using System.Text;

namespace Doppel.Backends.Terminal;

/// <summary>
/// Writes the difference between what a terminal shows and what it should, in the control sequences of ECMA-48 that every terminal of today knows
/// (and xterm's for true colour and the second screen). One thread.
/// </summary>
internal sealed class TerminalPainter
{
    private readonly StringBuilder _text = new();
    private TerminalCell[] _shown = [];
    private int _columns;
    private int _rows;
    private (uint Foreground, uint Background, bool Blinks)? _colours;
    private (int Column, int Row)? _at;
    private bool _hasCursor = true;
    private bool _isStarted;

    /// <summary>Whether the terminal is ours.</summary>
    internal bool IsStarted => _isStarted;

    /// <summary>Bytes that make the terminal show <paramref name="grid"/>; none when it does.</summary>
    internal byte[] Paint(TerminalGrid grid)
    {
        _text.Clear();
        if (!_isStarted)
        {
            // The second screen: the first comes back at the end as it was.
            _text.Append("\u001b[?1049h");
            _isStarted = true;
            _columns = -1;
        }

        if (grid.Columns != _columns || grid.Rows != _rows)
        {
            Forget(grid.Columns, grid.Rows);
        }

        for (int row = 0; row < grid.Rows; row++)
        {
            PaintRow(grid.Row(row), row);
        }

        PaintCursor(grid);
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    /// <summary>Has everything painted anew: the terminal was used by others.</summary>
    internal void Forget() => _columns = -1;

    /// <summary>Bytes that give the terminal back.</summary>
    internal byte[] End()
    {
        if (!_isStarted)
        {
            return [];
        }

        _isStarted = false;
        return "\u001b[0m\u001b[?25h\u001b[?1049l"u8.ToArray();
    }

    private void Forget(int columns, int rows)
    {
        (_columns, _rows) = (columns, rows);
        _shown = new TerminalCell[columns * rows];
        Array.Fill(_shown, TerminalCell.Empty);
        _text.Append("\u001b[0;37;40m\u001b[2J");
        _colours = (TerminalCell.Empty.Foreground, TerminalCell.Empty.Background, false);
        _at = null;
    }

    private void PaintRow(ReadOnlySpan<TerminalCell> cells, int row)
    {
        Span<TerminalCell> shown = _shown.AsSpan(row * _columns, _columns);
        for (int column = 0; column < cells.Length; column++)
        {
            TerminalCell cell = cells[column];
            if (cell == shown[column])
            {
                continue;
            }

            Hide();
            MoveTo(column, row);
            Colour(cell);
            _text.Append(cell.Glyph);
            shown[column] = cell;

            // Terminals differ in where the cursor is after the last column.
            _at = column + 1 < _columns ? (column + 1, row) : null;
        }
    }

    private void PaintCursor(TerminalGrid grid)
    {
        if (grid.CursorColumn < 0)
        {
            Hide();
            return;
        }

        MoveTo(grid.CursorColumn, grid.CursorRow);
        if (!_hasCursor)
        {
            _text.Append("\u001b[?25h");
            _hasCursor = true;
        }
    }

    private void Hide()
    {
        if (_hasCursor)
        {
            _text.Append("\u001b[?25l");
            _hasCursor = false;
        }
    }

    private void MoveTo(int column, int row)
    {
        if (_at != (column, row))
        {
            _text.Append(CultureInfo.InvariantCulture, $"\u001b[{row + 1};{column + 1}H");
            _at = (column, row);
        }
    }

    private void Colour(TerminalCell cell)
    {
        if (_colours == (cell.Foreground, cell.Background, cell.Blinks))
        {
            return;
        }

        bool all = _colours is not { } now || now.Blinks != cell.Blinks;
        char before = '[';
        _text.Append('\u001b');
        if (all)
        {
            Parameter(cell.Blinks ? "0;5" : "0");
        }

        if (all || cell.Foreground != _colours!.Value.Foreground)
        {
            Parameter(Number(cell.Foreground, 30));
        }

        if (all || cell.Background != _colours!.Value.Background)
        {
            Parameter(Number(cell.Background, 40));
        }

        _text.Append('m');
        _colours = (cell.Foreground, cell.Background, cell.Blinks);

        void Parameter(string text)
        {
            _text.Append(before).Append(text);
            before = ';';
        }
    }

    // 30 to 37 and 40 to 47, 60 more for the bright ones, 38 and 48 for others.
    private static string Number(uint colour, int first) => colour switch
    {
        < 8 => $"{first + colour}",
        < 16 => $"{first + 60 + colour - 8}",
        _ => $"{first + 8};2;{colour >> 16 & 0xFF};{colour >> 8 & 0xFF};{colour & 0xFF}",
    };
}
