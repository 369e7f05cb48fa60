using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>Boot loaders and memory testers from Debian packages: protected mode, PCI, several processors.</summary>
public sealed class LoaderTests
{
    [Theory]
    [InlineData("floppy")]
    [InlineData("CD")]
    [InlineData("disk")]
    public void GRUB_lists_the_cards(string medium)
    {
        Rung rung = new(4, "grub-" + medium.ToLowerInvariant(), "GRUB 2.06 rescue", medium, "A20, real and protected mode in turns, PCI, keyboard") { IsPictured = medium == "CD" };
        rung.Climb(() =>
        {
            const string Folder = "/usr/lib/grub-rescue/";
            string image = Material.Packaged("grub-rescue-pc", Folder + (medium == "floppy" ? "grub-rescue-floppy.img" : "grub-rescue-cdrom.iso"));
            using Pc pc = medium switch
            {
                "floppy" => Pc.Boot([Pc.Floppy(image)], "a"),
                "CD" => Pc.Boot([Pc.Cdrom(image)], "d"),
                _ => Pc.Boot([Pc.Disk(image)], "c"),
            };
            pc.ExpectScreen("GNU GRUB  version 2.06");
            if (!pc.ScreenText().Contains("grub>", System.StringComparison.Ordinal))
            {
                pc.Keys("c");
            }

            pc.ExpectScreen("grub>").Type("lspci\n").ExpectScreen("8086:1237").ExpectScreen("1234:1111").Picture(rung);
        });
    }

    [Fact]
    public void IPXE_starts_from_CD_and_finds_no_network_card()
    {
        Rung rung = new(5, "ipxe-cd", "iPXE 1.0.0+", "CD (isolinux)", "text mode, PCI, timer; the machine has no network card yet");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Cdrom(Material.Packaged("ipxe", "/usr/lib/ipxe/ipxe.iso"))], "d");
            pc.ExpectScreen("iPXE 1.0.0+").ExpectScreen("No more network devices").Picture(rung);
        });
    }

    [Theory]
    [InlineData("ia32", "CD", 1)]
    [InlineData("x64", "CD", 2)]
    [InlineData("ia32", "kernel", 2)]
    [InlineData("x64", "kernel", 1)]
    public void Memtest_finds_no_error(string processor, string medium, int cpus)
    {
        Rung rung = new(6, $"memtest-{processor}-{medium.ToLowerInvariant()}", $"Memtest86+ 6.10 {processor}, {cpus} CPU", medium, "processors' start-up, ACPI tables, paging, TSC") { IsPictured = cpus == 2 };
        rung.Climb(() =>
        {
            string file = Material.Packaged("memtest86+", medium == "CD" ? $"/usr/lib/memtest86+/memtest86+{processor}.iso" : $"/boot/memtest86+{processor}.bin");
            MachineSpec Change(MachineSpec spec) => spec with { Cpus = cpus };
            using Pc pc = medium == "CD" ? Pc.Boot([Pc.Cdrom(file)], "d", memory: 16L << 20, Change) : Pc.Load(file, memory: 16L << 20, Change);
            pc.ExpectScreen("Memtest86+ v6.10").ExpectScreen($"{cpus} Cores").ExpectScreen("Errors: 0");
            pc.ExpectScreen(text => text.Contains("[Moving inversions", System.StringComparison.Ordinal), "a second test").Picture(rung);
        });
    }

    [Fact]
    public void A_Linux_kernel_that_the_host_loads_writes_on_the_text_screen()
    {
        MachineSpec linux = GuestSession.SpecOf("debian");
        using Pc pc = Pc.Load(linux.KernelPath!, change: spec => spec with { CommandLine = "console=ttyS0 console=tty0" });
        pc.ExpectSerial("Console: colour VGA+ 80x25");
        pc.ExpectScreen("pci 0000:00:02.0");
    }

    [Fact]
    public void GRUB_Invaders_move()
    {
        Rung rung = new(7, "invaders", "GRUB Invaders", "multiboot kernel", "text memory, keyboard, timer");
        rung.Climb(() =>
        {
            using Pc pc = Pc.Load(Material.Image("invaders.exec"));
            pc.ExpectScreen("-*-");
            pc.ExpectChange(pc.Picture()).Picture(rung);
        });
    }
}
