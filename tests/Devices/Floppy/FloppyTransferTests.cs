using System;
using Doppel.Devices.Storage.Floppy;

namespace Doppel.Devices.Tests.Floppy;

/// <summary>Commands with sectors: what moves, where it ends, and what the result says (82077AA datasheet 5.1, table 5-6).</summary>
public sealed class FloppyTransferTests
{
    private const int Sector = 512;
    private const long Megabytes144 = 1_474_560;

    private static FloppyRig Rig(FakeMedium? medium = null) => new FloppyRig(medium ?? new FakeMedium(Megabytes144)).Start();

    private static long At(int track, int head, int sector, int sectors = 18, int heads = 2) => ((((long)track * heads) + head) * sectors + sector - 1) * Sector;

    [Theory]
    [InlineData(1, 0, 1, new byte[] { 0x00, 0, 0, 3, 0, 2, 2 })]
    [InlineData(1, 0, 18, new byte[] { 0x00, 0, 0, 3, 1, 1, 2 })]
    [InlineData(18, 1, 1, new byte[] { 0x04, 0, 0, 4, 0, 1, 2 })]
    [InlineData(36, 0, 1, new byte[] { 0x04, 0, 0, 4, 0, 1, 2 })]
    [InlineData(4, 0, 17, new byte[] { 0x04, 0, 0, 3, 1, 3, 2 })]
    public void MultiTrackRead_EndsByTerminalCount(int count, byte head, byte sector, byte[] expected)
    {
        FloppyRig rig = Rig();
        rig.Seek(3);
        Assert.Equal(expected, rig.Read(count * Sector, 3, head, sector));
        Assert.True(rig.Holds(At(3, head, sector), count * Sector));
        Assert.False(rig.Irq);
    }

    [Theory]
    [InlineData(1, 0, 1, new byte[] { 0x00, 0, 0, 0, 0, 2, 2 })]
    [InlineData(2, 0, 17, new byte[] { 0x00, 0, 0, 1, 0, 1, 2 })]
    [InlineData(3, 0, 17, new byte[] { 0x40, 0x80, 0, 0, 0, 18, 2 })]
    [InlineData(2, 1, 17, new byte[] { 0x04, 0, 0, 1, 1, 1, 2 })]
    public void SingleTrackRead_StaysOnItsSide(int count, byte head, byte sector, byte[] expected)
    {
        FloppyRig rig = Rig();
        Assert.Equal(expected, rig.Read(count * Sector, 0, head, sector, code: 0x46));
    }

    [Fact]
    public void ATerminalCountInsideASector_EndsWithIt()
    {
        FloppyRig rig = Rig();
        Assert.Equal(new byte[] { 0, 0, 0, 0, 0, 3, 2 }, rig.Read(700, 0, 0, 1));
        Assert.True(rig.Holds(0, 700));
        Assert.Equal(0, rig.Slot.Memory.Ram[FloppyRig.BufferAt + 700]);
        Assert.Equal(0x04, rig.Slot.In(0x08) & 0x04);
    }

    [Fact]
    public void Write_StoresAndFillsTheRestOfASectorWithZeros()
    {
        FakeMedium medium = new(Megabytes144);
        FloppyRig rig = Rig(medium);
        rig.Slot.Memory.Ram.AsSpan((int)FloppyRig.BufferAt, 600).Fill(0xA5);
        Assert.Equal(new byte[] { 0x04, 0, 0, 2, 1, 7, 2 }, rig.Write(600, 2, 1, 5));
        Span<byte> there = medium.Bytes.AsSpan((int)At(2, 1, 5), 1024);
        Assert.Equal(-1, there[..600].IndexOfAnyExcept((byte)0xA5));
        Assert.Equal(-1, there[600..].IndexOfAnyExcept((byte)0));
        Assert.Equal(FakeMedium.Pattern(At(2, 1, 7)), medium.Bytes[At(2, 1, 7)]);
    }

    [Fact]
    public void AProtectedDisk_IsNotWritten()
    {
        FloppyRig rig = Rig(new FakeMedium(Megabytes144, isReadOnly: true));
        Assert.Equal(new byte[] { 0x40, 0x02, 0 }, rig.Write(512, 0, 0, 1)[..3]);
        rig.SetDma(72, 0x4A);
        Assert.Equal(new byte[] { 0x40, 0x02, 0 }, rig.Do(0x4D, 0, 2, 18, 0x6C, 0xF6)[..3]);
        rig.Send(0x04, 0);
        Assert.Equal(0x40, rig.Result()[0] & 0x40);
    }

