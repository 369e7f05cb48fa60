using Doppel.Primitives;
using static Doppel.Devices.Input.Keyboard.I8042Registers;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// The keyboard and auxiliary device controller (IBM PS/2 Hardware Interface Technical Reference): one output buffer fed from its own
/// answers, the keyboard and the mouse, in this order; a byte stays until it is read. Answers follow one another at once; a scan code or a byte of
/// a mouse packet comes no sooner than 100 microseconds after the last read, as on the serial line it would, so that handlers that read the port
/// twice for one key get that key twice. The input buffer is always empty. Address line 20 is open after reset, as in chipsets since the 486; a
/// firmware that wants it closed closes it.
/// Not modelled: password commands beyond "none set", the diagnostic dump (AC), the controller's internal RAM as anything but storage.
/// </summary>
internal sealed class I8042
{
    private const byte OutputPortAtReset = 0xCF;
    private const byte NotInhibited = 0x80;
    private const long LineNs = 100_000;
    private const byte FromAux = 1;
    private const byte TimedOut = 2;

    // Pairs of flags and byte.
    private readonly ByteQueue _answers = new(16);
    private readonly byte[] _ram = new byte[32];
    private byte _outputPort = OutputPortAtReset;
    private byte _buffer;
    private bool _full;
    private bool _fromAux;
    private bool _auxTimedOut;
    private bool _lastWasCommand;
    private byte _command;
    private bool _breakSeen;
    private byte _polled;
    private GuestTime _quietUntil;

    /// <summary>Creates the controller with its devices; <paramref name="mouse"/> is null when nothing is plugged in.</summary>
    public I8042(Ps2Mouse? mouse) => Mouse = mouse;

    /// <summary>What a write asks of the board.</summary>
    internal enum Effect
    {
        None = 0,

        /// <summary>Pull the reset line.</summary>
        Reset = 1,
    }

    /// <summary>The keyboard.</summary>
    public Ps2Keyboard Keyboard { get; } = new();

    /// <summary>The mouse, if one is plugged in.</summary>
    public Ps2Mouse? Mouse { get; }

    /// <summary>Whether the output port opens address line 20.</summary>
    public bool A20 => (_outputPort & OutputA20) != 0;

    /// <summary>Keyboard interrupt, ISA line 1.</summary>
    public bool KeyboardLine => _full && !_fromAux && (Configuration & KeyboardInterrupt) != 0;

    /// <summary>Auxiliary interrupt, ISA line 12.</summary>
    public bool AuxLine => _full && _fromAux && (Configuration & AuxInterrupt) != 0;

    private bool KeyboardRuns => (Configuration & KeyboardDisabled) == 0;

    private bool AuxRuns => (Configuration & AuxDisabled) == 0;

    private byte Configuration
    {
        get => _ram[0];
        set => _ram[0] = value;
    }

    /// <summary>Power-on and reset line. Translation and interrupts are on, as firmware leaves them: most kernels expect it so.</summary>
    public void Reset()
    {
        System.Array.Clear(_ram);
        Configuration = KeyboardInterrupt | AuxInterrupt | SystemFlag | Translate;
        _answers.Clear();
        _outputPort = OutputPortAtReset;
        _full = false;
        _fromAux = false;
        _auxTimedOut = false;
        _lastWasCommand = false;
        _command = 0;
        _buffer = 0;
        _breakSeen = false;
        _polled = 0;
        _quietUntil = GuestTime.Zero;
        Keyboard.Reset();
        Mouse?.Reset();
    }

    /// <summary>Port 0x64.</summary>
    public byte ReadStatus()
    {
        int status = NotLocked | (Configuration & SystemFlag) | (_lastWasCommand ? LastWasCommand : 0);
        if (_full)
        {
            status |= OutputFull | (_fromAux ? AuxOutputFull : 0) | (_fromAux && _auxTimedOut ? TimeOut : 0);
        }

        // Commands C1 and C2 show half of the input port in the upper bits until the next command.
        return (byte)(_polled == 0 ? status : (status & 0x0F) | ((_polled == 0xC1 ? NotInhibited << 4 : NotInhibited) & 0xF0));
    }

