using System;
using Doppel.Primitives;
using static Doppel.Devices.Serial.Uart.Uart16550ARegisters;

namespace Doppel.Devices.Serial.Uart;

/// <summary>
/// The 16550A (National Semiconductor PC16550D datasheet). Transmission takes no time: a byte leaves when it is written and the
/// transmitter is empty again at once, so its interrupt is pending until IIR is read; pacing by baud rate would only slow the console.
/// The receiver's character time-out does run in guest time, four characters long.
/// Not modelled: parity, framing and break errors (no wire), DMA mode pins, transmission of a break, a divisor's effect on the peer.
/// </summary>
internal sealed class Uart16550A
{
    private const ulong ClockHertz = 1_843_200;

    // Reads of line status in a row, with nothing sent in between, that only a guest makes that waits for a byte.
    private const int PollsThatListen = 16;

    private readonly ReceiveFifo _fifo = new();
    private readonly byte[] _triggers = [1, 4, 8, 14];
    private byte _interruptEnable;
    private byte _lineControl;
    private byte _modemControl;
    private byte _modemDelta;
    private byte _scratch;
    private ushort _divisor;
    private bool _fifoOn;
    private int _trigger = 1;
    private bool _overrun;
    private bool _transmitPending;
    private bool _timeout;
    private int _polls;

    /// <summary>What a register write asks of the wiring.</summary>
    internal enum Effect
    {
        None = 0,

        /// <summary>The byte goes out.</summary>
        Transmit = 1,
    }

    /// <summary>Whether the chip's INTR, gated by OUT2 as on a PC, is high. In loopback the OUT2 pin is forced inactive.</summary>
    public bool Interrupt => Identity() != IdNone && (_modemControl & (Out2 | Loopback)) == Out2;

    /// <summary>Bytes that the receiver takes from outside now; in loopback the serial input is cut off.</summary>
    public int Room => InLoopback ? 0 : (_fifoOn ? ReceiveFifo.Depth : 1) - _fifo.Count;

    /// <summary>
    /// Whether the guest wants bytes: it raised RTS (MCR bit 1), which tells a peer wired for hardware handshake to send, or enabled the
    /// received-data interrupt without caring for RTS, or asks for a byte over and over with nothing to send, as UEFI firmware does. After a reset it does
    /// none of these, and Linux raises RTS when a program opens the port.
    /// </summary>
    public bool IsListening => (_modemControl & RequestToSend) != 0 || (_interruptEnable & EnableReceive) != 0 || _polls >= PollsThatListen;

    /// <summary>Bytes that wait for the guest.</summary>
    public int Waiting => _fifo.Count;

    /// <summary>
    /// Length of the character time-out in nanoseconds, or 0 when none can come: FIFOs off, interrupt not enabled or signalled already,
    /// nothing waits, the trigger level is reached, or a divisor of 0, which stops the baud generator.
    /// </summary>
    public long TimeoutNanoseconds
    {
        get
        {
            if (!_fifoOn || _timeout || _fifo.Count == 0 || _fifo.Count >= _trigger || _divisor == 0 || (_interruptEnable & EnableReceive) == 0)
            {
                return 0;
            }

            // Start bit, 5 to 8 data bits, parity, 1 or 2 stop bits; 16 clocks of the divided clock each.
            int bits = 1 + 5 + (_lineControl & 3) + ((_lineControl >> 3) & 1) + 1 + ((_lineControl >> 2) & 1);
            return (long)(4UL * (ulong)bits * 16 * _divisor * 1_000_000_000 / ClockHertz);
        }
    }

    private bool InLoopback => (_modemControl & Loopback) != 0;

    private bool DivisorLatch => (_lineControl & DivisorAccess) != 0;

    /// <summary>Master reset. The divisor is undefined in the datasheet; 9,600 baud suits guests that never set it.</summary>
    public void Reset()
    {
        _fifo.Clear();
        _interruptEnable = 0;
        _lineControl = 0;
        _modemControl = 0;
        _modemDelta = 0;
        _scratch = 0;
        _divisor = 12;
        _fifoOn = false;
        _trigger = 1;
        _overrun = false;
        _transmitPending = false;
        _timeout = false;
        _polls = 0;
    }

    /// <summary>A byte arrives from outside or from the transmitter in loopback.</summary>
    public void Receive(byte value)
    {
        if (_fifo.Count < (_fifoOn ? ReceiveFifo.Depth : 1))
        {
            _fifo.Push(value);
            return;
        }

        // A full FIFO keeps its bytes and loses the new one; a full buffer register is overwritten.
        _overrun = true;
        if (!_fifoOn)
        {
            _fifo.Overwrite(value);
        }
    }

    /// <summary>Four character times went by without traffic.</summary>
    public void TimeOut() => _timeout = _fifo.Count > 0;

