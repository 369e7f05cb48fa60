using System.Threading;
using System.Threading.Tasks;
using Doppel.Backends.Vnc;

namespace Doppel.Backends.Tests.Vnc;

public sealed class PictureTests
{
    private static readonly VncOptions AnyPort = new() { Port = 0 };

    [Theory]
    [InlineData("native")]
    [InlineData("bgr32")]
    [InlineData("big32")]
    [InlineData("high32")]
    [InlineData("highbig32")]
    [InlineData("deep32")]
    [InlineData("little565")]
    [InlineData("big555")]
    [InlineData("bgr233")]
    [InlineData("rgb222")]
    [InlineData("mapped")]
    public void Whatever_changes_every_client_sees_it(string format)
    {
        Scenes scenes = new(format.Length);
        scenes.Picture.Resize(250, 170);
        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(scenes.Picture, scenes.Whole, null);
        using RfbTestClient raw = RfbTestClient.Open(server.Port, format, RfbTestClient.Raw, RfbTestClient.DesktopSize);
        using RfbTestClient zrle = RfbTestClient.Open(server.Port, format, RfbTestClient.Zrle, RfbTestClient.Raw, RfbTestClient.DesktopSize, RfbTestClient.Cursor);
        using RfbTestClient both = RfbTestClient.Open(server.Port, format, RfbTestClient.Zrle, RfbTestClient.CopyRect, RfbTestClient.DesktopSize);
        for (int step = 0; step < 60; step++)
        {
            ScreenArea changed = scenes.Next(mayResize: true);
            server.Show(scenes.Picture, changed, null);
            raw.SyncTo(scenes.Picture);
            zrle.SyncTo(scenes.Picture);
            if (step % 3 == 0)
            {
                both.SyncTo(scenes.Picture);
            }
        }

        Assert.DoesNotContain(RfbTestClient.Zrle, raw.Seen.Keys);
        Assert.DoesNotContain(RfbTestClient.Raw, zrle.Seen.Keys);
        Assert.Equal(1, zrle.Seen[RfbTestClient.Cursor]);
    }

    [Fact]
    public void Scrolled_text_is_moved_and_not_sent_again()
    {
        ScreenPicture picture = new();
        picture.Resize(720, 400);
        for (int i = 0; i < picture.Pixels.Length; i++)
        {
            int row = i / 720;
            picture.Pixels[i] = row % 16 is > 1 and < 14 && (i * 2654435761u >> 13) % 5 == 0 ? 0xAA_AAAAu : 0;
        }

        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(picture, new ScreenArea(0, 0, 720, 400), null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle, RfbTestClient.CopyRect);
        client.SyncTo(picture);
        for (int lines = 1; lines <= 3; lines++)
        {
            picture.Pixels[(720 * 16 * lines)..].CopyTo(picture.Pixels);
            picture.Pixels[^(720 * 16 * lines)..].Clear();
            server.Show(picture, new ScreenArea(0, 0, 720, 400), null);
            client.SyncTo(picture);
            Assert.Equal(lines, client.Seen[RfbTestClient.CopyRect]);
        }
    }

    [Fact]
    public void A_client_that_keeps_its_size_sees_what_fits()
    {
        ScreenPicture picture = new();
        picture.Resize(100, 80);
        picture.Pixels.Fill(0x11_2233);
        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(picture, new ScreenArea(0, 0, 100, 80), null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle);
        client.SyncTo(picture);
        picture.Resize(200, 40);
        picture.Pixels.Fill(0x44_5566);
        server.Show(picture, new ScreenArea(0, 0, 200, 40), null);
        ScreenPicture expected = new();
        expected.Resize(100, 80);
        expected.Pixels[..(100 * 40)].Fill(0x44_5566);
        client.SyncTo(expected);
        picture.Resize(100, 80);
        picture.Pixels.Fill(0x77_8899);
        server.Show(picture, new ScreenArea(0, 0, 100, 80), null);
        client.SyncTo(picture);
    }

    [Fact]
    public void What_is_asked_for_again_comes_though_it_has_not_changed()
    {
        ScreenPicture picture = new();
        picture.Resize(64, 64);
        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(picture, new ScreenArea(0, 0, 64, 64), null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        client.Request(false, 10, 10, 20, 20);
        client.ReadUpdate();
        client.Request(false, 10, 10, 20, 20);
        client.ReadUpdate();
        Assert.Equal(2, client.Seen[RfbTestClient.Raw]);
    }

    [Fact]
    public void Only_what_changed_is_sent()
    {
        ScreenPicture picture = new();
        picture.Resize(640, 480);
        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(picture, new ScreenArea(0, 0, 640, 480), null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Raw);
        client.Request(isIncremental: false);
        client.ReadUpdate();
        picture.Row(100)[100] = 1;
        picture.Row(300)[500] = 2;
        client.Request(isIncremental: true);
        server.Show(picture, new ScreenArea(0, 0, 640, 480), null);
        client.ReadUpdate();
        Assert.Equal(2, client.LastRectangles);
        Assert.True(client.Shows(picture));
    }

    [Fact]
    public void A_part_may_be_asked_for_before_the_rest()
    {
        ScreenPicture picture = new();
        picture.Resize(200, 200);
        using VncServer server = new(AnyPort, new RecordingInput());
        server.Show(picture, new ScreenArea(0, 0, 200, 200), null);
        using RfbTestClient client = RfbTestClient.Open(server.Port, "native", RfbTestClient.Zrle);
        client.Request(isIncremental: false);
        client.ReadUpdate();
        picture.Pixels.Fill(0xFF);
        server.Show(picture, new ScreenArea(0, 0, 200, 200), null);
        client.Request(true, 70, 70, 10, 10);
        client.ReadUpdate();
        Assert.Equal(100, System.Array.FindAll(client.Pixels, pixel => pixel == 0xFF).Length);
        client.SyncTo(picture);
    }

    [Fact]
    public void Nobody_watches_until_a_client_is_in_and_after_it_left()
    {
        using VncServer server = new(AnyPort, new RecordingInput());
        Assert.False(server.IsWatching);
        using (RfbTestClient client = new(server.Port))
        {
            client.Handshake();
            Assert.True(server.IsWatching);
            Assert.Equal((640, 480, "Doppel"), (client.Width, client.Height, client.Name));
        }

        Assert.True(SpinWait.SpinUntil(() => !server.IsWatching, 20_000));
    }

    [Fact]
    public async Task The_first_picture_gives_the_first_client_its_size()
    {
        using VncServer server = new(AnyPort, new RecordingInput());
        using RfbTestClient client = new(server.Port);
        Task drawing = Task.Run(() =>
        {
            Assert.True(SpinWait.SpinUntil(() => server.IsWatching, 20_000));
            ScreenPicture picture = new();
            picture.Resize(320, 200);
            server.Show(picture, new ScreenArea(0, 0, 320, 200), null);
        });
        client.Handshake();
        await drawing;
        Assert.True((client.Width, client.Height) is (320, 200) or (640, 480), "a slow host may be too late");
    }
}