    /// <summary>Port 0x60: the byte that waits, or the last one again.</summary>
    public byte ReadData(GuestTime now)
    {
        if (_full)
        {
            _full = false;
            _quietUntil = now + LineNs;
        }

        return _buffer;
    }

    /// <summary>Port 0x64: a controller command.</summary>
    public Effect WriteCommand(byte command)
    {
        _lastWasCommand = true;
        _command = 0;
        _polled = command is 0xC1 or 0xC2 ? command : (byte)0;
        switch (command)
        {
            case >= 0x20 and <= 0x3F:
                Answer(_ram[command & 0x1F]);
                break;
            case >= 0x60 and <= 0x7F or (>= 0xD1 and <= 0xD4):
                _command = command;
                break;
            case 0xA4:
                Answer(0xF1);
                break;
            case 0xA7 or 0xA8:
                SetConfiguration(AuxDisabled, command == 0xA7);
                break;
            case 0xA9 or 0xAB:
                Answer(0x00);
                break;
            case 0xAA:
                SetConfiguration(SystemFlag, true);
                Answer(0x55);
                break;
            case 0xAD or 0xAE:
                SetConfiguration(KeyboardDisabled, command == 0xAD);
                break;
            case 0xC0:
                Answer(NotInhibited);
                break;
            case 0xD0:
                Answer((byte)(_outputPort & 0xCF | (KeyboardLine ? 0x10 : 0) | (AuxLine ? 0x20 : 0)));
                break;
            case 0xE0:
                // The clock lines of both devices: high unless held low.
                Answer((byte)((KeyboardRuns ? 1 : 0) | (AuxRuns ? 2 : 0)));
                break;
            case 0xDD or 0xDF:
                _outputPort = (byte)(command == 0xDF ? _outputPort | OutputA20 : _outputPort & ~OutputA20);
                break;
            case >= 0xF0 when (command & OutputResetInactive) == 0:
                return Effect.Reset;
            default:
                break;
        }

        return Effect.None;
    }

    /// <summary>Port 0x60: the parameter of a controller command, or a byte for the keyboard.</summary>
    public Effect WriteData(byte value)
    {
        _lastWasCommand = false;
        byte command = _command;
        _command = 0;
        switch (command)
        {
            case >= 0x60 and <= 0x7F:
                _ram[command & 0x1F] = value;
                break;
            case 0xD1:
                _outputPort = value;
                return (value & OutputResetInactive) == 0 ? Effect.Reset : Effect.None;
            case 0xD2 or 0xD3:
                Answer(value, command == 0xD3 ? FromAux : (byte)0);
                break;
            case 0xD4:
                WriteAux(value);
                break;
            default:
                // A byte for the keyboard starts its clock again.
                SetConfiguration(KeyboardDisabled, false);
                Keyboard.Write(value);
                break;
        }

        return Effect.None;
    }

    /// <summary>When <see cref="Pump"/> has something to do that no access causes.</summary>
    public GuestTime NextDue()
    {
        GuestTime due = Keyboard.Due;
        due = Mouse is not null && Mouse.Due < due ? Mouse.Due : due;
        bool waits = !_full && ((KeyboardRuns && Keyboard.HasByte) || (AuxRuns && Mouse is { HasByte: true }));
        return waits && _quietUntil < due ? _quietUntil : due;
    }

