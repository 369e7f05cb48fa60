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
            ScreenPicture before = pc.Picture();
            pc.MoveMouse(100, 60).ExpectChange(before);
            before = pc.Picture();
            pc.Click(PointerButtons.Right).ExpectChange(before).Picture(rung);
        });
    }
}
