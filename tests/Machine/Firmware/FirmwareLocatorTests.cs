using System;
using System.IO;

namespace Doppel.Machine.Tests.Firmware;

public sealed class FirmwareLocatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("doppel-locator").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_named_file_is_taken_and_a_missing_one_is_named()
    {
        string path = Path.Combine(_folder, "X_CODE_4M.fd");
        File.WriteAllBytes(path, [1]);
        Assert.Equal(path, FirmwareLocator.FindBios(path));
        Assert.Null(FirmwareLocator.FindVariables(path));
        File.WriteAllBytes(Path.Combine(_folder, "X_VARS_4M.fd"), [1]);
        Assert.Equal(Path.Combine(_folder, "X_VARS_4M.fd"), FirmwareLocator.FindVariables(path));
        Assert.Null(FirmwareLocator.FindVariables(Path.Combine(_folder, "bios.bin")));
        MachineSpecException e = Assert.Throws<MachineSpecException>(() => FirmwareLocator.FindUefi(path + ".gone"));
        Assert.Contains(path + ".gone", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Drives_are_told_in_boot_order_and_in_cmos()
    {
        using MemoryMedium small = new(1440 << 10);
        MachineSpec spec = new()
        {
            BootOrder = "dca",
            Cpus = 1,
            Drives = [new DriveSpec(DriveKind.Floppy, 0, small), new DriveSpec(DriveKind.IdeDisk, 0, small), new DriveSpec(DriveKind.IdeCdrom, 2, null)],
        };
        string paths = System.Text.Encoding.ASCII.GetString(BootPaths.Build(spec));
        Assert.Equal("/pci@i0cf8/ide@1,1/drive@1/disk@0\n/pci@i0cf8/ide@1,1/drive@0/disk@0\n/pci@i0cf8/isa@1/fdc@03f0/floppy@0\0", paths);
        Assert.Contains(((byte)0x10, (byte)0x40), CmosContents.Extra(spec, 0x40));
        Assert.Contains(((byte)0x3D, (byte)0x23), CmosContents.Extra(spec, 0x40));
        Assert.Contains(((byte)0x38, (byte)0x10), CmosContents.Extra(spec, 0x40));
        Assert.Equal("\0", System.Text.Encoding.ASCII.GetString(BootPaths.Build(spec with { Drives = [] })));
    }
}
