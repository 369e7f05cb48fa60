using System;
using System.IO;
using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>Debian kernels with every driver: each device of the machine is found and taken by Linux's own driver.</summary>
public sealed class DriverTests
{
    [Theory]
    [InlineData("i386")]
    [InlineData("amd64")]
    public void Linux_binds_a_driver_to_every_device(string architecture)
    {
        Rung rung = new(11, $"drivers-{architecture}", $"Debian 12 kernel, {architecture}, all drivers", "kernel + initrd", "IDE disks, ATAPI CD, floppies, parallel and serial ports, PS/2, frame buffer") { IsSlow = true };
        rung.Climb(() =>
        {
            string initrd = Material.Shared($"linux/{architecture}/initrd.gz");
            using TemporaryFile first = Blank(64 << 20);
            using TemporaryFile second = Blank(20 << 20);
            using TemporaryFile large = Blank(1440 << 10);
            using TemporaryFile small = Blank(720 << 10);
            using Pc pc = Pc.Load(Material.Shared($"linux/{architecture}/vmlinuz"), 256L << 20, spec => Steady(spec) with
            {
                InitrdPath = initrd,
                CommandLine = "console=tty0 console=ttyS0 quiet",
                Drives =
                [
                    Pc.Disk(first.Path),
                    new DriveSpec(DriveKind.IdeDisk, 1, Pc.Discarding(second.Path)),
                    Pc.Cdrom(Material.Image("freedos.iso")),
                    Pc.Floppy(large.Path),
                    new DriveSpec(DriveKind.Floppy, 1, Pc.Discarding(small.Path)),
                ],
            });
            string report = pc.ExpectSerial("GUEST-READY", Patience);
            Assert.Contains("id=8086:7010 class=0101 driver=ata_piix", report, StringComparison.Ordinal);
            Assert.Contains("id=1234:1111 class=0300 driver=bochs-drm", report, StringComparison.Ordinal);
            Assert.Contains("disk=sda sectors=131072", report, StringComparison.Ordinal);
            Assert.Contains("disk=sdb sectors=40960", report, StringComparison.Ordinal);
            Assert.Contains("disk=sr0 sectors=", report, StringComparison.Ordinal);
            Assert.Contains("disk=fd0 ", report, StringComparison.Ordinal);
            Assert.Contains("disk=fd1 ", report, StringComparison.Ordinal);
            Assert.Contains("input=AT Translated Set 2 keyboard", report, StringComparison.Ordinal);
            Assert.Contains("input=ImExPS/2 Generic Explorer Mouse", report, StringComparison.Ordinal);
            Assert.Contains("fb=bochs-drmdrmfb size=1024,768", report, StringComparison.Ordinal);
            Assert.Contains("serial=2 parport=/dev/lp0", report, StringComparison.Ordinal);

            // Data of every drive, by its driver, and back again.
            _ = pc.ExpectSerial("guest# ");
            pc.TypeSerial("for d in sda sdb fd0 fd1; do echo $d is here | dd of=/dev/$d bs=512 seek=700 conv=sync,fsync; done 2>/dev/null; echo 3 > /proc/sys/vm/drop_caches\n");
            pc.TypeSerial("for d in sda sdb fd0 fd1; do dd if=/dev/$d bs=512 skip=700 count=1 2>/dev/null | head -c 12; done; head -c 32774 /dev/sr0 | tail -c 5; echo; echo DO''NE\n");
            string read = pc.ExpectSerial("DONE", Patience);
            foreach (string words in (string[])["sda is here", "sdb is here", "fd0 is here", "fd1 is here", "CD001"])
            {
                Assert.Contains(words, read, StringComparison.Ordinal);
            }

            pc.Picture(rung);
        });
    }

    [Theory]
    [InlineData("i386")]
    [InlineData("amd64")]
    public void Linux_boots_from_a_CD(string architecture)
    {
        Rung rung = new(11, $"cd-{architecture}", $"Debian 12 kernel, {architecture}", "CD", "El Torito, GRUB 2, ATAPI CD-ROM by DMA") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Cdrom(Material.Built(architecture + ".iso"))], "d", 256L << 20, Steady);
            Assert.Contains("disk=sr0 sectors=", pc.ExpectSerial("GUEST-READY", Patience), StringComparison.Ordinal);
            pc.Picture(rung);
        });
    }

    /// <summary>Patience with a step of guests that take long.</summary>
    internal static TimeSpan Patience => TimeSpan.FromMinutes(15);

    /// <summary>Guest time that a slow host does not hurry along: systemd gives up on devices that take longer than 90 seconds.</summary>
    internal static MachineSpec Steady(MachineSpec spec) => spec with { Deterministic = true, PacesIdleTime = true };

    private static TemporaryFile Blank(long length)
    {
        TemporaryFile file = new();
        using FileStream stream = File.OpenWrite(file.Path);
        stream.SetLength(length);
        return file;
    }
}
