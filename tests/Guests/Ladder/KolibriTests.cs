using Doppel.Backends;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>KolibriOS, a desktop that fits a floppy.</summary>
public sealed class KolibriTests
{
    [Fact]
    public void KolibriOS_shows_its_desktop_and_follows_the_mouse()
    {
        Rung rung = new(9, "kolibri", "KolibriOS 2014", "floppy", "VBE 800x600x32, floppy by DMA, mouse, PCI, IDE, clock");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("kolibri.img"))], "a", memory: 64L << 20);
            pc.ExpectScreen("KolibriOS").Keys("enter");
            pc.ExpectPicture(800, 600, (400, 590, 0xDFDBDF), (10, 10, 0x4699A5), (700, 30, 0x7070B5));

            // Its driver comes a little later, and takes the mouse's last answer for the first byte of a packet: the first movement is a wild one with a click.
            ScreenPicture before = pc.Picture();
            pc.ExpectPicture(now => CountChanges(before, pc.MoveMouse(10, 10).Picture(), 150, 500) > 1000, "the menu of a wild click");
            pc.MoveMouse(80, -120).Click(PointerButtons.Left).ExpectPicture(now => CountChanges(before, now, 150, 500) < 1000, "the menu gone");
            before = pc.Picture();
            pc.MoveMouse(20, -20).ExpectPicture(now => CountChanges(before, now, 150, 100) > 20, "the pointer elsewhere");
            pc.Click(PointerButtons.Right).ExpectPicture(now => CountChanges(before, now, 150, 100) > 5000, "a menu").Picture(rung);
        });
    }

    // The bar below has a clock.
    private static int CountChanges(ScreenPicture before, ScreenPicture now, int fromX, int fromY)
    {
        const int BarFrom = 570;
        int count = 0;
        for (int y = fromY; y < BarFrom; y++)
        {
            for (int x = fromX; x < now.Width; x++)
            {
                count += before.Row(y)[x] != now.Row(y)[x] ? 1 : 0;
            }
        }

        return count;
    }
}
