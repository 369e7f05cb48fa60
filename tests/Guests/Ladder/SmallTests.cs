namespace Doppel.Guests.Tests.Ladder;

/// <summary>Guests that fill a boot sector or a little more, in real mode.</summary>
public sealed class SmallTests
{
    [Fact]
    public void BootOS_lists_its_programs_and_calculates()
    {
        Rung rung = new(1, "bootos", "bootOS", "floppy", "text mode, keyboard, floppy");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("bootos.img"))], "a", memory: 1L << 20);
            pc.ExpectScreen("bootOS").ExpectScreen("$").Type("dir\n").ExpectScreen("fbird").Type("basic\n").ExpectScreen(">").Type("print 6*7\n").ExpectScreen("42").Picture(rung);
        });
    }

    [Fact]
    public void A_game_of_one_sector_draws_a_maze()
    {
        Rung rung = new(1, "bootos-cubicdoom", "bootOS: cubicdoom", "floppy", "VGA 320x200, timer");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("bootos.img"))], "a", memory: 1L << 20);
            pc.ExpectScreen("$").Type("cubicdoom\n").ExpectPicture(640, 400).Wait(0.3).Picture(rung);
            pc.Keys("left").ExpectChange(pc.Picture());
        });
    }

    [Fact]
    public void Another_flies_a_bird_made_of_text()
    {
        Rung rung = new(1, "bootos-fbird", "bootOS: fbird", "floppy", "text mode, timer, speaker");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("bootos.img"))], "a", memory: 1L << 20);
            pc.ExpectScreen("$").Type("fbird\n").ExpectScreen("F-BIRD").Keys("space").Wait(0.5).Picture(rung);
            pc.ExpectChange(pc.Picture());
        });
    }

    [Theory]
    [InlineData("floppy")]
    [InlineData("CD")]
    public void Floppy_Bird_shows_its_sky_and_flies(string medium)
    {
        Rung rung = new(2, medium == "CD" ? "floppybird-cd" : "floppybird", "Floppy Bird", medium == "CD" ? "CD, as emulated floppy" : medium, "VGA 320x200 with its palette, speaker, keyboard") { IsPictured = medium != "CD" };
        rung.Climb(() =>
        {
            using Pc pc = medium == "CD"
                ? Pc.Boot([Pc.Cdrom(Material.Image("floppybird.iso"))], "d")
                : Pc.Boot([Pc.Floppy(Material.Image("floppybird.img"))], "a");
            pc.ExpectPicture(640, 400, (10, 10, 0x00A8A8), (100, 380, 0xFFBF7F)).Picture(rung);
            pc.Keys("space").ExpectChange(pc.Picture());
        });
    }

    [Fact]
    public void MikeOS_shows_its_programs()
    {
        Rung rung = new(3, "mikeos", "MikeOS 4.5", "floppy", "text mode, FAT12, keyboard");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("mikeos.flp"))], "a");
            pc.ExpectScreen("Welcome to MikeOS").Keys("enter").ExpectScreen("Please select a file").Picture(rung);
        });
    }
}
