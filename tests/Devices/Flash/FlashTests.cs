using System;
using Doppel.Devices.Chipset.Flash;
using Doppel.Devices.Tests.Doubles;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Flash;

public sealed class FlashTests : IDisposable
{
    private const ulong At = 0xFFC0_0000;
    private const int Length = 0x4000;

    private readonly FakeSlot _slot = new();
    private readonly GuestRam _memory = new("flash", Length);
    private readonly FlashDevice _device;

    public FlashTests()
    {
        _memory.Fill(0, Length, 0xFF);
        _memory.Write(0, [0x12, 0x34]);
        _device = _slot.Plug(new FlashDevice(_memory, Length, new Gpa(At), medium: null));
    }

    private FakeRomClaim Rom => _slot.Roms[0];

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void It_is_memory_until_a_command_comes()
    {
        Assert.Equal(At, Rom.At!.Value.Value);
        Assert.False(Rom.ShowsRegisters);
        Write(0, 0x90);
        Assert.True(Rom.ShowsRegisters);
        Assert.Equal(0x89, Read(0));
        Assert.Equal(0x18, Read(1));
        Write(0, 0xFF);
        Assert.False(Rom.ShowsRegisters);
        Assert.Equal(0x12, Read(0));
    }

    [Fact]
    public void Firmware_tells_it_from_memory()
    {
        Write(0, 0x50);
        Assert.Equal(0x12, Read(0));
        Write(0, 0x70);
        Assert.Equal(0, Read(0));
    }

    [Fact]
    public void Programming_clears_bits_and_erasing_sets_them()
    {
        Write(0, 0x10);
        Write(0, 0x36);
        Assert.Equal(0x80, Read(0));
        Write(0, 0xFF);
        Assert.Equal(0x12, Read(0));
        Write(0x1005, 0x40);
        Write(0x1005, 0x5A);
        Write(0x5, 0x20);
        Write(0x5, 0xD0);
        Write(0, 0xFF);
        Assert.Equal(0xFF, Read(0));
        Assert.Equal(0x5A, Read(0x1005));
        Write(0, 0x20);
        Write(0, 0x11);
        Assert.Equal(0xB0, Read(0));
    }

    [Fact]
    public void It_describes_itself()
    {
        Write(0, 0x98);
        Assert.Equal((byte)'Q', Read(0x10));
        Assert.Equal((byte)'R', Read(0x11));
        Assert.Equal((byte)'Y', Read(0x12));
        Assert.Equal(14, Read(0x27));
        Assert.Equal(3, Read(0x2D));
        Assert.Equal(0x10, Read(0x2F));
    }

    [Fact]
    public void Hostile_traffic_is_harmless_and_a_restored_chip_goes_on()
    {
        Random random = new(4);
        byte[] commands = [0xFF, 0x00, 0x10, 0x40, 0x20, 0xD0, 0x50, 0x70, 0x90, 0x98, 0xE8, 0x60];
        for (int i = 0; i < 20_000; i++)
        {
            AccessSize size = (AccessSize)(1 << random.Next(4));
            uint offset = (uint)random.Next(Length - (int)size + 1);
            Assert.True(_device.TryWrite(offset, size, random.Next(3) == 0 ? (ulong)random.NextInt64() & size.AllOnes() : commands[random.Next(commands.Length)]));
            Assert.True(_device.TryRead(offset, size, out ulong value));
            Assert.True(value <= size.AllOnes());
        }

        StateTape saved = StateTape.Of(_device);
        using GuestRam memory = new("other", Length);
        FlashDevice twin = new FakeSlot().Plug(new FlashDevice(memory, Length, new Gpa(At), medium: null));
        twin.Restore(saved);
        Assert.Equal(saved.Text, StateTape.Of(twin).Text);
    }

    private byte Read(uint offset)
    {
        Assert.True(_device.TryRead(offset, AccessSize.Byte, out ulong value));
        return (byte)value;
    }

    private void Write(uint offset, byte value) => Assert.True(_device.TryWrite(offset, AccessSize.Byte, value));
}
