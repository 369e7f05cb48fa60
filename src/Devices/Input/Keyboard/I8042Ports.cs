using System;
using Doppel.Primitives;

namespace Doppel.Devices.Input.Keyboard;

/// <summary>
/// The PC's keyboard controller: data at port 0x60, status and command at 0x64, keyboard on ISA line 1, mouse on line 12. Keys and
/// movements are injected on the machine's thread.
/// </summary>
public sealed class I8042Ports : IDevice, IRegisterBlock
{
    private const int KeyboardIrq = 1;
    private const int MouseIrq = 12;
    private readonly I8042 _chip;
    private readonly StatusPort _statusPort;
    private IBoardControl _board = null!;
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
    /// Sends the scan codes (set 2) of one key event, for example 1C to press A and F0 1C to release it. A full keyboard buffer drops
    /// the event and says so to the guest by the overrun code; a keyboard that the guest has not enabled drops it.
    /// </summary>
    public void InjectScanCodes(ReadOnlySpan<byte> set2)
    {
        _chip.Keyboard.Inject(set2);
        Follow();
    }

    /// <summary>Moves the mouse by counts to the right and upwards and sets its buttons (bit 0 left, 1 right, 2 middle); nothing without a mouse.</summary>
    public void InjectMouse(int right, int up, byte buttons)
    {
        _chip.Mouse?.Inject(right, up, buttons);
        Follow();
    }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _board = slot.Board;
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
        value = _chip.ReadData();

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
        to.Begin(Name, 1);
        _chip.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _chip.Restore(from);
        from.End();
        DriveLines();
        DriveA20();
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
        _chip.Pump();
        DriveLines();
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
