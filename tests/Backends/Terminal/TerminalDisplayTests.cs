using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Doppel.Backends.Terminal;

namespace Doppel.Backends.Tests.Terminal;

public sealed class TerminalDisplayTests
{
    private readonly TerminalPainter _painter = new();
    private readonly TerminalGrid _grid = new();

    [Fact]
    public void The_first_picture_is_painted_whole_and_changes_alone_afterwards()
    {
        _grid.Resize(20, 3);
        ushort[] cells = Cells(8, 2, "C:\\>", 0x07);
        Assert.Equal("\u001b[?1049h\u001b[0;37;40m\u001b[2J\u001b[?25l\u001b[1;1HC:\\>\u001b[?25h", Paint(new TextScreen(8, 2, cells, 4, 0, true)));
        cells[4] = 0x0764;
        Assert.Equal("\u001b[?25ld\u001b[?25h", Paint(new TextScreen(8, 2, cells, 5, 0, true)));
        Assert.Equal(string.Empty, Paint(new TextScreen(8, 2, cells, 5, 0, true)));
        Assert.Equal("\u001b[2;1H", Paint(new TextScreen(8, 2, cells, 0, 1, true)));
        Assert.Equal("\u001b[?25l", Paint(new TextScreen(8, 2, cells, -1, 0, true)));
        Assert.Equal("\u001b[0m\u001b[?25h\u001b[?1049l", Encoding.UTF8.GetString(_painter.End()));
    }

    [Fact]
    public void Colours_are_those_of_the_adapter()
    {
        _grid.Resize(8, 1);
        ushort[] cells = [0x1E41, 0x1E42, 0x4C43, 0xCF44, 0x0720, 0x0720, 0x0720, 0x0720];
        Assert.EndsWith("\u001b[1;1H\u001b[93;44mAB\u001b[91;41mC\u001b[0;5;97;41mD", Paint(new TextScreen(8, 1, cells, -1, 0, true)), StringComparison.Ordinal);
        Assert.Equal("\u001b[1;4H\u001b[0;97;101mD", Paint(new TextScreen(8, 1, cells, -1, 0, false)));
    }

    [Fact]
    public void Line_drawing_is_line_drawing()
    {
        _grid.Resize(5, 1);
        Assert.EndsWith("╔═╗█☺", Paint(new TextScreen(5, 1, [0x7C9, 0x7CD, 0x7BB, 0x7DB, 0x701], -1, 0, true)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_small_terminal_shows_where_the_cursor_is()
    {
        _grid.Resize(4, 2);
        ushort[] cells = [.. Cells(6, 1, "aaaaaa", 7), .. Cells(6, 1, "bbbbbb", 7), .. Cells(6, 1, "cccccc", 7)];
        Assert.EndsWith("bbbb\u001b[2;1Hcccc\u001b[2;3H\u001b[?25h", Paint(new TextScreen(6, 3, cells, 2, 2, true)), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_pixels_make_a_cell()
    {
        _grid.Resize(2, 1);
        ScreenPicture picture = new();
        picture.Resize(2, 2);
        new uint[] { 0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF }.CopyTo(picture.Pixels);
        _grid.ShowPicture(picture);
        Assert.EndsWith("\u001b[1;1H\u001b[38;2;255;0;0;48;2;0;0;255m▀\u001b[38;2;0;255;0;48;2;255;255;255m▀", Encoding.UTF8.GetString(_painter.Paint(_grid)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_large_picture_is_made_small_by_averages()
    {
        _grid.Resize(10, 5);
        ScreenPicture picture = new();
        picture.Resize(640, 480);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = i % 2 == 0 ? 0x20_4060u : 0x40_80A0;
        }

        _grid.ShowPicture(picture);
        Assert.Equal(TerminalCell.FromPixels(0x30_6080, 0x30_6080), _grid.Row(0)[0]);
        Assert.Equal(TerminalCell.Empty, _grid.Row(4)[0]);
    }

    [Fact]
    public void Whatever_is_shown_the_terminal_ends_up_with_it()
    {
        Random random = new(3);
        TerminalModel terminal = new(30, 7);
        _grid.Resize(30, 7);
        ScreenPicture picture = new();
        picture.Resize(90, 50);
        ushort[] cells = new ushort[25 * 9];
        for (int step = 0; step < 400; step++)
        {
            if (random.Next(5) == 0)
            {
                picture.Pixels[random.Next(picture.Pixels.Length)] = (uint)random.Next(0x100_0000);
                _grid.ShowPicture(picture);
            }
            else
            {
                for (int i = random.Next(40); i > 0; i--)
                {
                    cells[random.Next(cells.Length)] = (ushort)random.Next(0x1_0000);
                }

                _grid.ShowText(new TextScreen(25, 9, (ushort[])cells.Clone(), random.Next(-1, 30), random.Next(9), random.Next(2) == 0));
            }

            terminal.Feed(Encoding.UTF8.GetString(_painter.Paint(_grid)));
            terminal.AssertShows(_grid);
        }

        Assert.True(terminal.IsSecondScreen);
        terminal.Feed(Encoding.UTF8.GetString(_painter.End()));
        Assert.True(!terminal.IsSecondScreen && terminal.HasCursor);
    }

    [Fact]
    public void The_display_paints_on_its_own_and_gives_the_terminal_back()
    {
        using MemoryStream output = new();
        ScreenPicture picture = new();
        picture.Resize(720, 400);
        using (TerminalDisplay display = new(output, new RecordingInput(), 80, 25, drawsPictures: false))
        {
            Assert.True(display.IsWatching);
            display.Show(picture, new ScreenArea(0, 0, 720, 400), new TextScreen(80, 25, Cells(80, 25, "hello", 7), 5, 0, true));
            Assert.True(SpinWait.SpinUntil(() => Written(output).Contains("hello", StringComparison.Ordinal), 20_000));
            display.Show(picture, new ScreenArea(0, 0, 720, 400), null);
            Assert.True(SpinWait.SpinUntil(() => Written(output).Contains("graphics", StringComparison.Ordinal), 20_000));
        }

        Assert.EndsWith("\u001b[?1049l", Written(output), StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_that_went_away_is_not_watched()
    {
        MemoryStream output = new();
        output.Dispose();
        using TerminalDisplay display = new(output, new RecordingInput(), 80, 25, drawsPictures: true);
        ScreenPicture picture = new();
        picture.Resize(8, 8);
        display.Show(picture, new ScreenArea(0, 0, 8, 8), null);
        Assert.True(SpinWait.SpinUntil(() => !display.IsWatching, 20_000));
    }

    private static string Written(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());

    private static ushort[] Cells(int columns, int rows, string text, int attribute) =>
        [.. text.PadRight(columns * rows).Select(letter => (ushort)(attribute << 8 | letter))];

    private string Paint(TextScreen text)
    {
        _grid.ShowText(text);
        return Encoding.UTF8.GetString(_painter.Paint(_grid));
    }
}
