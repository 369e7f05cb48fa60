using System;
using System.Linq;
using Doppel.Devices.Chipset.Dma;
using Doppel.Devices.Chipset.Ports;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Dma;

public sealed class Dma8237Tests
{
    private readonly FakeSlot _slot = new();
    private readonly Dma8237Pair _dma;

    public Dma8237Tests() => _dma = _slot.Plug(new Dma8237Pair());

    private static byte[] Numbered(int bytes) => [.. Enumerable.Range(1, bytes).Select(i => (byte)i)];

    // Channels 0 to 3: address and count in bytes.
    private void Program(int channel, byte page, ushort address, ushort count, byte mode)
    {
        byte[] pages = [0x87, 0x83, 0x81, 0x82];
        _slot.Out(0x0C, 0);
        Word((ushort)(channel * 2), address);
        Word((ushort)((channel * 2) + 1), count);
        _slot.Out(pages[channel], page);
        _slot.Out(0x0B, (byte)(mode | channel));
        _slot.Out(0x0A, (byte)channel);
    }

    private void Word(ushort port, int value)
    {
        _slot.Out(port, (byte)value);
        _slot.Out(port, (byte)(value >> 8));
    }

    private int Word(ushort port) => _slot.In(port) | (_slot.In(port) << 8);

    [Fact]
    public void AWriteTransfer_PutsTheDevicesBytesIntoMemoryAndCounts()
    {
        Program(2, 0x01, 0x2000, 9, 0x44);
        IIsaDmaChannel channel = _dma.Channel(2);
        Assert.True(channel.IsReady);
        Assert.Equal(4, channel.Move(Numbered(4), toMemory: true, out bool end));
        Assert.False(end);
        Assert.Equal(0x2004, Word(0x04));
        Assert.Equal(5, Word(0x05));
        Assert.Equal(6, channel.Move(Numbered(20), toMemory: true, out end));
        Assert.True(end);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 0 }, _slot.Memory.Ram[0x1_2000..0x1_200B]);
        Assert.Equal(0x200A, Word(0x04));
        Assert.Equal(0xFFFF, Word(0x05));
    }

    [Fact]
    public void AReadTransfer_GivesTheDeviceMemory()
    {
        Numbered(8).CopyTo(_slot.Memory.Ram, 0x3_0000);
        Program(1, 0x03, 0x0000, 7, 0x48);
        byte[] buffer = new byte[8];
        Assert.Equal(8, _dma.Channel(1).Move(buffer, toMemory: false, out bool end));
        Assert.True(end);
        Assert.Equal(Numbered(8), buffer);
    }

    [Fact]
    public void TerminalCount_MasksTheChannelAndShowsUntilRead()
    {
        Program(2, 0, 0x1000, 0, 0x44);
        IIsaDmaChannel channel = _dma.Channel(2);
        channel.SetRequest(true);
        Assert.Equal(0x40, _slot.In(0x08));
        _ = channel.Move(Numbered(1), toMemory: true, out _);
        channel.SetRequest(false);
        Assert.False(channel.IsReady);
        Assert.Equal(0x04, _slot.In(0x08));
        Assert.Equal(0x00, _slot.In(0x08));
        Assert.Equal(0, channel.Move(Numbered(1), toMemory: true, out _));
        Assert.Equal(0x0F, _slot.In(0x0F));
    }

    [Fact]
    public void AutoInitialize_StartsAnewAndStaysOpen()
    {
        Program(1, 0, 0x1000, 3, 0x54);
        IIsaDmaChannel channel = _dma.Channel(1);
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(4, channel.Move(Numbered(10), toMemory: true, out bool end));
            Assert.True(end);
            Assert.True(channel.IsReady);
            Assert.Equal(0x1000, Word(0x02));
            Assert.Equal(3, Word(0x03));
        }
    }

    [Fact]
    public void Decrement_GoesDownwards()
    {
        Program(3, 0, 0x1003, 3, 0x64);
        Assert.Equal(4, _dma.Channel(3).Move(Numbered(4), toMemory: true, out _));
        Assert.Equal(new byte[] { 4, 3, 2, 1 }, _slot.Memory.Ram[0x1000..0x1004]);
        Assert.Equal(0x0FFF, Word(0x06));
    }

    [Theory]
    [InlineData(0x44, 0xFFFE, 0x0002)]
    [InlineData(0x64, 0x0001, 0xFFFD)]
    public void TheAddress_WrapsInsideItsPage(byte mode, ushort address, ushort after)
    {
        Program(2, 0x05, address, 3, mode);
        Assert.Equal(4, _dma.Channel(2).Move(Numbered(4), toMemory: true, out _));
        Assert.Equal(10, _slot.Memory.Ram[0x5_0000..0x5_0002].Concat(_slot.Memory.Ram[0x5_FFFE..0x6_0000]).Sum(b => b));
        Assert.Equal(0, _slot.Memory.Ram[0x6_0000]);
        Assert.Equal(0, _slot.Memory.Ram[0x4_FFFF]);
        Assert.Equal(after, Word(0x04));
        Assert.Equal(0x05, _slot.In(0x81));
    }

    [Fact]
    public void WordChannels_AddressWordsAndIgnoreBit0OfThePage()
    {
        _slot.Out(0xD8, 0);
        Word(0xC4, 0x8000);
        Word(0xC6, 2);
        _slot.Out(0x8B, 0x03);
        _slot.Out(0xD6, 0x45);
        _slot.Out(0xD4, 0x01);
        Assert.Equal(6, _dma.Channel(5).Move(Numbered(9), toMemory: true, out bool end));
        Assert.True(end);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 0 }, _slot.Memory.Ram[0x3_0000..0x3_0007]);
        Assert.Equal(0x8003, Word(0xC5));
        Assert.Equal(0x02, _slot.In(0xD0));
    }

    [Fact]
    public void Verify_CountsAndMovesNothing()
    {
        Program(2, 0, 0x1000, 3, 0x40);
        Assert.Equal(4, _dma.Channel(2).Move(Numbered(8), toMemory: true, out bool end));
        Assert.True(end);
        Assert.Equal(0, _slot.Memory.Ram[0x1000]);
    }

    [Theory]
    [InlineData(0x48, true)]
    [InlineData(0x44, false)]
    [InlineData(0x4C, true)]
    [InlineData(0xC4, true)]
    public void AnotherDirectionOrCascade_MovesNothing(byte mode, bool toMemory)
    {
        Program(2, 0, 0x1000, 3, mode);
        Assert.Equal(0, _dma.Channel(2).Move(Numbered(4), toMemory, out bool end));
        Assert.False(end);
        Assert.Equal(3, Word(0x05));
    }

    [Fact]
    public void MasksAndDisabling_CloseChannels()
    {
        Program(2, 0, 0x1000, 3, 0x44);
        IIsaDmaChannel channel = _dma.Channel(2);
        _slot.Out(0x0A, 0x06);
        Assert.False(channel.IsReady);
        _slot.Out(0x0E, 0);
        Assert.True(channel.IsReady);
        Assert.Equal(0, _slot.In(0x0F));
        _slot.Out(0x0F, 0xFF);
        Assert.False(channel.IsReady);
        _slot.Out(0x0F, 0x0B);
        Assert.True(channel.IsReady);
        _slot.Out(0x08, 0x04);
        Assert.False(channel.IsReady);
        _slot.Out(0x08, 0x00);
        _slot.Out(0xD4, 0x04);
        Assert.False(channel.IsReady);
        _slot.Out(0xD4, 0x00);
        Assert.True(channel.IsReady);
        _slot.Out(0x0D, 0);
        Assert.False(channel.IsReady);
    }

    [Fact]
    public void TheFlipFlop_ChoosesTheHalfForReadsAndWrites()
    {
        _slot.Out(0x0C, 0);
        _slot.Out(0x00, 0x34);
        _slot.Out(0x0C, 0);
        _slot.Out(0x00, 0x35);
        _slot.Out(0x00, 0x12);
        Assert.Equal(0x1235, Word(0x00));
        _slot.Out(0x01, 0xCD);
        _ = _slot.In(0x00);
        Assert.Equal(0xCD, _slot.In(0x01));
    }

    [Fact]
    public void SoftwareRequests_ShowInStatus()
    {
        _slot.Out(0x09, 0x07);
        Assert.Equal(0x80, _slot.In(0x08));
        _slot.Out(0x09, 0x03);
        Assert.Equal(0x00, _slot.In(0x08));
    }

    [Fact]
    public void PageRegisters_KeepWhatIsWrittenBesideTheDiagnosticPort()
    {
        PostCodePorts post = _slot.Plug(new PostCodePorts());
        for (int port = 0x80; port <= 0x8F; port++)
        {
            _slot.Out((ushort)port, (byte)(port ^ 0xFF));
        }

        for (int port = 0x80; port <= 0x8F; port++)
        {
            Assert.Equal(port ^ 0xFF, _slot.In((ushort)port));
        }

        Assert.Equal(0x7F, post.Code);
    }

    [Fact]
    public void WithoutBusMastering_MemoryIsNotTouchedAndReadsAreOnes()
    {
        _slot.Memory.BusMaster = false;
        Program(2, 0, 0x1000, 3, 0x48);
        byte[] buffer = new byte[4];
        Assert.Equal(4, _dma.Channel(2).Move(buffer, toMemory: false, out _));
        Assert.Equal(-1, buffer.AsSpan().IndexOfAnyExcept((byte)0xFF));
    }

    [Fact]
    public void ThereIsNoChannel4()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _dma.Channel(4));
        Assert.Throws<ArgumentOutOfRangeException>(() => _dma.Channel(8));
        Assert.Throws<ArgumentOutOfRangeException>(() => _dma.Channel(-1));
    }
}
