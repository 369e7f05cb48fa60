using System;
using Doppel.Primitives;
using static Doppel.Devices.Chipset.AcpiPm.AcpiPmRegisters;

namespace Doppel.Devices.Chipset.AcpiPm;

/// <summary>
/// ACPI power management of the machine: the fixed-hardware block at the ports of <see cref="AcpiPmOptions"/>, SMI_CMD and its status
/// byte at 0xB2-0xB3, the system control interrupt on an ISA line. A timer waits only while the guest wants PM timer interrupts.
/// </summary>
public sealed class AcpiPmPorts : IDevice, IRegisterBlock
{
    /// <summary>General-purpose events in block 0.</summary>
    public const int GpeCount = 16;

    private readonly AcpiPmOptions _options;
    private readonly AcpiPmBlock _chip;
    private readonly SmiCommandPorts _smiCommand;
    private IGuestClock _clock = null!;
    private IInterruptLine _line = null!;
    private IBoardControl _board = null!;
    private ITimer _timer = null!;
    private bool _managementOnCommand;

    /// <summary>Creates the block.</summary>
    public AcpiPmPorts(AcpiPmOptions options)
    {
        _options = options;
        _chip = new AcpiPmBlock(options);
        _smiCommand = new SmiCommandPorts(this);
    }

    /// <inheritdoc/>
    public string Name => "acpipm";

    /// <summary>The values that the ACPI tables must repeat.</summary>
    public AcpiPmOptions Options => _options;

    /// <summary>
    /// Whether a byte written to SMI_CMD also raises a system-management interrupt; whoever holds the enable bit (the PCI function) says so, and
    /// again when it is restored.
    /// </summary>
    public void SetManagementOnCommand(bool on) => _managementOnCommand = on;

    /// <summary>The operator presses the power button: the guest sees PWRBTN_STS and, if it enabled it, an interrupt. Machine's thread.</summary>
    public void PressPowerButton()
    {
        _chip.Raise(PowerButton);
        Follow();
    }

    /// <summary>Sets the status of general-purpose event <paramref name="index"/>, 0 to 15. Machine's thread.</summary>
    public void RaiseGpe(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, GpeCount);
        _chip.RaiseGpe(index);
        Follow();
    }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _board = slot.Board;
        _line = slot.Line(_options.SciLine);
        _timer = slot.Clock.NewTimer("acpipm", Follow);
        if (_options.IsFixed)
        {
            slot.ClaimPorts("acpipm", _options.FirstPort, Length, this, AccessSize.Dword);
        }

        slot.ClaimPorts("smicmd", 0xB2, 2, _smiCommand);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _chip.Reset(_clock.Now);
        _smiCommand.Reset();
        Follow();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        GuestTime now = _clock.Now;
        _chip.Look(now);
        value = 0;
        if (offset == PmTimer && size == AccessSize.Dword)
        {
            value = _chip.Timer(now);
            return true;
        }

        bool answered = false;
        for (int i = 0; i < (int)size; i++)
        {
            bool answers = _chip.TryRead(offset + (uint)i, now, out byte read);
            value |= (ulong)(answers ? read : (byte)0xFF) << (8 * i);
            answered |= answers;
        }

        return answered;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        _chip.Look(_clock.Now);
        bool off = false;
        for (int i = 0; i < (int)size; i++)
        {
            _chip.Write(offset + (uint)i, (byte)(value >> (8 * i)), out bool softOff);
            off |= softOff;
        }

        Follow();
        if (off)
        {
            _board.RequestPowerOff();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        _chip.Save(to);
        _smiCommand.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _chip.Restore(from);
        _smiCommand.Restore(from);
        from.End();
        Drive();
    }

    private void Follow()
    {
        _chip.Look(_clock.Now);
        Drive();
    }

    // Outputs only: restoring must not change what was saved.
    private void Drive()
    {
        _line.Set(_chip.Sci);
        GuestTime next = _chip.NextCarry(_clock.Now);
        if (next == GuestTime.Never)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(next);
        }
    }

    /// <summary>SMI_CMD at 0xB2 and the scratch byte after it (Intel 82371AB datasheet, APMC and APMS).</summary>
    private sealed class SmiCommandPorts(AcpiPmPorts owner) : IRegisterBlock
    {
        private byte _command;
        private byte _scratch;

        public void Reset()
        {
            _command = 0;
            _scratch = 0;
        }

        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = offset == 0 ? _command : _scratch;
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            if (offset != 0)
            {
                _scratch = (byte)value;
                return true;
            }

            _command = (byte)value;
            bool enables = _command == owner._options.AcpiEnable;
            if (enables || _command == owner._options.AcpiDisable)
            {
                owner._chip.SetAcpiMode(enables);
                owner.Follow();
            }

            if (owner._managementOnCommand)
            {
                owner._board.RequestSystemManagement();
            }

            return true;
        }

        public void Save(IStateWriter to)
        {
            to.Write("smiCommand", (ulong)_command);
            to.Write("smiScratch", (ulong)_scratch);
        }

        public void Restore(IStateReader from)
        {
            _command = (byte)from.ReadUnsigned("smiCommand", 0xFF);
            _scratch = (byte)from.ReadUnsigned("smiScratch", 0xFF);
        }
    }
}