    [Theory]
    [InlineData(0, 0, 19, 18, 0x04, 0x00)]
    [InlineData(0, 0, 0, 18, 0x04, 0x00)]
    [InlineData(90, 0, 1, 18, 0x01, 0x00)]
    public void WhatIsNotOnTheDisk_IsNotFound(byte track, byte head, byte sector, byte last, byte st1, byte st2)
    {
        FloppyRig rig = Rig();
        Assert.Equal(new byte[] { 0x40, st1, st2 }, rig.Read(512, track, head, sector, last)[..3]);
    }

    [Fact]
    public void WrongSideSizeOrEncoding_AreNotFound()
    {
        FloppyRig rig = Rig();
        rig.SetDma(512, 0x46);
        Assert.Equal(new byte[] { 0x40, 0x04, 0 }, rig.Do(0xE6, 0x00, 0, 1, 1, 2, 18, 0x1B, 0xFF)[..3]);
        Assert.Equal(new byte[] { 0x40, 0x04, 0 }, rig.Do(0xE6, 0x00, 0, 0, 1, 3, 18, 0x1B, 0xFF)[..3]);
        Assert.Equal(new byte[] { 0x40, 0x01, 0 }, rig.Do(0xA6, 0x00, 0, 0, 1, 2, 18, 0x1B, 0xFF)[..3]);
    }

    [Theory]
    [InlineData(368_640, FloppyDriveType.Inch5Double, 2)]
    [InlineData(368_640, FloppyDriveType.Inch5High, 1)]
    [InlineData(737_280, FloppyDriveType.Inch3High, 2)]
    [InlineData(1_228_800, FloppyDriveType.Inch5High, 0)]
    [InlineData(1_474_560, FloppyDriveType.Inch3High, 0)]
    [InlineData(2_949_120, FloppyDriveType.Inch3Extended, 3)]
    public void ADisk_IsReadAtItsRateOnly(long bytes, FloppyDriveType type, byte rate)
    {
        for (byte tried = 0; tried < 4; tried++)
        {
            FloppyRig rig = new FloppyRig(new FakeMedium(bytes), type).Start(0, tried);
            byte[] result = rig.Do(0x4A, 0);
            Assert.Equal(tried == rate ? 0x00 : 0x40, result[0]);
            Assert.Equal(tried == rate ? 0x00 : 0x01, result[1]);
        }
    }

    [Fact]
    public void DoubleSteps_AreTheGuestsBusinessAndTheSeekOfSeabiosTheDrives()
    {
        FloppyRig rig = new FloppyRig(new FakeMedium(368_640), FloppyDriveType.Inch5High).Start(0, 1);
        rig.Seek(20);
        Assert.Equal(new byte[] { 0, 0, 0, 10, 0, 2, 2 }, rig.Read(512, 10, 0, 1, 9));
        Assert.True(rig.Holds(At(10, 0, 1, 9), 512));
        Assert.Equal(new byte[] { 0, 0, 0, 30, 0, 2, 2 }, rig.Read(512, 30, 0, 1, 9));
        Assert.True(rig.Holds(At(30, 0, 1, 9), 512));
        rig.Send(0x0E);
        Assert.Equal(60, rig.Result()[0]);
    }

    [Fact]
    public void ReadId_TellsTrackAndHeadAndTurns()
    {
        FloppyRig rig = Rig();
        rig.Seek(7);
        byte[] first = rig.Do(0x4A, 0x04);
        Assert.Equal(new byte[] { 0x04, 0, 0, 7, 1 }, first[..5]);
        Assert.InRange(first[5], 1, 18);
        Assert.NotEqual(first[5], rig.Do(0x4A, 0x04)[5]);
    }

    [Fact]
    public void ReadTrack_TakesSectorsAsTheyComeAndNotesStrangeIds()
    {
        FloppyRig rig = Rig();
        Assert.Equal(0x00, rig.Read(18 * Sector, 0, 0, 1, 18, 0x42)[0]);
        Assert.True(rig.Holds(0, 18 * Sector));
        byte[] strange = rig.Read(18 * Sector, 0, 0, 5, 18, 0x42);
        Assert.Equal(new byte[] { 0x40, 0x04 }, strange[..2]);
        Assert.True(rig.Holds(0, 18 * Sector));
    }

