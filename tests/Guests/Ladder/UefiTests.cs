using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>UEFI firmware with a display and drives.</summary>
public sealed class UefiTests
{
    [Fact]
    public void The_firmware_comes_up_to_its_shell()
    {
        Rung rung = new(16, "uefi-shell", "UEFI firmware and its shell", "flash", "flash, x86-64, frame buffer, ACPI") { IsSlow = true };
        rung.Climb(() =>
        {
            string path = string.Empty;
            try
            {
                path = FirmwareLocator.FindUefi();
            }
            catch (MachineSpecException e)
            {
                Assert.Skip(e.Message);
            }

            using Pc pc = Pc.Boot([], "d", 256L << 20, spec => DriverTests.Steady(spec) with { FirmwarePath = path });
            _ = pc.ExpectSerial("UEFI Interactive Shell", DriverTests.Patience);
            _ = pc.ExpectSerial("Shell>", DriverTests.Patience);
            pc.TypeSerial("ver\n");
            _ = pc.ExpectSerial("UEFI v2", DriverTests.Patience);
            pc.Picture(rung);
        });
    }
}
