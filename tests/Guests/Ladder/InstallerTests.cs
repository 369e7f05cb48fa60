namespace Doppel.Guests.Tests.Ladder;

/// <summary>The installer of Debian 12, as its package brings it.</summary>
public sealed class InstallerTests
{
    private const string Folder = "/usr/lib/debian-installer/images/12/i386/text/debian-installer/i386/";

    [Theory]
    [InlineData("serial line")]
    [InlineData("VGA text")]
    public void The_installer_asks_for_a_language(string console)
    {
        bool isSerial = console == "serial line";
        Rung rung = new(12, isSerial ? "installer-serial" : "installer-vga", $"Debian 12 installer on the {console}", "kernel + initrd", isSerial ? "COM1" : "text mode with hardware scrolling, keyboard") { IsSlow = true };
        rung.Climb(() =>
        {
            string initrd = Material.Packaged("debian-installer-12-netboot-i386", Folder + "initrd.gz");
            using Pc pc = Pc.Load(Material.Packaged("debian-installer-12-netboot-i386", Folder + "linux"), 512L << 20, spec => DriverTests.Steady(spec) with
            {
                InitrdPath = initrd,
                CommandLine = isSerial ? "console=ttyS0" : "vga=normal nomodeset",
            });
            if (isSerial)
            {
                _ = pc.ExpectSerial("Select a language", DriverTests.Patience);
                return;
            }

            pc.ExpectScreen("[!!] Select a language", DriverTests.Patience).Picture(rung);
            pc.Keys("down", "down").ExpectScreen("English");
        });
    }
}