    /// <summary>
    /// Lets keys repeat and packets come together, and moves the next waiting byte into the output buffer, if that is free. The wiring calls it after
    /// every access and at <see cref="NextDue"/>.
    /// </summary>
    public void Pump(GuestTime now)
    {
        Keyboard.Advance(now);
        Mouse?.Advance(now);
        if (_full)
        {
            return;
        }

        bool isQuiet = now < _quietUntil;
        if (_answers.TryPop(out byte flags) && _answers.TryPop(out byte value))
        {
            Fill(value, (flags & FromAux) != 0);
            _auxTimedOut = (flags & TimedOut) != 0;
        }
        else if (KeyboardRuns && (Keyboard.HasAnswer || !isQuiet) && TakeFromKeyboard(out value))
        {
            Fill(value, aux: false);
        }
        else if (AuxRuns && Mouse is not null && (Mouse.HasAnswer || !isQuiet) && Mouse.TryTake(out value))
        {
            Fill(value, aux: true);
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        _answers.Save(to, "answers");
        to.Write("ram", _ram);
        to.Write("outputPort", (ulong)_outputPort);
        to.Write("buffer", (ulong)_buffer);
        to.Write("full", _full);
        to.Write("fromAux", _fromAux);
        to.Write("auxTimedOut", _auxTimedOut);
        to.Write("lastWasCommand", _lastWasCommand);
        to.Write("command", (ulong)_command);
        to.Write("breakSeen", _breakSeen);
        to.Write("polled", (ulong)_polled);
        to.Write("quietUntil", _quietUntil.Nanoseconds);
        to.Write("hasMouse", Mouse is not null);
        Keyboard.Save(to);
        Mouse?.Save(to);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _answers.Restore(from, "answers");
        from.ReadBytes("ram", _ram);
        _outputPort = (byte)from.ReadUnsigned("outputPort", 0xFF);
        _buffer = (byte)from.ReadUnsigned("buffer", 0xFF);
        _full = from.ReadBool("full");
        _fromAux = from.ReadBool("fromAux");
        _auxTimedOut = from.ReadBool("auxTimedOut");
        _lastWasCommand = from.ReadBool("lastWasCommand");
        _command = (byte)from.ReadUnsigned("command", 0xFF);
        _breakSeen = from.ReadBool("breakSeen");
        _polled = (byte)from.ReadUnsigned("polled", 0xFF);
        _quietUntil = new GuestTime(from.ReadSigned("quietUntil", 0));
        if (_answers.Count % 2 != 0 || _polled is not (0 or 0xC1 or 0xC2))
        {
            throw new StateFormatException("i8042: answers or polled: cannot be");
        }

        if (from.ReadBool("hasMouse") != Mouse is not null)
        {
            throw new StateFormatException("i8042: the saved machine and this one differ in having a mouse");
        }

        Keyboard.Restore(from);
        Mouse?.Restore(from);
    }

    private bool TakeFromKeyboard(out byte value)
    {
        bool translate = (Configuration & Translate) != 0;
        while (Keyboard.TryTake(out value))
        {
            if (translate && value == ScanCodeTranslation.BreakPrefix)
            {
                _breakSeen = true;
                continue;
            }

            value = translate ? (byte)(ScanCodeTranslation.Translate(value) | (_breakSeen ? 0x80 : 0)) : value;
            _breakSeen = false;
            return true;
        }

        return false;
    }

    private void WriteAux(byte value)
    {
        SetConfiguration(AuxDisabled, false);
        if (Mouse is not null)
        {
            Mouse.Write(value);
            return;
        }

        // Nobody pulls the clock: the controller gives up and says so.
        Answer(Resend, FromAux | TimedOut);
    }

    private void Fill(byte value, bool aux)
    {
        _buffer = value;
        _full = true;
        _fromAux = aux;
        _auxTimedOut = false;
    }

    private void SetConfiguration(byte bit, bool on) => Configuration = (byte)(on ? Configuration | bit : Configuration & ~bit);

    private void Answer(byte value, byte flags = 0)
    {
        // A host that asks without end and never reads loses answers.
        if (_answers.Room >= 2)
        {
            _answers.TryPush(flags);
            _answers.TryPush(value);
        }
    }
}
