using Doppel.Primitives;

namespace Doppel.Devices.Storage.Floppy;

/// <summary>
/// The PC's floppy controller: an 82077AA at ports 0x3F0-0x3F5 and 0x3F7 with ISA line 6 and one DMA channel (2 on a PC). Port 0x3F6 belongs to the
/// disk controller. One timer waits for the next thing that the drives do.
/// </summary>
public sealed class Fdc82077AaPorts : IDevice, IRegisterBlock
{
    private const int IrqLine = 6;
    private readonly Fdc82077Aa _chip;
    private readonly RateBlock _rates;
    private IGuestClock _clock = null!;
    private ITimer _timer = null!;

    /// <summary>Creates the controller with its drives.</summary>
    /// <param name="dma">DMA channel 2; null: transfers work without DMA only.</param>
    /// <param name="first">Drive 0, or null.</param>
    /// <param name="second">Drive 1, or null.</param>
    public Fdc82077AaPorts(IIsaDmaChannel? dma, FloppyDrive? first, FloppyDrive? second)
    {
        _chip = new Fdc82077Aa(dma, first, second);
        _rates = new RateBlock(_chip);
    }

    /// <inheritdoc/>
    public string Name => "fdc";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _chip.Connect(slot.Line(IrqLine));
        _timer = slot.Clock.NewTimer("fdc", Fired);
        slot.ClaimPorts("fdc", 0x3F0, 6, this);
        slot.ClaimPorts("fdc.rate", 0x3F7, 1, _rates);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _chip.Reset(kind);
        Drive();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        _chip.Advance(_clock.Now);
        bool answers = _chip.TryRead(offset, _clock.Now, out byte read);
        value = read;
        Drive();
        return answers;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        _chip.Advance(_clock.Now);
        bool answers = _chip.TryWrite(offset, (byte)value, _clock.Now);
        Drive();
        return answers;
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
        Drive();
    }

    private void Fired()
    {
        _chip.Advance(_clock.Now);
        Drive();
    }

    private void Drive()
    {
        _chip.Drive();
        GuestTime due = _chip.NextDue;
        if (due == GuestTime.Never)
        {
            _timer.Cancel();
        }
        else
        {
            _timer.Arm(due);
        }
    }

    /// <summary>Port 0x3F7: digital input register (read), configuration control register (write).</summary>
    private sealed class RateBlock(Fdc82077Aa chip) : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = chip.ReadInput();
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value)
        {
            chip.WriteRate((byte)value);
            return true;
        }
    }
}
