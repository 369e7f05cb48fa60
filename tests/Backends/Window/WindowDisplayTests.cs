using System;
using System.Threading;
using Doppel.Backends.Window;
using Doppel.Host;
using Doppel.Host.Sdl;

namespace Doppel.Backends.Tests.Window;

public sealed class WindowDisplayTests : IDisposable
{
    private const int Patience = 30_000;

    private readonly VirtualScreen? _screen;
    private readonly string _reason;
    private readonly RecordingInput _input = new();

    public WindowDisplayTests()
    {
        _screen = VirtualScreen.TryStart(out _reason);
        if (_screen is not null && !(SdlWindow.TrySetEnvironment("DISPLAY", _screen.Display) && SdlWindow.TrySetEnvironment("SDL_VIDEODRIVER", "x11")))
        {
            _screen.Dispose();
            (_screen, _reason) = (null, "libSDL2-2.0.so.0 is not installed");
        }
    }

    public void Dispose() => _screen?.Dispose();

    [Fact]
    public void The_window_shows_the_picture_twice_as_large_and_follows_its_size()
    {
        Assert.SkipWhen(_screen is null, _reason);
        using WindowDisplay display = new("machine", _input, () => { });
        ScreenPicture picture = Picture(320, 200, 7);
        display.Show(picture, new ScreenArea(0, 0, 320, 200), null);
        WaitFor(picture, 2);
        picture.Row(100)[100] = 0xFF_FFFF;
        display.Show(picture, new ScreenArea(100, 100, 1, 1), null);
        WaitFor(picture, 2);
        ScreenPicture larger = Picture(800, 600, 9);
        display.Show(larger, new ScreenArea(0, 0, 800, 600), null);

        // The window keeps its factor of two as far as it fits on the screen; without a window manager nothing limits it.
        Assert.True(SpinWait.SpinUntil(() => _screen!.Ask("search --name machine getwindowgeometry").Contains("1600x1200", StringComparison.Ordinal), Patience));
    }

    [Fact]
    public void Keys_and_mouse_reach_the_guest_and_the_title_says_how_to_leave()
    {
        Assert.SkipWhen(_screen is null, _reason);
        using WindowDisplay display = new("machine", _input, () => { });
        display.SetState("running");
        display.Show(Picture(640, 400, 1), new ScreenArea(0, 0, 640, 400), null);
        WaitForTitle("machine - running");
        WaitFor(Picture(640, 400, 1), 1);
        _screen!.Do("mousemove 512 384");
        _screen.Do("key a");
        Assert.Equal("+1E -1E", _input.WaitFor(2));
        _screen.Do("click 1");
        WaitForTitle("machine - running (Ctrl-Alt-G gives the mouse back)");
        _screen.Do("mousemove_relative 7 0");
        Assert.EndsWith("7,0,0,0", _input.WaitFor(3), StringComparison.Ordinal);
        _screen.Do("mousedown 3");
        Assert.EndsWith("0,0,0,2", _input.WaitFor(4), StringComparison.Ordinal);
        _screen.Do("mouseup 3");
        _input.WaitFor(5);
        _screen.Do("key ctrl+alt+g");
        WaitForTitle("machine - running");
    }

    [Fact]
    public void Closing_asks_for_power_down()
    {
        Assert.SkipWhen(_screen is null, _reason);
        using ManualResetEventSlim asked = new();
        using WindowDisplay display = new("machine", _input, asked.Set);
        WaitForTitle("machine");
        Assert.True(display.IsWatching);

        // What the close button of the last window comes to.
        const uint Quit = 0x100;
        SdlWindow.Push(Quit);
        Assert.True(asked.Wait(Patience, TestContext.Current.CancellationToken));
        Assert.True(display.IsWatching);
    }

    [Fact]
    public void A_second_window_and_a_missing_screen_are_told_in_one_line()
    {
        Assert.SkipWhen(_screen is null, _reason);
        using (new WindowDisplay("machine", _input, () => { }))
        {
            Assert.Contains("has a window already", Assert.Throws<HostException>(() => new WindowDisplay("other", _input, () => { })).Message, StringComparison.Ordinal);
        }

        SdlWindow.TrySetEnvironment("DISPLAY", ":4711");
        HostException error = Assert.Throws<HostException>(() => new WindowDisplay("machine", _input, () => { }));
        Assert.Contains("cannot open a window", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static ScreenPicture Picture(int width, int height, int seed)
    {
        ScreenPicture picture = new();
        picture.Resize(width, height);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            picture.Pixels[i] = (uint)((i * 2654435761u * seed) >> 8) & 0xFF_FFFF;
        }

        return picture;
    }

    private void WaitForTitle(string title) =>
        Assert.True(SpinWait.SpinUntil(() => _screen!.Ask("search --name machine getwindowname") == title, Patience), $"title is not '{title}' but '{_screen!.Ask("search --name machine getwindowname")}'");

    // Where the window stands, all pixels.
    private void WaitFor(ScreenPicture picture, int scale) =>
        Assert.True(SpinWait.SpinUntil(() => IsOn(_screen!.Read(), picture, scale), Patience), "the screen does not show the picture");

    private bool IsOn(ScreenPicture screen, ScreenPicture picture, int scale)
    {
        string[] place = _screen!.Ask("search --name machine getwindowgeometry --shell").Split('\n', '=');
        int left = int.Parse(place[Array.IndexOf(place, "X") + 1], System.Globalization.CultureInfo.InvariantCulture);
        int top = int.Parse(place[Array.IndexOf(place, "Y") + 1], System.Globalization.CultureInfo.InvariantCulture);
        for (int y = 0; y < picture.Height * scale; y++)
        {
            for (int x = 0; x < picture.Width * scale; x++)
            {
                if (screen.Row(top + y)[left + x] != picture.Row(y / scale)[x / scale])
                {
                    return false;
                }
            }
        }

        return true;
    }
}
