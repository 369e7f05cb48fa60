using System;
using System.Linq;
using Doppel.Devices.Storage.Floppy;

namespace Doppel.Devices.Tests.Floppy;

/// <summary>Registers, phases and the commands without sectors.</summary>
public sealed class Fdc82077AaTests
{
    private const long Megabytes144 = 1_474_560;

    [Fact]
    public void AfterPowerOn_TheChipWaitsForACommandAndDoesNotInterrupt()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        Assert.Equal(0x80, rig.Status);
        Assert.Equal(0x0C, rig.Slot.In(0x3F2));
        Assert.False(rig.Wait(1_000_000));
        Assert.Equal(0, rig.Slot.Time.ArmedCount);
        Assert.Equal(0xFF, rig.Slot.In(0x3F0));
        Assert.Equal(0xFF, rig.Slot.In(0x3F1));
    }

    [Fact]
    public void Reset_InterruptsOnceAndGivesFourStatusesOfPolling()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Slot.Out(0x3F2, 0x00);
        Assert.Equal(0x00, rig.Status);
        rig.Slot.Out(0x3F2, 0x0C);
        Assert.True(rig.Wait());
        Assert.Equal(0x80, rig.Status);
        for (int i = 0; i < 4; i++)
        {
            rig.Send(0x08);
            Assert.False(rig.Irq);
            Assert.Equal(new byte[] { (byte)(0xC0 | i), 0 }, rig.Result());
        }

        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x80 }, rig.Result());
    }

    [Fact]
    public void SoftwareReset_ClearsItselfAndEndsACommandInItsMiddle()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Start().Send(0xE6, 0, 0);
        Assert.Equal(0x90, rig.Status);
        rig.Slot.Out(0x3F4, 0x80);
        Assert.True(rig.Wait());
        Assert.Equal(0x80, rig.Status);
        rig.Send(0x08);
        Assert.Equal(0xC0, rig.Result()[0]);
    }

    [Fact]
    public void SeabiosSensesOneDriveAfterReset_AndThenSeesTheEndOfItsRecalibration()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Slot.Out(0x3F2, 0x08);
        rig.Slot.Out(0x3F2, 0x0C);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0xC0, 0 }, rig.Result());
        rig.Start().Send(0x07, 0);
        Assert.False(rig.Irq);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x20, 0 }, rig.Result());
    }

    [Fact]
    public void TheGateInDor_KeepsInterruptsFromTheBus()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Slot.Out(0x3F2, 0x14);
        rig.Send(0x07, 0);
        Assert.False(rig.Wait(10_000_000));
        rig.Slot.Out(0x3F2, 0x1C);
        Assert.True(rig.Irq);
    }

    [Fact]
    public void Seek_MovesTheHeadAndTellsHeadAndCylinder()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Start().Send(0x0F, 0x04, 40);
        Assert.Equal(0x81, rig.Status);
        Assert.True(rig.Wait());
        Assert.Equal(0x80, rig.Status);
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x24, 40 }, rig.Result());
        rig.Send(0x04, 0x04);
        Assert.Equal(new byte[] { 0x2C }, rig.Result());
        rig.Send(0xCF, 0, 2);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x20, 42 }, rig.Result());
        rig.Send(0x8F, 0, 42);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x20, 0 }, rig.Result());
        rig.Send(0x04, 0x00);
        Assert.Equal(new byte[] { 0x38 }, rig.Result());
    }

    [Fact]
    public void Recalibrate_FindsTrackZeroAndFailsWithoutADrive()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Start();
        Assert.Equal(new byte[] { 0x20, 83 }, rig.Seek(83));
        rig.Send(0x07, 0);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x70, 0 }, rig.Result());
        rig.Send(0x07, 0);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x20, 0 }, rig.Result());
        rig.Slot.Out(0x3F2, 0x4E);
        rig.Send(0x07, 2);
        Assert.True(rig.Wait());
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x72, 0 }, rig.Result());
    }

    [Fact]
    public void TheEndsOfTwoSeeks_InterruptOneAfterTheOther()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144), second: new FakeMedium(Megabytes144));
        rig.Start().Send(0x0F, 0, 10);
        rig.Slot.Out(0x3F2, 0x3D);
        rig.Send(0x0F, 1, 10);
        Assert.Equal(0x83, rig.Status);
        rig.Slot.Time.Advance(10_000_000);
        rig.Send(0x08);
        Assert.False(rig.Irq);
        Assert.Equal(new byte[] { 0x20, 10 }, rig.Result());
        Assert.True(rig.Irq);
        rig.Send(0x08);
        Assert.Equal(new byte[] { 0x21, 10 }, rig.Result());
        Assert.False(rig.Irq);
    }

    [Fact]
    public void LinuxFindsAPost1991Chip()
    {
        FloppyRig rig = new(null);
        rig.Send(0x0E);
        Assert.Equal(10, rig.Result().Length);
        rig.Send(0x13, 0, 0x1A, 0);
        Assert.Equal(0x80, rig.Status);
        rig.Send(0x12, 0);
        Assert.Equal(0x80, rig.Status);
        rig.Send(0x14);
        Assert.Equal(new byte[] { 0x00 }, rig.Result());
        rig.Send(0x18);
        Assert.Equal(new byte[] { 0x80 }, rig.Result());
        rig.Send(0x10);
        Assert.Equal(new byte[] { 0x90 }, rig.Result());
    }

    [Fact]
    public void DumpRegisters_ShowsWhatWasSetAndLockKeepsTheFifo()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        rig.Start().Send(0x03, 0xAF, 0x02);
        rig.Send(0x13, 0, 0x57, 0x11);
        rig.Send(0x12, 0x86);
        rig.Send(0x94);
        Assert.Equal(new byte[] { 0x10 }, rig.Result());
        rig.Seek(5);
        rig.Send(0x0E);
        Assert.Equal(new byte[] { 5, 0, 0, 0, 0xAF, 0x02, 0, 0x86, 0x57, 0x11 }, rig.Result());
        rig.Slot.Out(0x3F4, 0x80);
        Assert.True(rig.Wait());
        rig.Send(0x0E);
        Assert.Equal(new byte[] { 5, 0, 0, 0, 0xAF, 0x02, 0, 0x84, 0x07, 0x11 }, rig.Result());
        rig.Send(0x14);
        Assert.Equal(new byte[] { 0x00 }, rig.Result());
        rig.Slot.Out(0x3F4, 0x80);
        Assert.True(rig.Wait());
        rig.Send(0x0E);
        Assert.Equal(new byte[] { 5, 0, 0, 0, 0xAF, 0x02, 0, 0x04, 0x20, 0x00 }, rig.Result());
    }

    [Fact]
    public void TheDiskLine_FallsWithAStepAndRisesWithAnotherDisk()
    {
        FloppyRig rig = new(new FakeMedium(Megabytes144));
        Assert.Equal(0x7F, rig.Slot.In(0x3F7));
        rig.Start();
        Assert.Equal(0xFF, rig.Slot.In(0x3F7));
        rig.Seek(1);
        Assert.Equal(0x7F, rig.Slot.In(0x3F7));
        rig.First.Insert(null);
        Assert.Equal(0xFF, rig.Slot.In(0x3F7));
        rig.Seek(2);
        Assert.Equal(0xFF, rig.Slot.In(0x3F7));
        rig.First.Insert(new FakeMedium(Megabytes144));
        Assert.Equal(0xFF, rig.Slot.In(0x3F7));
        rig.Seek(2);
        Assert.Equal(0xFF, rig.Slot.In(0x3F7));
        rig.Seek(1);
        Assert.Equal(0x7F, rig.Slot.In(0x3F7));
    }

    [Fact]
    public void StoppingTheMotor_MakesWhatWasWrittenLast()
    {
        FakeMedium medium = new(Megabytes144);
        FloppyRig rig = new(medium);
        rig.Start();
        Assert.Equal(0, medium.Flushes);
        rig.Slot.Out(0x3F2, 0x0C);
        Assert.Equal(1, medium.Flushes);
    }

    [Fact]
    public void Adv01_Venom_BytesWithoutEndStayInTheCommandBuffer()
    {
        foreach (byte first in Enumerable.Range(0, 256).Select(i => (byte)i))
        {
            FloppyRig rig = new(new FakeMedium(Megabytes144));
            rig.Start();
            for (int i = 0; i < 2_000; i++)
            {
                rig.Slot.Out(0x3F5, i == 0 ? first : (byte)0x80);
            }

            for (int i = 0; i < 2_000; i++)
            {
                _ = rig.Slot.In(0x3F5);
            }

            rig.Slot.Time.Advance(100_000_000);
            rig.Slot.Out(0x3F2, 0x00);
            rig.Slot.Out(0x3F2, 0x0C);
            Assert.True(rig.Wait());
        }
    }

    [Fact]
    public void Cmos_SaysWhatDrivesThereAre()
    {
        Assert.Equal(0x42, FloppyCmos.Types(FloppyDriveType.Inch3High, FloppyDriveType.Inch5High));
        Assert.Equal(0x41, FloppyCmos.Equipment(FloppyDriveType.Inch3High, FloppyDriveType.Inch5High));
        Assert.Equal(0x01, FloppyCmos.Equipment(FloppyDriveType.Inch3High, FloppyDriveType.None));
        Assert.Equal(0x00, FloppyCmos.Equipment(FloppyDriveType.None, FloppyDriveType.None));
        Assert.Equal(FloppyDriveType.Inch3High, FloppyCmos.DriveFor(null));
        Assert.Equal(FloppyDriveType.Inch5Double, FloppyCmos.DriveFor(new FakeMedium(368_640)));
    }

    [Theory]
    [InlineData(160, 40, 1, 8)]
    [InlineData(180, 40, 1, 9)]
    [InlineData(320, 40, 2, 8)]
    [InlineData(360, 40, 2, 9)]
    [InlineData(720, 80, 2, 9)]
    [InlineData(1200, 80, 2, 15)]
    [InlineData(1440, 80, 2, 18)]
    [InlineData(1680, 80, 2, 21)]
    [InlineData(1722, 82, 2, 21)]
    [InlineData(2880, 80, 2, 36)]
    [InlineData(0, 80, 2, 18)]
    [InlineData(8, 80, 2, 18)]
    [InlineData(1500, 80, 2, 21)]
    [InlineData(2000, 80, 2, 36)]
    [InlineData(9000, 80, 2, 36)]
    public void TheFormat_IsGuessedFromTheSize(int kilobytes, int tracks, int heads, int sectors)
    {
        FloppyGeometry format = FloppyGeometry.Of(kilobytes * 1024L);
        Assert.Equal((tracks, heads, sectors), (format.Tracks, format.Heads, format.Sectors));
    }

    [Fact]
    public void WithoutADisk_ACommandEndsInsteadOfWaitingForEver()
    {
        FloppyRig rig = new(null);
        rig.Start();
        byte[] result = rig.Read(512, 0, 0, 1);
        Assert.Equal(new byte[] { 0x40, 0x01, 0x00 }, result[..3]);
        Assert.Equal(0x40, rig.Do(0x4A, 0)[0]);
        Assert.True(result.AsSpan(3).SequenceEqual(new byte[] { 0, 0, 1, 2 }));
    }
}