    [Fact]
    public void DeletedMarks_StopOrSkip()
    {
        FloppyRig rig = Rig();
        Assert.Equal(new byte[] { 0x00, 0, 0x40, 0, 0, 1, 2 }, rig.Read(1024, 0, 0, 1, 18, 0x4C));
        Assert.True(rig.Holds(0, 512));
        Assert.Equal(new byte[] { 0x40, 0x80, 0x40 }, rig.Read(1024, 0, 0, 1, 18, 0x6C)[..3]);
        rig.Slot.Memory.Ram.AsSpan((int)FloppyRig.BufferAt, 512).Fill(0x11);
        Assert.Equal(0x00, rig.Write(512, 0, 0, 1, code: 0x49)[0]);
        Assert.Equal(0x00, rig.Read(512, 0, 0, 1)[0]);
        Assert.Equal(0x11, rig.Slot.Memory.Ram[FloppyRig.BufferAt]);
    }

    [Fact]
    public void Verify_CountsSectorsOrGoesToTheEndWithoutDma()
    {
        FloppyRig rig = Rig();
        Assert.Equal(new byte[] { 0, 0, 0, 1, 0, 1, 2 }, rig.Do(0x56, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF));
        Assert.Equal(new byte[] { 0, 0, 0, 0, 0, 6, 2 }, rig.Do(0x56, 0x80, 0, 0, 1, 2, 18, 0x1B, 5));
        Assert.Equal(new byte[] { 0x04, 0, 0, 0, 1, 3, 2 }, rig.Do(0xD6, 0x80, 0, 0, 1, 2, 18, 0x1B, 20));
        Assert.Equal(new byte[] { 0x40, 0x80, 0 }, rig.Do(0x56, 0x80, 0, 0, 1, 2, 18, 0x1B, 20)[..3]);
    }

    [Fact]
    public void Format_FillsTheSectorsThatTheHostNames()
    {
        FakeMedium medium = new(Megabytes144);
        FloppyRig rig = Rig(medium);
        rig.Seek(4);
        for (int i = 0; i < 18; i++)
        {
            new byte[] { 4, 1, (byte)(i + 1), 2 }.CopyTo(rig.Slot.Memory.Ram, FloppyRig.BufferAt + (i * 4));
        }

        rig.SetDma(72, 0x4A);
        Assert.Equal(new byte[] { 0x04, 0, 0 }, rig.Do(0x4D, 0x04, 2, 18, 0x6C, 0xF6)[..3]);
        Assert.Equal(-1, medium.Bytes.AsSpan((int)At(4, 1, 1), 18 * Sector).IndexOfAnyExcept((byte)0xF6));
        Assert.Equal(FakeMedium.Pattern(At(4, 0, 18)), medium.Bytes[At(4, 0, 18)]);
        Assert.Equal(FakeMedium.Pattern(At(5, 0, 1)), medium.Bytes[At(5, 0, 1)]);
    }

    [Fact]
    public void AMaskedChannelOrTheWrongDirection_OverrunsTheChip()
    {
        FloppyRig rig = Rig();
        rig.SetDma(512, 0x46);
        rig.Slot.Out(0x0A, 0x06);
        Assert.Equal(new byte[] { 0x40, 0x10, 0 }, rig.Do(0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF)[..3]);
        rig.SetDma(512, 0x4A);
        Assert.Equal(new byte[] { 0x40, 0x10, 0 }, rig.Do(0xE6, 0, 0, 0, 1, 2, 18, 0x1B, 0xFF)[..3]);
    }

    [Fact]
    public void AFailingHost_IsADataError()
    {
        FakeMedium medium = new(Megabytes144) { Fails = true };
        FloppyRig rig = Rig(medium);
        Assert.Equal(new byte[] { 0x40, 0x20, 0x20 }, rig.Read(512, 0, 0, 1)[..3]);
        Assert.Equal(new byte[] { 0x40, 0x20, 0x20 }, rig.Write(512, 0, 0, 1)[..3]);
    }

