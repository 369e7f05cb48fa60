namespace Doppel.Devices.Serial.Uart;

/// <summary>Register offsets and bit fields (National Semiconductor PC16550D datasheet, table II and section 8).</summary>
internal static class Uart16550ARegisters
{
    /// <summary>RBR (read), THR (write); DLL while DLAB is set.</summary>
    public const uint Data = 0;

    /// <summary>Interrupt enable register; DLM while DLAB is set.</summary>
    public const uint InterruptEnable = 1;

    /// <summary>IIR (read), FCR (write).</summary>
    public const uint InterruptIdentity = 2;

    /// <summary>Line control register.</summary>
    public const uint LineControl = 3;

    /// <summary>Modem control register.</summary>
    public const uint ModemControl = 4;

    /// <summary>Line status register.</summary>
    public const uint LineStatus = 5;

    /// <summary>Modem status register.</summary>
    public const uint ModemStatus = 6;

    /// <summary>Scratch register.</summary>
    public const uint Scratch = 7;

    /// <summary>IER: received data available, and character time-out.</summary>
    public const byte EnableReceive = 0x01;

    /// <summary>IER: transmitter holding register empty.</summary>
    public const byte EnableTransmit = 0x02;

    /// <summary>IER: receiver line status.</summary>
    public const byte EnableLineStatus = 0x04;

    /// <summary>IER: modem status.</summary>
    public const byte EnableModemStatus = 0x08;

    /// <summary>IIR: nothing pending.</summary>
    public const byte IdNone = 0x01;

    /// <summary>IIR: modem status, lowest priority.</summary>
    public const byte IdModemStatus = 0x00;

    /// <summary>IIR: transmitter holding register empty.</summary>
    public const byte IdTransmit = 0x02;

    /// <summary>IIR: received data reached the trigger level.</summary>
    public const byte IdReceive = 0x04;

    /// <summary>IIR: receiver line status, highest priority.</summary>
    public const byte IdLineStatus = 0x06;

    /// <summary>IIR: character time-out.</summary>
    public const byte IdTimeout = 0x0C;

    /// <summary>IIR: FIFOs are on.</summary>
    public const byte IdFifo = 0xC0;

    /// <summary>FCR: FIFOs on.</summary>
    public const byte FifoEnable = 0x01;

    /// <summary>FCR: clears the receiver FIFO.</summary>
    public const byte FifoClearReceive = 0x02;

    /// <summary>LCR: divisor latch access.</summary>
    public const byte DivisorAccess = 0x80;

    /// <summary>MCR: bits that exist.</summary>
    public const byte ModemControlMask = 0x1F;

    /// <summary>MCR: RTS, request to send.</summary>
    public const byte RequestToSend = 0x02;

    /// <summary>MCR: OUT2, which lets the interrupt reach the ISA line on a PC.</summary>
    public const byte Out2 = 0x08;

    /// <summary>MCR: loopback.</summary>
    public const byte Loopback = 0x10;

    /// <summary>LSR: data ready.</summary>
    public const byte DataReady = 0x01;

    /// <summary>LSR: a character was lost.</summary>
    public const byte Overrun = 0x02;

    /// <summary>LSR: transmitter holding register and shift register empty.</summary>
    public const byte TransmitterIdle = 0x60;

    /// <summary>MSR: clear to send, data set ready, carrier detect: a peer is always there.</summary>
    public const byte PeerPresent = 0xB0;

    /// <summary>MSR: ring indicator.</summary>
    public const byte Ring = 0x40;
}
