using System.Collections.Generic;
using Doppel.Backends;
using Doppel.Devices.Chipset.Dma;
using Doppel.Devices.Storage.Floppy;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Floppy;

/// <summary>A floppy controller with two drives on the DMA controller's channel 2, and what a driver does with it.</summary>
internal sealed class FloppyRig
{
    public const uint BufferAt = 0x1_2000;

    public FloppyRig(IBlockBackend? medium, FloppyDriveType type = FloppyDriveType.Inch3High, IBlockBackend? second = null)
    {
        Dma = Slot.Plug(new Dma8237Pair());
        First = new FloppyDrive("floppy0", type, medium);
        Second = new FloppyDrive("floppy1", FloppyDriveType.Inch3High, second);
        Fdc = Slot.Plug(new Fdc82077AaPorts(Dma.Channel(2), First, Second));
    }

    public FakeSlot Slot { get; } = new();

    public Dma8237Pair Dma { get; }

    public Fdc82077AaPorts Fdc { get; }

    public FloppyDrive First { get; }

    public FloppyDrive Second { get; }

    public byte Status => Slot.In(0x3F4);

    public bool Irq => Slot.Irq(6).High;

    /// <summary>Selects a drive with its motor on, and the rate of a 1.44 MB disk.</summary>
    public FloppyRig Start(int drive = 0, byte rate = 0)
    {
        Slot.Out(0x3F2, (byte)((0x10 << drive) | 0x0C | drive));
        Slot.Out(0x3F7, rate);
        return this;
    }

    /// <summary>Writes the bytes of a command, as the main status register allows.</summary>
    public void Send(params byte[] bytes)
    {
        foreach (byte value in bytes)
        {
            Assert.Equal(0x80, Status & 0xE0);
            Slot.Out(0x3F5, value);
        }
    }

    /// <summary>Reads a result until the chip wants a command again.</summary>
    public byte[] Result()
    {
        List<byte> result = [];
        while ((Status & 0xF0) == 0xD0)
        {
            Assert.True(result.Count < 16);
            result.Add(Slot.In(0x3F5));
        }

        Assert.Equal(0x80, Status & 0xF0);
        return [.. result];
    }

    /// <summary>Lets time pass until the line is high; false when it stays low.</summary>
    public bool Wait(long nanoseconds = 100_000_000)
    {
        for (long passed = 0; passed < nanoseconds && !Irq; passed += 10_000)
        {
            Slot.Time.Advance(10_000);
        }

        return Irq;
    }

    /// <summary>Sends a command, waits for its interrupt and reads its result.</summary>
    public byte[] Do(params byte[] bytes)
    {
        Send(bytes);
        Assert.True(Wait());
        return Result();
    }

    /// <summary>Programs channel 2; <paramref name="mode"/> 0x46 is towards memory, 0x4A from it.</summary>
    public void SetDma(int bytes, byte mode)
    {
        Slot.Out(0x0A, 0x06);
        Slot.Out(0x0C, 0);
        Slot.Out(0x04, unchecked((byte)BufferAt));
        Slot.Out(0x04, unchecked((byte)(BufferAt >> 8)));
        Slot.Out(0x81, (byte)(BufferAt >> 16));
        Slot.Out(0x0C, 0);
        Slot.Out(0x05, (byte)(bytes - 1));
        Slot.Out(0x05, (byte)((bytes - 1) >> 8));
        Slot.Out(0x0B, mode);
        Slot.Out(0x0A, 0x02);
    }

    /// <summary>Reads by DMA and gives the result.</summary>
    public byte[] Read(int bytes, byte track, byte head, byte sector, byte last = 18, byte code = 0xE6)
    {
        SetDma(bytes, 0x46);
        return Do(code, (byte)(head << 2), track, head, sector, 2, last, 0x1B, 0xFF);
    }

    /// <summary>Writes by DMA and gives the result.</summary>
    public byte[] Write(int bytes, byte track, byte head, byte sector, byte last = 18, byte code = 0xC5)
    {
        SetDma(bytes, 0x4A);
        return Do(code, (byte)(head << 2), track, head, sector, 2, last, 0x1B, 0xFF);
    }

    /// <summary>Seeks and senses.</summary>
    public byte[] Seek(byte track)
    {
        Send(0x0F, 0, track);
        Assert.True(Wait());
        Send(0x08);
        return Result();
    }

    /// <summary>Whether memory holds the bytes of the disk from <paramref name="at"/> on.</summary>
    public bool Holds(long at, int bytes, int inBuffer = 0)
    {
        for (int i = 0; i < bytes; i++)
        {
            if (Slot.Memory.Ram[BufferAt + inBuffer + i] != FakeMedium.Pattern(at + i))
            {
                return false;
            }
        }

        return true;
    }
}