    [Fact]
    public void AnImageThatIsTooShort_ReadsAsZerosBehindItsEnd()
    {
        FloppyRig rig = Rig(new FakeMedium(8_704 + 100));
        Assert.Equal(0x00, rig.Read(18 * Sector, 0, 0, 1)[0]);
        Assert.True(rig.Holds(0, 8_804));
        Assert.Equal(-1, rig.Slot.Memory.Ram.AsSpan((int)FloppyRig.BufferAt + 8_804, (18 * Sector) - 8_804).IndexOfAnyExcept((byte)0));
        Assert.Equal(0x40, rig.Write(512, 40, 0, 1)[0]);
    }

    [Fact]
    public void WithoutDma_EachSectorInterruptsAndTheEndIsThatOfTheTrack()
    {
        FloppyRig rig = Rig();
        rig.Send(0x03, 0xAF, 0x03);
        rig.Send(0x46, 0, 0, 0, 17, 2, 18, 0x1B, 0xFF);
        for (int sector = 17; sector <= 18; sector++)
        {
            Assert.Equal(0x30, rig.Status & 0xF0);
            Assert.True(rig.Wait());
            for (int i = 0; i < Sector; i++)
            {
                Assert.Equal(0xF0, rig.Status);
                Assert.Equal(FakeMedium.Pattern(At(0, 0, sector) + i), rig.Slot.In(0x3F5));
            }
        }

        int rises = rig.Slot.Irq(6).Rises;
        Assert.True(rig.Irq);
        Assert.Equal(3, rises);
        Assert.Equal(new byte[] { 0x40, 0x80, 0, 0, 0, 18, 2 }, rig.Result());
    }

    [Fact]
    public void WithoutDma_WritesAndFormatsToo()
    {
        FakeMedium medium = new(Megabytes144);
        FloppyRig rig = Rig(medium);
        rig.Send(0x03, 0xAF, 0x03);
        rig.Send(0x45, 0, 0, 0, 18, 2, 18, 0x1B, 0xFF);
        Assert.True(rig.Wait());
        for (int i = 0; i < Sector; i++)
        {
            Assert.Equal(0xB0, rig.Status);
            rig.Slot.Out(0x3F5, 0x3C);
        }

        Assert.True(rig.Wait());
        Assert.Equal(0x80, rig.Result()[1]);
        Assert.Equal(-1, medium.Bytes.AsSpan((int)At(0, 0, 18), Sector).IndexOfAnyExcept((byte)0x3C));
        rig.Send(0x4D, 0, 2, 2, 0x6C, 0xE5);
        for (byte sector = 1; sector <= 2; sector++)
        {
            Assert.True(rig.Wait());
            foreach (byte value in new byte[] { 0, 0, sector, 2 })
            {
                rig.Slot.Out(0x3F5, value);
            }
        }

        Assert.True(rig.Wait());
        Assert.Equal(0x00, rig.Result()[0]);
        Assert.Equal(-1, medium.Bytes.AsSpan(0, 2 * Sector).IndexOfAnyExcept((byte)0xE5));
    }

    [Fact]
    public void TheMotorMustTurn()
    {
        FloppyRig rig = Rig();
        rig.Slot.Out(0x3F2, 0x0C);
        Assert.Equal(new byte[] { 0x40, 0x01, 0 }, rig.Read(512, 0, 0, 1)[..3]);
    }

    [Fact]
    public void Adv02_FdcDmaNoread_HugeSectorsAndEmptyDrivesMoveNothing()
    {
        foreach (FakeMedium? medium in new[] { null, new FakeMedium(0), new FakeMedium(Megabytes144) })
        {
            FloppyRig rig = new FloppyRig(medium).Start();
            rig.SetDma(0x1_0000, 0x46);
            for (int size = 3; size < 256; size += 12)
            {
                Assert.Equal(0x40, rig.Do(0xE6, 0, 0, 0, 1, (byte)size, 0xFF, 0x1B, 0xFF)[0]);
                Assert.Equal(0x40, rig.Do(0xC5, 0, 0, 0, 1, (byte)size, 0xFF, 0x1B, 0xFF)[0]);
            }

            Assert.Equal(-1, rig.Slot.Memory.Ram.AsSpan().IndexOfAnyExcept((byte)0));
        }
    }
}
