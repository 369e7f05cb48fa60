using Doppel.Primitives;
using static Doppel.Devices.Chipset.AcpiPm.AcpiPmRegisters;

namespace Doppel.Devices.Chipset.AcpiPm;

/// <summary>
/// ACPI fixed hardware (ACPI 6.5, 4.8): PM1a event and control registers, PM timer of 3,579,545 Hz computed from guest time, 16 general
/// purpose events. Registers may be read and written in bytes, as the specification asks.
/// Not modelled: SMI by events (nothing happens with SCI_EN clear), sleep states other than soft-off, which wake at once.
/// </summary>
internal sealed class AcpiPmBlock(AcpiPmOptions options)
{
    private static readonly ClockRate s_timerRate = new(3_579_545);
    private ushort _status;
    private ushort _enable;
    private ushort _control;
    private ushort _gpeStatus;
    private ushort _gpeEnable;
    private long _carrySeen;

    /// <summary>Level of the system control interrupt.</summary>
    public bool Sci => (_control & SciEnable) != 0 && ((_status & _enable & Enables) != 0 || (_gpeStatus & _gpeEnable) != 0);

    private int CarryBit => options.Timer32Bits ? 31 : 23;

    /// <summary>Power-on and reset line.</summary>
    public void Reset(GuestTime now)
    {
        _status = 0;
        _enable = 0;
        _control = options.EnabledAtReset ? SciEnable : (ushort)0;
        _gpeStatus = 0;
        _gpeEnable = 0;
        _carrySeen = Carries(now);
    }

    /// <summary>Sets PM1 status bits.</summary>
    public void Raise(ushort events) => _status |= events;

    /// <summary>Sets a general-purpose event's status.</summary>
    public void RaiseGpe(int index) => _gpeStatus |= (ushort)(1 << index);

    /// <summary>Switches SCI_EN: what the SMI handler does on a PC.</summary>
    public void SetAcpiMode(bool on) => _control = (ushort)(on ? _control | SciEnable : _control & ~SciEnable);

    /// <summary>The PM timer's value.</summary>
    public uint Timer(GuestTime now) => (uint)(s_timerRate.TicksAt(now) & (options.Timer32Bits ? uint.MaxValue : 0xFF_FFFF));

    /// <summary>Sets the timer status if its top bit has changed since the last look.</summary>
    public void Look(GuestTime now)
    {
        long carries = Carries(now);
        if (carries != _carrySeen)
        {
            _carrySeen = carries;
            _status |= AcpiPmRegisters.Timer;
        }
    }

    /// <summary>When the timer's top bit changes next, if that would raise the line; else <see cref="GuestTime.Never"/>.</summary>
    public GuestTime NextCarry(GuestTime now)
    {
        if ((_enable & AcpiPmRegisters.Timer) == 0 || (_status & AcpiPmRegisters.Timer) != 0 || (_control & SciEnable) == 0)
        {
            return GuestTime.Never;
        }

        return s_timerRate.TimeOf((Carries(now) + 1) << CarryBit);
    }

    /// <summary>Reads one byte; false: reserved.</summary>
    public bool TryRead(uint offset, GuestTime now, out byte value)
    {
        int shift = 8 * (int)(offset & 1);
        int register = offset switch
        {
            Pm1Event or Pm1Event + 1 => _status,
            Pm1Event + 2 or Pm1Event + 3 => _enable,
            Pm1Control or Pm1Control + 1 => _control,
            >= PmTimer and < PmTimer + 4 => (int)((Timer(now) >> (8 * (int)(offset - PmTimer))) & 0xFF) << shift,
            Gpe0 or Gpe0 + 1 => _gpeStatus,
            Gpe0 + 2 or Gpe0 + 3 => _gpeEnable,
            _ => -1,
        };
        value = (byte)(register >> shift);
        return register >= 0;
    }

    /// <summary>Writes one byte; true from <paramref name="softOff"/>: the guest asks to be switched off.</summary>
    public void Write(uint offset, byte value, out bool softOff)
    {
        softOff = false;
        int shift = 8 * (int)(offset & 1);
        int bits = value << shift;
        int lane = 0xFF << shift;
        switch (offset)
        {
            case Pm1Event or Pm1Event + 1:
                _status &= (ushort)~bits;
                break;
            case Pm1Event + 2 or Pm1Event + 3:
                _enable = (ushort)((_enable & ~lane) | (bits & Enables));
                break;
            case Pm1Control or Pm1Control + 1:
                // SCI_EN belongs to the firmware: guests must preserve it and cannot change it here.
                _control = (ushort)((_control & ~(lane & ControlKept)) | (bits & ControlKept));
                softOff = (bits & SleepEnable) != 0 && Sleep();
                break;
            case Gpe0 or Gpe0 + 1:
                _gpeStatus &= (ushort)~bits;
                break;
            case Gpe0 + 2 or Gpe0 + 3:
                _gpeEnable = (ushort)((_gpeEnable & ~lane) | bits);
                break;
            default:
                break;
        }
    }

    /// <summary>Writes every field.</summary>
    public void Save(IStateWriter to)
    {
        to.Write("status", (ulong)_status);
        to.Write("enable", (ulong)_enable);
        to.Write("control", (ulong)_control);
        to.Write("gpeStatus", (ulong)_gpeStatus);
        to.Write("gpeEnable", (ulong)_gpeEnable);
        to.Write("carrySeen", _carrySeen);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from)
    {
        _status = (ushort)from.ReadUnsigned("status", 0xFFFF);
        _enable = (ushort)from.ReadUnsigned("enable", Enables);
        _control = (ushort)(from.ReadUnsigned("control", 0xFFFF) & (ControlKept | SciEnable));
        _gpeStatus = (ushort)from.ReadUnsigned("gpeStatus", 0xFFFF);
        _gpeEnable = (ushort)from.ReadUnsigned("gpeEnable", 0xFFFF);
        _carrySeen = from.ReadSigned("carrySeen", 0);
    }

    private long Carries(GuestTime now) => s_timerRate.TicksAt(now) >> CarryBit;

    // Only soft-off is a state here; from any other the machine wakes at once, so that a guest waiting for WAK_STS goes on.
    private bool Sleep()
    {
        bool softOff = ((_control >> SleepTypeShift) & 7) == options.SoftOffType;
        if (!softOff)
        {
            _status |= Wake;
        }

        return softOff;
    }
}
