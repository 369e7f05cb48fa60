using System;
using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>UEFI firmware with a display and drives.</summary>
public sealed class UefiTests
{
    [Fact]
    public void Linux_starts_from_a_disk_by_its_own_loader_for_UEFI()
    {
        Rung rung = new(16, "uefi-linux", "Debian 12 kernel, amd64, by UEFI", "IDE disk", "flash, FAT file system of the firmware, kernel's EFI stub") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([Pc.Disk(Material.Built("uefi.img"))], "c", 512L << 20, WithUefi);
            string report = pc.ExpectSerial("GUEST-READY", DriverTests.Patience);
            Assert.Contains("machine=x86_64", report, StringComparison.Ordinal);
            Assert.Contains("disk=sda sectors=", report, StringComparison.Ordinal);
            pc.Picture(rung);
        });
    }

    [Fact]
    public void The_firmware_comes_up_to_its_shell()
    {
        Rung rung = new(16, "uefi-shell", "UEFI firmware and its shell", "flash", "flash, x86-64, frame buffer, ACPI") { IsSlow = true };
        rung.Climb(() =>
        {
            using Pc pc = Pc.Boot([], "d", 256L << 20, WithUefi);
            _ = pc.ExpectSerial("UEFI Interactive Shell", DriverTests.Patience);
            _ = pc.ExpectSerial("Shell>", DriverTests.Patience);
            pc.TypeSerial("ver\n");
            _ = pc.ExpectSerial("UEFI v2", DriverTests.Patience);
            pc.Picture(rung);
        });
    }

    private static MachineSpec WithUefi(MachineSpec spec)
    {
        try
        {
            return DriverTests.Steady(spec) with { FirmwarePath = FirmwareLocator.FindUefi() };
        }
        catch (MachineSpecException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
