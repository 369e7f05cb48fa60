using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pit.Pit8254Registers;

namespace Doppel.Devices.Chipset.Pit;

/// <summary>
/// The PC's interval timer: an 8254 at ports 0x40-0x43 clocked with 1,193,182 Hz, OUT 0 on ISA line 0, and port B (0x61) with the
/// gate of counter 2, the refresh toggle and OUT 2. One timer at most waits, for the next rising edge of OUT 0: the line keeps its
/// level between events and pulses low at the edge, because interrupt controllers see edges of this line only. Edges that pass while
/// the guest is late fall together into one.
/// Not modelled: sound of the speaker; counter 1 does not refresh anything.
/// </summary>
public sealed class Pit8254Ports : IDevice, IRegisterBlock
{
    private const int IrqLine = 0;
    private readonly Pit8254 _chip = new();
    private readonly PortB _portB;
    private readonly LegacyRoute? _legacy;
    private IGuestClock _clock = null!;
    private IInterruptLine _line = null!;
    private ITimer _timer = null!;
    private bool _level;
    private long _nextRise = PitTicks.Never;

    /// <summary>Creates the timer.</summary>
    /// <param name="legacy">The switch by which an HPET takes line 0; null: there is none.</param>
    public Pit8254Ports(LegacyRoute? legacy = null)
    {
        _legacy = legacy;
        _portB = new PortB(this);
    }

    /// <inheritdoc/>
    public string Name => "pit";

    private long Tick => PitTicks.At(_clock.Now);

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _line = _legacy is null ? slot.Line(IrqLine) : _legacy.Gate(slot.Line(IrqLine));
        _timer = slot.Clock.NewTimer("pit.out0", Fired);
        slot.ClaimPorts("pit", 0x40, 4, this);
        slot.ClaimPorts("portb", 0x61, 1, _portB);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _chip.Reset();
        _portB.Reset();
        Follow();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        bool answers = _chip.TryRead(offset, Tick, out byte read);
        value = read;
        return answers;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        _chip.Write(offset & 3, (byte)value, Tick);
        Follow();
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        _chip.Save(to);
        to.Write("portB", (ulong)_portB.Value);
        to.Write("line", _level);
        to.Write("nextRise", _nextRise);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _chip.Restore(from);
        _portB.Value = (byte)from.ReadUnsigned("portB", PortBWritable);
        _level = from.ReadBool("line");
        _nextRise = from.ReadSigned("nextRise", 0);
        from.End();
        _line.Set(_level);
        Arm();
    }

    // Shows OUT 0 on the line as it is now and waits for its next rise. A rise that is overdue happens first.
    private void Follow()
    {
        long now = Tick;
        if (now >= _nextRise)
        {
            Pulse();
        }

        _level = _chip[0].Out(now);
        _line.Set(_level);
        _nextRise = _chip[0].NextRise(now);
        Arm();
    }

    private void Fired()
    {
        long now = Tick;
        if (now >= _nextRise)
        {
            Pulse();
            _nextRise = _chip[0].NextRise(now);
        }

        Arm();
    }

    private void Pulse()
    {
        _line.Set(false);
        _line.Set(true);
        _level = true;
    }

    private void Arm()
    {
        if (_nextRise == PitTicks.Never)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(PitTicks.TimeOf(_nextRise));
        }
    }

    /// <summary>System control port B, 0x61.</summary>
    private sealed class PortB(Pit8254Ports pit) : IRegisterBlock
    {
        public byte Value { get; set; }

        public void Reset() => Value = 0;

        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            bool refresh = (pit._clock.Now.Nanoseconds / RefreshNanoseconds & 1) != 0;
            bool out2 = pit._chip[2].Out(pit.Tick);
            value = (ulong)(Value | (refresh ? PortBRefresh : 0) | (out2 ? PortBOut2 : 0));
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            Value = (byte)(value & PortBWritable);
            pit._chip[2].SetGate((Value & PortBGate2) != 0, pit.Tick);
            return true;
        }
    }
}
