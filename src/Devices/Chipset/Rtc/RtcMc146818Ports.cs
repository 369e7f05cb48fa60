using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Rtc;

/// <summary>
/// The PC's real-time clock and CMOS RAM: index at port 0x70 (bit 7 masks NMI, write-only), data at 0x71, interrupt on ISA line 8.
/// One timer at most waits, and none while no interrupt is enabled. Each access happens at one instant, though time goes on meanwhile: a flag that
/// register C has just shown and cleared lets the line fall before the next one raises it. Not modelled: the second bank at 0x72.
/// </summary>
public sealed class RtcMc146818Ports : IDevice, IRegisterBlock
{
    private const int IrqLine = 8;
    private readonly CmosOptions _options;
    private readonly LegacyRoute? _legacy;
    private readonly RtcMc146818 _chip = new();
    private IGuestClock _clock = null!;
    private IInterruptLine _line = null!;
    private ITimer _timer = null!;
    private byte _index;

    /// <summary>Creates the clock.</summary>
    /// <param name="options">What the RAM holds at power-on.</param>
    /// <param name="legacy">The switch by which an HPET takes line 8; null: there is none.</param>
    public RtcMc146818Ports(CmosOptions options, LegacyRoute? legacy = null)
    {
        _options = options;
        _legacy = legacy;
    }

    /// <inheritdoc/>
    public string Name => "rtc";

    /// <summary>Whether the guest has masked the non-maskable interrupt.</summary>
    public bool NmiMasked => (_index & 0x80) != 0;

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _line = _legacy is null ? slot.Line(IrqLine) : _legacy.Gate(slot.Line(IrqLine));
        _timer = slot.Clock.NewTimer("rtc", () => Follow(_clock.Now));
        slot.ClaimPorts("rtc", 0x70, 2, this);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        GuestTime now = _clock.Now;
        _index = 0;
        if (kind == ResetKind.PowerOn)
        {
            _chip.PowerOn(_clock.EpochNanoseconds, _options, now);
        }
        else
        {
            _chip.Reset(now);
        }

        Follow(now);
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        if (offset == 0)
        {
            value = 0xFF;
            return true;
        }

        GuestTime now = _clock.Now;
        value = _chip.Read(_index & 0x7F, now);
        Follow(now);
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (offset == 0)
        {
            _index = (byte)value;
            return true;
        }

        GuestTime now = _clock.Now;
        _chip.Write(_index & 0x7F, (byte)value, now);
        Follow(now);
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        _chip.Save(to);
        to.Write("index", (ulong)_index);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _chip.Restore(from);
        _index = (byte)from.ReadUnsigned("index", 0xFF);
        from.End();
        Drive(_clock.Now);
    }

    private void Follow(GuestTime now)
    {
        _chip.Look(now);
        Drive(now);
    }

    // Outputs only: restoring must not change what was saved.
    private void Drive(GuestTime now)
    {
        _line.Set(_chip.Interrupt);
        GuestTime next = _chip.NextInterrupt(now);
        if (next == GuestTime.Never)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(next);
        }
    }
}
