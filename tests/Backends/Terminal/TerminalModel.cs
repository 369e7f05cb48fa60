using System;
using System.Globalization;
using System.Linq;
using Doppel.Backends.Terminal;

namespace Doppel.Backends.Tests.Terminal;

/// <summary>A terminal as far as the painter may use one; any other sequence fails the test.</summary>
internal sealed class TerminalModel
{
    private readonly TerminalCell[] _cells;
    private TerminalCell _pen = TerminalCell.Empty;
    private int _column;
    private int _row;

    internal TerminalModel(int columns, int rows)
    {
        (Columns, Rows, _cells) = (columns, rows, new TerminalCell[columns * rows]);
        Array.Fill(_cells, TerminalCell.Empty with { Glyph = '?' });
    }

    internal int Columns { get; }

    internal int Rows { get; }

    internal bool HasCursor { get; private set; } = true;

    internal bool IsSecondScreen { get; private set; }

    internal void Feed(string text)
    {
        for (int at = 0; at < text.Length;)
        {
            if (text[at] != '\u001b')
            {
                Assert.InRange(_column, 0, Columns - 1);
                Assert.True(text[at] >= ' ', "a control character");
                _cells[(_row * Columns) + _column++] = _pen with { Glyph = text[at++] };
                continue;
            }

            Assert.Equal('[', text[at + 1]);
            int end = at + 2;
            while (text[end] is < '@')
            {
                end++;
            }

            Control(text[(at + 2)..end], text[end]);
            at = end + 1;
        }
    }

    internal void AssertShows(TerminalGrid grid)
    {
        for (int row = 0; row < Rows; row++)
        {
            Assert.Equal(grid.Row(row).ToArray(), _cells.AsSpan(row * Columns, Columns).ToArray());
        }

        Assert.Equal(grid.CursorColumn >= 0, HasCursor);
        if (HasCursor)
        {
            Assert.Equal((grid.CursorColumn, grid.CursorRow), (_column, _row));
        }
    }

    private void Control(string parameters, char final)
    {
        switch (final, parameters)
        {
            case ('H', _):
                int[] place = [.. parameters.Split(';').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
                (_row, _column) = (place[0] - 1, place[1] - 1);
                break;
            case ('J', "2"):
                Array.Fill(_cells, _pen with { Glyph = ' ' });
                break;
            case ('m', _):
                Pen([.. parameters.Split(';').Select(part => int.Parse(part, CultureInfo.InvariantCulture))]);
                break;
            case ('h' or 'l', "?25"):
                HasCursor = final == 'h';
                break;
            case ('h' or 'l', "?1049"):
                IsSecondScreen = final == 'h';
                break;
            default:
                Assert.Fail($"ESC [ {parameters} {final}");
                break;
        }
    }

    private void Pen(int[] numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            switch (numbers[i])
            {
                case 0:
                    _pen = TerminalCell.Empty;
                    break;
                case 5:
                    _pen = _pen with { Blinks = true };
                    break;
                case >= 30 and <= 37:
                    _pen = _pen with { Foreground = (uint)numbers[i] - 30 };
                    break;
                case >= 40 and <= 47:
                    _pen = _pen with { Background = (uint)numbers[i] - 40 };
                    break;
                case >= 90 and <= 97:
                    _pen = _pen with { Foreground = (uint)numbers[i] - 82 };
                    break;
                case >= 100 and <= 107:
                    _pen = _pen with { Background = (uint)numbers[i] - 92 };
                    break;
                case 38 or 48:
                    Assert.Equal(2, numbers[i + 1]);
                    uint colour = TerminalCell.TrueColour | (uint)(numbers[i + 2] << 16 | numbers[i + 3] << 8 | numbers[i + 4]);
                    _pen = numbers[i] == 38 ? _pen with { Foreground = colour } : _pen with { Background = colour };
                    i += 4;
                    break;
                default:
                    Assert.Fail($"ESC [ {numbers[i]} m");
                    break;
            }
        }
    }
}
