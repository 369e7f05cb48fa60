using System.Text;
using System.Text.Json;
using Doppel.Backends;

namespace Doppel.Cli.Control;

/// <summary>The screen of a machine, for requests. Machine's thread only.</summary>
internal static class ControlScreen
{
    /// <summary>What a text screen shows, a row a line, without blanks at the ends.</summary>
    internal static string Text(IScreen? screen)
    {
        TextScreen text = Present(screen).ReadText() ?? throw new ControlException("the screen shows graphics; take a screenshot");
        StringBuilder lines = new();
        for (int row = 0; row < text.Rows; row++)
        {
            StringBuilder line = new();
            for (int column = 0; column < text.Columns; column++)
            {
                line.Append(CodePage437.ToChar((byte)text.Cells[(row * text.Columns) + column]));
            }

            lines.Append(line.ToString().TrimEnd()).Append('\n');
        }

        return lines.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>The picture.</summary>
    internal static ScreenPicture Picture(IScreen? screen)
    {
        ScreenPicture picture = new();
        _ = Present(screen).Update(picture, all: true);
        return picture;
    }

    /// <summary>Writes the property "screen": what it shows and its size, or null.</summary>
    internal static void Describe(IScreen? screen, Utf8JsonWriter json)
    {
        if (screen is null)
        {
            json.WriteNull("screen");
            return;
        }

        ScreenPicture picture = Picture(screen);
        json.WriteStartObject("screen");
        json.WriteString("mode", screen.ReadText() is null ? "graphics" : "text");
        json.WriteNumber("width", picture.Width);
        json.WriteNumber("height", picture.Height);
        json.WriteEndObject();
    }

    private static IScreen Present(IScreen? screen) => screen ?? throw new ControlException("this machine has no display; run it with --display");
}