    /// <summary>Reads a register, 0 to 7.</summary>
    public byte Read(uint offset)
    {
        switch (offset)
        {
            case Data when DivisorLatch:
                return (byte)_divisor;
            case Data:
                _timeout = false;
                return _fifo.Pop();
            case InterruptEnable:
                return DivisorLatch ? (byte)(_divisor >> 8) : _interruptEnable;
            case InterruptIdentity:
                byte identity = Identity();
                _transmitPending &= identity != IdTransmit;
                return (byte)(identity | (_fifoOn ? IdFifo : 0));
            case LineControl:
                return _lineControl;
            case ModemControl:
                return _modemControl;
            case LineStatus:
                int status = TransmitterIdle | (_fifo.Count > 0 ? DataReady : 0) | (_overrun ? Overrun : 0);
                _overrun = false;
                _polls = Math.Min(_polls + 1, PollsThatListen);
                return (byte)status;
            case ModemStatus:
                byte modem = (byte)(ModemInputs() | _modemDelta);
                _modemDelta = 0;
                return modem;
            default:
                return _scratch;
        }
    }

    /// <summary>Writes a register, 0 to 7.</summary>
    public Effect Write(uint offset, byte value)
    {
        switch (offset)
        {
            case Data when DivisorLatch:
                _divisor = (ushort)((_divisor & 0xFF00) | value);
                break;
            case Data:
                _transmitPending = true;
                _polls = 0; // what was read of line status was about the transmitter
                if (!InLoopback)
                {
                    return Effect.Transmit;
                }

                Receive(value);
                break;
            case InterruptEnable when DivisorLatch:
                _divisor = (ushort)((_divisor & 0x00FF) | (value << 8));
                break;
            case InterruptEnable:
                // Enabling the transmitter interrupt while the register is empty raises it; the register is always empty.
                _transmitPending |= (value & ~_interruptEnable & EnableTransmit) != 0;
                _interruptEnable = (byte)(value & 0x0F);
                break;
            case InterruptIdentity:
                WriteFifoControl(value);
                break;
            case LineControl:
                _lineControl = value;
                break;
            case ModemControl:
                WriteModemControl(value);
                break;
            case Scratch:
                _scratch = value;
                break;
            default:
                break;
        }

        return Effect.None;
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        _fifo.Save(to);
        to.Write("ier", (ulong)_interruptEnable);
        to.Write("lcr", (ulong)_lineControl);
        to.Write("mcr", (ulong)_modemControl);
        to.Write("msrDelta", (ulong)_modemDelta);
        to.Write("scr", (ulong)_scratch);
        to.Write("divisor", (ulong)_divisor);
        to.Write("fifoOn", _fifoOn);
        to.Write("trigger", (ulong)_trigger);
        to.Write("overrun", _overrun);
        to.Write("transmitPending", _transmitPending);
        to.Write("timeout", _timeout);
        to.Write("polls", (ulong)_polls);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _fifo.Restore(from);
        _interruptEnable = (byte)from.ReadUnsigned("ier", 0x0F);
        _lineControl = (byte)from.ReadUnsigned("lcr", 0xFF);
        _modemControl = (byte)from.ReadUnsigned("mcr", ModemControlMask);
        _modemDelta = (byte)from.ReadUnsigned("msrDelta", 0x0F);
        _scratch = (byte)from.ReadUnsigned("scr", 0xFF);
        _divisor = (ushort)from.ReadUnsigned("divisor", 0xFFFF);
        _fifoOn = from.ReadBool("fifoOn");
        _trigger = (int)from.ReadUnsigned("trigger", 14);
        _overrun = from.ReadBool("overrun");
        _transmitPending = from.ReadBool("transmitPending");
        _timeout = from.ReadBool("timeout");
        _polls = (int)from.ReadUnsigned("polls", PollsThatListen);
        if (!_fifoOn && _fifo.Count > 1)
        {
            throw new StateFormatException("uart: more than one byte without FIFOs");
        }
    }

    // Datasheet table III: the pending interrupt of highest priority.
    private byte Identity()
    {
        if (_overrun && (_interruptEnable & EnableLineStatus) != 0)
        {
            return IdLineStatus;
        }

        if ((_interruptEnable & EnableReceive) != 0)
        {
            if (_fifo.Count >= (_fifoOn ? _trigger : 1))
            {
                return IdReceive;
            }

            if (_timeout)
            {
                return IdTimeout;
            }
        }

        if (_transmitPending && (_interruptEnable & EnableTransmit) != 0)
        {
            return IdTransmit;
        }

        return _modemDelta != 0 && (_interruptEnable & EnableModemStatus) != 0 ? IdModemStatus : IdNone;
    }

    // In loopback DTR, RTS, OUT1 and OUT2 come back as DSR, CTS, RI and DCD.
    private byte ModemInputs() => !InLoopback
        ? PeerPresent
        : (byte)(((_modemControl & 1) << 5) | ((_modemControl & 2) << 3) | ((_modemControl & 4) << 4) | ((_modemControl & 8) << 4));

    private void WriteModemControl(byte value)
    {
        int before = ModemInputs();
        _modemControl = (byte)(value & ModemControlMask);
        int after = ModemInputs();
        int changed = (before ^ after) >> 4;

        // The ring indicator counts its trailing edge only.
        bool ringEnded = (before & ~after & Ring) != 0;
        _modemDelta |= (byte)((changed & 0x0B) | (ringEnded ? 0x04 : 0));
    }

    private void WriteFifoControl(byte value)
    {
        bool on = (value & FifoEnable) != 0;
        _polls = 0;
        if (on != _fifoOn || (on && (value & FifoClearReceive) != 0))
        {
            _fifo.Clear();
            _timeout = false;
        }

        _fifoOn = on;
        _trigger = on ? _triggers[value >> 6] : 1;
    }
}
