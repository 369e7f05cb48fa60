using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// The PC's keyboard controller: data at port 0x60, status and command at 0x64, keyboard on ISA line 1, mouse on line 12. One timer
/// at most waits, and none while nobody types or moves the mouse.
/// </summary>
public sealed class I8042Ports : IDevice, IRegisterBlock
{
    private const int KeyboardIrq = 1;
    private const int MouseIrq = 12;
    private readonly I8042 _chip;
    private readonly StatusPort _statusPort;
    private IBoardControl _board = null!;
    private IGuestClock _clock = null!;
    private ITimer _timer = null!;
    private IInterruptLine _keyboardLine = null!;
    private IInterruptLine _mouseLine = null!;

    /// <summary>Creates the controller with a keyboard, and with a mouse if <paramref name="hasMouse"/>.</summary>
    public I8042Ports(bool hasMouse)
    {
        _chip = new I8042(hasMouse ? new Ps2Mouse() : null);
        _statusPort = new StatusPort(this);
    }

    /// <inheritdoc/>
    public string Name => "i8042";

    /// <summary>Lock lights as the guest set them: bit 0 scroll, 1 number, 2 capitals.</summary>
    public byte Leds => _chip.Keyboard.Leds;

    /// <summary>Whether a mouse is plugged in.</summary>
    public bool HasMouse => _chip.Mouse is not null;

    /// <summary>
    /// Whether a person's keys would reach the guest: it has not switched the keyboard off (command F5). Keys pressed meanwhile are lost.
    /// </summary>
    public bool TakesKeys => _chip.Keyboard.IsScanning;

    /// <summary>Whether the guest has taken all codes of the keys before, and had 2 milliseconds to look at the last one.</summary>
    public bool HasRoomForKey => _chip.Keyboard.IsReady;

    /// <summary>Whether a person's movements would reach the guest: there is a mouse, and the guest has asked for reports.</summary>
    public bool TakesPointer => _chip.Mouse is { IsListening: true };

    /// <summary>Whether the guest has taken the packets before, so that the next movement makes one of its own.</summary>
    public bool HasRoomForPointer => _chip.Mouse is { IsIdle: true };

    /// <summary>
    /// A key goes down or up. Machine's thread. The keyboard repeats it while it is held, in guest time; a key that is held and goes down again is
    /// ignored, as is one that is up and goes up. A full buffer drops the event and says so to the guest by the overrun code.
    /// </summary>
    public void Press(KeyCode key, bool isDown)
    {
        _chip.Keyboard.Press(key.Value, isDown, _clock.Now);
        Follow();
    }

    /// <summary>
    /// The mouse moves by counts to the right and downwards, its wheel turns by notches towards the user, and its buttons are these now. Machine's
    /// thread; nothing without a mouse. What the guest does not read adds up, up to 4096 counts and 64 notches.
    /// </summary>
    public void Move(int right, int down, int wheel, PointerButtons buttons)
    {
        _chip.Mouse?.Move(right, down, wheel, (byte)buttons, _clock.Now);
        Follow();
    }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _board = slot.Board;
        _clock = slot.Clock;
        _timer = slot.Clock.NewTimer("i8042", Follow);
        _keyboardLine = slot.Line(KeyboardIrq);
        _mouseLine = slot.Line(MouseIrq);
        slot.ClaimPorts("i8042.data", 0x60, 1, this);
        slot.ClaimPorts("i8042.status", 0x64, 1, _statusPort);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _chip.Reset();
        Follow();
        DriveA20();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = _chip.ReadData(_clock.Now);

        // The line falls between two bytes, so that an edge-triggered controller sees each of them.
        DriveLines();
        Follow();
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        Act(_chip.WriteData((byte)value));
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 2);
        _chip.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        if (from.Begin(Name, 2) < 2)
        {
            throw new StateFormatException("i8042: saved by an older build");
        }

        _chip.Restore(from);
        from.End();
        DriveLines();
        DriveA20();
        ArmTimer();
    }

    private void Act(I8042.Effect effect)
    {
        Follow();
        DriveA20();
        if (effect == I8042.Effect.Reset)
        {
            _board.RequestReset();
        }
    }

    private void Follow()
    {
        _chip.Pump(_clock.Now);
        DriveLines();
        ArmTimer();
    }

    private void ArmTimer()
    {
        GuestTime due = _chip.NextDue();
        if (due == GuestTime.Never)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(due);
        }
    }

    private void DriveLines()
    {
        _keyboardLine.Set(_chip.KeyboardLine);
        _mouseLine.Set(_chip.AuxLine);
    }

    private void DriveA20() => _board.SetA20(A20Source.KeyboardController, _chip.A20);

    /// <summary>Port 0x64.</summary>
    private sealed class StatusPort(I8042Ports controller) : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = controller._chip.ReadStatus();
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            controller.Act(controller._chip.WriteCommand((byte)value));
            return true;
        }
    }
}
