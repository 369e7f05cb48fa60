using System;
using System.Text;
using Doppel.Devices.Serial.Uart;
using Doppel.Devices.Tests.Doubles;

namespace Doppel.Devices.Tests.Serial;

public sealed class Uart16550ATests : IDisposable
{
    private readonly FakeSlot _slot = new();
    private readonly RecordingBackend _backend = new();
    private readonly Uart16550APorts _uart;

    public Uart16550ATests() => _uart = _slot.Plug(Uart16550APorts.Com1(_backend));

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void Transmit_LeavesAtOnceAndIsFlushedWithin10Milliseconds()
    {
        foreach (byte value in Encoding.Latin1.GetBytes("hello"))
        {
            Assert.Equal(0x60, _slot.In(0x3FD));
            _slot.Out(0x3F8, value);
        }

        Assert.Equal("hello", _backend.Text);
        Assert.Equal(1, _slot.Time.ArmedCount);
        _slot.Time.Advance(Uart16550APorts.FlushNanoseconds);
        Assert.Equal(1, _backend.Flushes);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void TransmitInterrupt_ComesOnEnableAndAfterEachByteAndIsClearedByIir()
    {
        _slot.Out(0x3FC, 0x08);
        Assert.False(_slot.Irq(4).High);
        _slot.Out(0x3F9, 0x02);
        Assert.True(_slot.Irq(4).High);
        Assert.Equal(0x02, _slot.In(0x3FA));
        Assert.False(_slot.Irq(4).High);
        Assert.Equal(0x01, _slot.In(0x3FA));
        _slot.Out(0x3F8, (byte)'x');
        Assert.True(_slot.Irq(4).High);
        _slot.Out(0x3F9, 0x00);
        Assert.False(_slot.Irq(4).High);
    }

    [Fact]
    public void Out2_GatesTheLine()
    {
        _slot.Out(0x3F9, 0x02);
        Assert.False(_slot.Irq(4).High);
        _slot.Out(0x3FC, 0x08);
        Assert.True(_slot.Irq(4).High);
        _slot.Out(0x3FC, 0x18);
        Assert.False(_slot.Irq(4).High);
    }

    [Theory]
    [InlineData(0x3FC, 0x02)]
    [InlineData(0x3F9, 0x01)]
    public void Listens_OnceTheGuestRaisesRtsOrEnablesTheReceiver(int port, byte value)
    {
        Assert.False(_uart.IsListening);
        _slot.Out(0x3FC, 0x09);
        _slot.Out(0x3F9, 0x0E);
        Assert.False(_uart.IsListening);
        _slot.Out((ushort)port, value);
        Assert.True(_uart.IsListening);
    }

    [Fact]
    public void Listens_WhileTheGuestPollsForAByteWithNothingToSend()
    {
        for (int i = 0; i < 100; i++)
        {
            // Waits for the transmitter before and after each byte, as consoles do.
            _ = _slot.In(0x3FD);
            _ = _slot.In(0x3FD);
            _slot.Out(0x3F8, (byte)'x');
            _ = _slot.In(0x3FD);
            Assert.False(_uart.IsListening);
        }

        for (int i = 0; i < 20; i++)
        {
            _ = _slot.In(0x3FD);
        }

        Assert.True(_uart.IsListening);
        _slot.Out(0x3FA, 0x07);
        Assert.False(_uart.IsListening);
    }

    [Fact]
    public void WithoutFifo_OneByteFits()
    {
        _slot.Out(0x3FC, 0x08);
        _slot.Out(0x3F9, 0x05);
        Assert.Equal(1, _uart.Room);
        _uart.Receive("a"u8);
        Assert.Equal(0, _uart.Room);
        Assert.Equal(0x04, _slot.In(0x3FA));
        _uart.Receive("b"u8);
        Assert.Equal(0x06, _slot.In(0x3FA));
        Assert.Equal(0x63, _slot.In(0x3FD));
        Assert.Equal(0x61, _slot.In(0x3FD));
        Assert.Equal((byte)'b', _slot.In(0x3F8));
        Assert.Equal(0x60, _slot.In(0x3FD));
        Assert.False(_slot.Irq(4).High);
    }

    [Theory]
    [InlineData(0x01, 1)]
    [InlineData(0x41, 4)]
    [InlineData(0x81, 8)]
    [InlineData(0xC1, 14)]
    public void Fifo_InterruptsAtItsTriggerLevel(byte control, int level)
    {
        _slot.Out(0x3FC, 0x08);
        _slot.Out(0x3F9, 0x01);
        _slot.Out(0x3FA, control);
        Assert.Equal(16, _uart.Room);
        for (int i = 1; i < level; i++)
        {
            _uart.Receive("x"u8);
            Assert.False(_slot.Irq(4).High);
        }

        _uart.Receive("x"u8);
        Assert.True(_slot.Irq(4).High);
        Assert.Equal(0xC4, _slot.In(0x3FA));
        _slot.In(0x3F8);
        Assert.False(_slot.Irq(4).High);
    }

    [Fact]
    public void CharacterTimeout_ComesAfterFourCharactersOfSilence()
    {
        _slot.Out(0x3FC, 0x08);
        _slot.Out(0x3F9, 0x01);
        _slot.Out(0x3FA, 0xC1);
        SetDivisor(1);
        _slot.Out(0x3FB, 0x03);
        _uart.Receive("ab"u8);

        // 4 characters of 10 bits at 115,200 baud.
        _slot.Time.Advance(347_000);
        Assert.False(_slot.Irq(4).High);
        _slot.Time.Advance(1_000);
        Assert.True(_slot.Irq(4).High);
        Assert.Equal(0xCC, _slot.In(0x3FA));
        Assert.Equal((byte)'a', _slot.In(0x3F8));
        Assert.False(_slot.Irq(4).High);
        _slot.Time.Advance(348_000);
        Assert.Equal(0xCC, _slot.In(0x3FA));
        _slot.In(0x3F8);
        Assert.Equal(0, _slot.Time.ArmedCount);
    }

    [Fact]
    public void FullFifo_LosesTheNewByteAndSaysSo()
    {
        _slot.Out(0x3FA, 0x01);
        _uart.Receive("0123456789abcdefX"u8);
        Assert.Equal(0x63, _slot.In(0x3FD));
        StringBuilder read = new();
        while ((_slot.In(0x3FD) & 1) != 0)
        {
            read.Append((char)_slot.In(0x3F8));
        }

        Assert.Equal("0123456789abcdef", read.ToString());
    }

    [Fact]
    public void RoomAvailable_IsCalledWhenAFullReceiverIsRead()
    {
        int calls = 0;
        _uart.RoomAvailable = () => calls++;
        _uart.Receive("a"u8);
        Assert.Equal(0, calls);
        _slot.In(0x3F8);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Priority_IsLineStatusReceiveTransmitModem()
    {
        _slot.Out(0x3FC, 0x18);
        _slot.Out(0x3FC, 0x1B);
        _slot.Out(0x3F9, 0x0F);
        _slot.Out(0x3F8, 1);
        _slot.Out(0x3F8, 2);
        Assert.Equal(0x06, _slot.In(0x3FA));
        _slot.In(0x3FD);
        Assert.Equal(0x04, _slot.In(0x3FA));
        _slot.In(0x3F8);
        Assert.Equal(0x02, _slot.In(0x3FA));
        Assert.Equal(0x00, _slot.In(0x3FA));
        _slot.In(0x3FE);
        Assert.Equal(0x01, _slot.In(0x3FA));
        Assert.Empty(_backend.Bytes);
    }

    [Fact]
    public void Loopback_ReturnsModemOutputsAsInputsWithDeltas()
    {
        Assert.Equal(0xB0, _slot.In(0x3FE));
        _slot.Out(0x3FC, 0x10);
        Assert.Equal(0x0B, _slot.In(0x3FE));
        _slot.Out(0x3FC, 0x1A);
        Assert.Equal(0x99, _slot.In(0x3FE));
        _slot.Out(0x3FC, 0x1F);
        Assert.Equal(0xF2, _slot.In(0x3FE));
        _slot.Out(0x3FC, 0x1B);
        Assert.Equal(0xB4, _slot.In(0x3FE));
        Assert.Equal(0xB0, _slot.In(0x3FE));
    }

    [Fact]
    public void Loopback_CutsOffTheOutside()
    {
        _slot.Out(0x3FC, 0x10);
        Assert.Equal(0, _uart.Room);
        _slot.Out(0x3F8, 0x55);
        Assert.Equal(0x55, _slot.In(0x3F8));
        Assert.Empty(_backend.Bytes);
    }

    [Fact]
    public void Registers_KeepTheirBits()
    {
        foreach ((ushort port, byte mask) in new (ushort, byte)[] { (0x3F9, 0x0F), (0x3FB, 0x7F), (0x3FC, 0x1F), (0x3FF, 0xFF) })
        {
            _slot.Out(port, mask);
            Assert.Equal(mask, _slot.In(port));
            _slot.Out(port, 0);
            Assert.Equal(0, _slot.In(port));
        }

        _slot.Out(0x3F9, 0xF0);
        Assert.Equal(0, _slot.In(0x3F9));
        SetDivisor(0xABCD);
        _slot.Out(0x3FB, 0x80);
        Assert.Equal(0xCD, _slot.In(0x3F8));
        Assert.Equal(0xAB, _slot.In(0x3F9));
        Assert.Equal(0x01, _slot.In(0x3FA));
        _slot.Out(0x3FA, 0x01);
        Assert.Equal(0xC1, _slot.In(0x3FA));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(0xFFFF)]
    public void Adv37_UartDiv0_NeitherDividesByZeroNorStorms(ushort divisor)
    {
        SetDivisor(divisor);
        _slot.Out(0x3FC, 0x08);
        _slot.Out(0x3F9, 0x0F);
        _slot.Out(0x3FA, 0xC1);
        for (int i = 0; i < 200_000; i++)
        {
            _slot.Out(0x3F8, (byte)i);
            Assert.Equal(0x60, _slot.In(0x3FD) & 0x60);
        }

        _uart.Receive("x"u8);
        _slot.Time.Advance(60_000_000_000);
        Assert.True(_slot.Time.FiredCount <= 2);
        Assert.Equal((byte)'x', _slot.In(0x3F8));
        Assert.Equal(200_000, _backend.Bytes.Count);
    }

    private void SetDivisor(ushort divisor)
    {
        _slot.Out(0x3FB, 0x83);
        _slot.Out(0x3F8, (byte)divisor);
        _slot.Out(0x3F9, (byte)(divisor >> 8));
        _slot.Out(0x3FB, 0x03);
    }
}
