using System;
using Doppel.Backends.Disk;

namespace Doppel.Machine.Tests.Firmware;

/// <summary>SeaBIOS and the floppy controller: a boot sector is found, and reads more of its disk through INT 13h.</summary>
public sealed class FloppyBootTests
{
    private static readonly byte[] s_bootSector =
    [
        0x31, 0xC0, 0x8E, 0xC0, 0x8E, 0xD8, // xor ax,ax; mov es,ax; mov ds,ax
        0xB8, 0x02, 0x02, 0xB9, 0x11, 0x28, // mov ax,0202: read two sectors; mov cx,2811: track 40, sector 17
        0xBA, 0x00, 0x01, 0xBB, 0x00, 0x80, // mov dx,0100: head 1, drive 0; mov bx,8000
        0xCD, 0x13, 0xB0, 0x01, 0x72, 0x07, // int 13; mov al,1; jc done
        0xA0, 0x00, 0x80, 0x02, 0x06, 0x00, 0x82, // mov al,[8000]; add al,[8200]
        0xE6, 0xF4, 0xEB, 0xFE, // done: out F4,al; jmp $
    ];

    [Theory]
    [InlineData(1440, 40, 1, 17, 18)]
    [InlineData(2880, 40, 1, 17, 36)]
    public void A_boot_sector_reads_sectors_far_from_itself(int kilobytes, int track, int head, int sector, int sectors)
    {
        byte[] disk = new byte[kilobytes * 1024];
        s_bootSector.CopyTo(disk, 0);
        disk[510] = 0x55;
        disk[511] = 0xAA;
        int at = ((((track * 2) + head) * sectors) + sector - 1) * 512;
        disk[at] = 0x5A;
        disk[at + 512] = 0x21;
        using MemoryDisk medium = new(disk);
        using VirtualMachine machine = new(new MachineSpec
        {
            FirmwarePath = Bios(),
            MemoryBytes = 32 << 20,
            Deterministic = true,
            MaxTime = TimeSpan.FromMinutes(3),
            BootOrder = "a",
            Drives = [new DriveSpec(DriveKind.Floppy, 0, medium)],
        });
        MachineExit exit = machine.Run();
        Assert.Equal(MachineExitKind.GuestExit, exit.Kind);
        Assert.Equal(0x7B, exit.Code);
    }

    private static string Bios()
    {
        try
        {
            return FirmwareLocator.FindBios();
        }
        catch (MachineSpecException e)
        {
            Assert.Skip(e.Message);
            return string.Empty;
        }
    }
}
