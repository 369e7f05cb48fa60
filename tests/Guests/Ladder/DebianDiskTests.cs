using System;
using System.Text.RegularExpressions;
using Doppel.Backends;
using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>Debian 12 installed on IDE disks: GRUB 2 in the boot sector, an ext4 partition, a whole distribution.</summary>
public sealed partial class DebianDiskTests
{
    [Fact]
    public void Debian_with_sysvinit_finds_its_files_after_a_reboot()
    {
        Rung rung = new(13, "debian-sysvinit", "Debian 12 i386, sysvinit", "IDE disk", "GRUB 2, IDE by DMA, ext4, reset") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Disk(Material.Built("i386-sysvinit.img"))], "c", 256L << 20, DriverTests.Steady);
            LogIn(pc);
            string sum = Md5().Match(Command(pc, "dd if=/dev/urandom of=/root/random bs=64k count=40 2>/dev/null; echo kept > /root/word; sync; md5sum /root/random")).Value;
            Assert.NotEmpty(sum);
            pc.TypeSerial("reboot\n");
            LogIn(pc);
            string found = Command(pc, "cat /root/word; md5sum /root/random; dmesg | grep -ci 'error' ");
            Assert.Contains("kept", found, StringComparison.Ordinal);
            Assert.Contains(sum, found, StringComparison.Ordinal);
            pc.Picture(rung);
            pc.TypeSerial("poweroff\n");
            pc.Patience = DriverTests.Patience;
            Assert.Equal(MachineExitKind.PowerOff, pc.End().Kind);
        });
    }

    [Fact]
    public void Debian_with_systemd_uses_two_processors()
    {
        Rung rung = new(14, "debian-systemd-smp", "Debian 12 amd64, systemd, 2 CPUs", "IDE disk", "SMP, x86-64, IDE by DMA, udev, power button") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Disk(Material.Built("amd64-minimal.img"))], "c", 512L << 20, spec => DriverTests.Steady(spec) with { Cpus = 2 });
            LogIn(pc);
            string report = Command(pc, "guest-report; systemctl is-system-running; systemctl --failed --plain --no-legend");
            Assert.Contains("machine=x86_64 cpu=2", report, StringComparison.Ordinal);
            Assert.Contains("driver=ata_piix", report, StringComparison.Ordinal);
            Assert.Contains("GUEST-READY", report, StringComparison.Ordinal);
            pc.Picture(rung);
            pc.Do(machine => machine.PressPowerButton());
            pc.Patience = DriverTests.Patience;
            Assert.Equal(MachineExitKind.PowerOff, pc.End().Kind);
        });
    }

    [Fact]
    public void A_desktop_of_X11_comes_up_and_follows_the_mouse()
    {
        Rung rung = new(15, "debian-x11", "Debian 12 i386, X11 and IceWM", "IDE disk", "VBE BIOS run by Xorg, linear frame buffer, PS/2 mouse") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Disk(Material.Built("i386-x11.img"))], "c", 512L << 20, DriverTests.Steady);
            _ = pc.ExpectSerial("X11-READY", DriverTests.Patience);
            pc.ExpectPicture(1920, 1080, (960, 700, 0x204060));
            ScreenPicture picture = pc.Picture();

            // The desktop's right button opens a menu where the pointer is.
            Assert.Equal(0, MenuPixels(picture));
            pc.MoveMouse(100, 100).Wait(3).Click(PointerButtons.Right).Wait(15).Picture(rung);
            Assert.InRange(MenuPixels(pc.Picture()), 5_000, 50_000);
        });
    }

    private static void LogIn(Pc pc)
    {
        _ = pc.ExpectSerial("doppel-guest login:", DriverTests.Patience);
        pc.TypeSerial("root\n");
        _ = pc.ExpectSerial("# ", DriverTests.Patience);
    }

    // The end is written in two pieces, so that the echo of the command is not taken for it.
    private static string Command(Pc pc, string words)
    {
        pc.TypeSerial(words + "; echo DO''NE\n");
        return pc.ExpectSerial("DONE", DriverTests.Patience);
    }

    // Pixels in the colour of a menu, right of the middle of the screen and below it.
    private static int MenuPixels(ScreenPicture picture)
    {
        int count = 0;
        for (int y = 540; y < 1000; y++)
        {
            count += picture.Row(y)[960..1400].Count(0xD7D7D7u);
        }

        return count;
    }

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Md5();
}
