using System;

namespace Doppel.Backends.Tests.Vnc;

/// <summary>Makes changes of a picture such as screens show: windows, noise, scrolling text, gradients, another size.</summary>
internal sealed class Scenes
{
    private readonly Random _random;

    internal Scenes(int seed) => _random = new Random(seed);

    internal ScreenPicture Picture { get; } = new();

    internal ScreenArea Whole => new(0, 0, Picture.Width, Picture.Height);

    /// <summary>Changes something, and says where.</summary>
    internal ScreenArea Next(bool mayResize)
    {
        switch (_random.Next(mayResize ? 9 : 8))
        {
            case 0:
                return Draw(Area(), (_, _) => 0x00_2040_60);
            case 1:
                return Draw(Area(), (_, _) => (uint)_random.Next(0x100_0000));
            case 2:
                uint[] few = [0xFF_FFFF, 0x80_0000, 0x12_3456, 0x00_00FF, 0x00_FF00];
                int colours = _random.Next(2, 6);
                return Draw(Area(), (_, _) => few[_random.Next(colours)]);
            case 3:
                return Draw(Area(), (x, y) => (uint)((x & 0xFF) << 16 | (y & 0xFF) << 8));
            case 4:
                return Draw(Area(), (x, _) => (uint)(x / 7 % 100 * 0x010101));
            case 5 or 6:
                return Scroll();
            case 7:
                return Draw(new ScreenArea(_random.Next(Picture.Width), _random.Next(Picture.Height), 1, 1), (_, _) => (uint)_random.Next(0x100_0000));
            default:
                Picture.Resize(_random.Next(1, 300), _random.Next(1, 300));
                return Draw(Whole, (x, y) => (uint)((x * y) & 0xFF_FFFF));
        }
    }

    private ScreenArea Area()
    {
        int x = _random.Next(Picture.Width);
        int y = _random.Next(Picture.Height);
        return new ScreenArea(x, y, _random.Next(Picture.Width - x) + 1, _random.Next(Picture.Height - y) + 1);
    }

    private ScreenArea Draw(ScreenArea area, Func<int, int, uint> pixel)
    {
        for (int y = area.Y; y < area.Y + area.Height; y++)
        {
            for (int x = area.X; x < area.X + area.Width; x++)
            {
                Picture.Row(y)[x] = pixel(x, y);
            }
        }

        return area;
    }

    private ScreenArea Scroll()
    {
        int lines = Math.Min(_random.Next(1, 40), Picture.Height);
        bool up = _random.Next(2) == 0;
        Span<uint> pixels = Picture.Pixels;
        int kept = (Picture.Height - lines) * Picture.Width;
        if (up)
        {
            pixels[(lines * Picture.Width)..].CopyTo(pixels);
            pixels[kept..].Fill(0x30_3030);
        }
        else
        {
            pixels[..kept].CopyTo(pixels[(lines * Picture.Width)..]);
            pixels[..(lines * Picture.Width)].Fill(0x30_3030);
        }

        return Whole;
    }
}
