using System;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>FreeDOS from every medium, in real mode, with extended memory, and in virtual-8086 mode.</summary>
public sealed class FreeDosTests
{
    [Theory]
    [InlineData("floppy", 1)]
    [InlineData("floppy", 2)]
    [InlineData("floppy", 3)]
    [InlineData("CD", 1)]
    [InlineData("CD", 3)]
    [InlineData("disk", 1)]
    [InlineData("disk", 2)]
    [InlineData("disk", 3)]
    public void FreeDOS_reports_its_mode_on_screen_and_serial_line(string medium, int choice)
    {
        string uses = choice switch { 1 => "real mode", 2 => "A20, extended memory", _ => "virtual-8086 mode with paging" };
        Rung rung = new(8, $"freedos-{medium.ToLowerInvariant()}-{choice}", $"FreeDOS, choice {choice}", medium, uses + ", clock, COM1") { IsPictured = medium == "disk" && choice == 3 };
        rung.Climb(() =>
        {
            using TemporaryFile? disk = medium == "disk" ? Material.Unpacked(Material.Image("freedos-hd.img.gz")) : null;
            using Pc pc = medium switch
            {
                "floppy" => Pc.Boot([Pc.Floppy(Material.Image("freedos.img"))], "a", memory: 32L << 20),
                "CD" => Pc.Boot([Pc.Cdrom(Material.Image("freedos.iso"))], "d", memory: 32L << 20),
                _ => Pc.Boot([Pc.Disk(disk!.Path)], "c", memory: 32L << 20),
            };
            pc.ExpectScreen("plain DOS").Type($"{choice}\n");
            pc.ExpectSerial(choice == 3 ? "GUEST dos=7.10 mode=v86" : "GUEST dos=7.10 mode=real");
            pc.ExpectSerial("GUEST-READY");
            pc.ExpectScreen("FreeDOS is ready").Picture(rung);
            pc.Type("ver\n").ExpectScreen(text => text.Split("FreeCom version 0.8", StringSplitOptions.None).Length == 3, "its version again");
        });
    }

    [Fact]
    public void FreeDOS_partitions_formats_and_boots_an_empty_disk()
    {
        Rung rung = new(8, "freedos-installed", "FreeDOS put onto an empty disk", "floppy, then disk", "IDE written to, change of the medium, restart");
        rung.Climb(() =>
        {
            using TemporaryFile disk = new(8 << 20);
            using Pc pc = Pc.Boot([Pc.Floppy(Material.Image("freedos.img")), Pc.Disk(disk.Path)], "ac", memory: 16L << 20);
            pc.ExpectScreen("plain DOS").Type("1\n").ExpectScreen("FreeDOS is ready").ExpectScreen("A:\\>");
            pc.Type("fdisk /auto 1\nfdisk /activate:1 1\nfdisk /mbr 1\nfdisk /info 1\n").ExpectScreen("C: 1");
            pc.Keys("ctrl-alt-delete").ExpectScreen("plain DOS").Type("1\n").ExpectScreen("FreeDOS is ready");
            pc.Type("format c: /u /v:DOPPEL\n").ExpectScreen("(YES/NO)?").Type("YES\n").ExpectScreen("Format complete");
            pc.Type("cls\nsys a: c:\n").ExpectScreen("System transferred");
            pc.Type("copy config.sys c:\\\ncls\ndir c:\n").ExpectScreen("DOPPEL").ExpectScreen("CONFIG   SYS");
            pc.Eject("floppy0").Keys("ctrl-alt-delete").ExpectScreen("plain DOS").Type("1\n").ExpectScreen("FreeCom version").Picture(rung);
        });
    }
}
