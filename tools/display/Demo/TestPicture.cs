using Doppel.Backends;

namespace Doppel.Display.Demo;

/// <summary>
/// Pictures that are known by a formula, the same one as in novnc.html: every third step has the size of another mode, every other one is the former
/// scrolled up.
/// </summary>
internal static class TestPicture
{
    internal static ScreenPicture Draw(int step)
    {
        ScreenPicture picture = new();
        picture.Resize(step % 3 == 2 ? 640 : 720, step % 3 == 2 ? 480 : 400);
        for (int y = 0; y < picture.Height; y++)
        {
            for (int x = 0; x < picture.Width; x++)
            {
                int line = y + (16 * step);
                uint red = (uint)(x & 0xFF);
                uint green = (uint)(line & 0xFF);
                uint blue = (uint)((x / 8 * 37) ^ (line / 16 * 101)) & 0xFF;
                picture.Row(y)[x] = (red << 16) | (green << 8) | blue;
            }
        }

        return picture;
    }
}
