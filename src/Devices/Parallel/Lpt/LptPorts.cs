using System;
using Doppel.Backends;
using Doppel.Primitives;
using static Doppel.Devices.Parallel.Lpt.LptRegisters;

namespace Doppel.Devices.Parallel.Lpt;

/// <summary>
/// A standard parallel port with a printer that is always on line (IBM PC technical reference, "Parallel Printer Adapter"): three ports and an ISA
/// line. The strobe's leading edge sends a byte to the back-end; the printer is busy for <see cref="BusyNanoseconds"/>, acknowledges for
/// <see cref="AcknowledgeNanoseconds"/>, and the end of that interrupts. The line stays high until status is read or
/// the next strobe, so that a guest with interrupts off does not miss it. A strobe while busy is lost, as with a printer.
/// Not modelled: bidirectional, EPP and ECP modes; the printer's out of paper and error lines.
/// </summary>
public sealed class LptPorts : IDevice, IRegisterBlock
{
    /// <summary>How long the printer is busy with a byte, in nanoseconds of guest time.</summary>
    public const long BusyNanoseconds = 5_000;

    /// <summary>Length of its acknowledge pulse.</summary>
    public const long AcknowledgeNanoseconds = 2_000;

    /// <summary>Longest time a sent byte stays unflushed.</summary>
    public const long FlushNanoseconds = 10_000_000;

    private readonly ushort _firstPort;
    private readonly int _irq;
    private readonly ICharacterBackend _backend;
    private IGuestClock _clock = null!;
    private IInterruptLine _line = null!;
    private ITimer _printer = null!;
    private ITimer _flush = null!;
    private byte _data;
    private byte _control;
    private PrinterPhase _phase;
    private bool _acknowledged;

    /// <summary>Creates a port. The caller keeps <paramref name="backend"/> and disposes it.</summary>
    /// <param name="name">Unique name, for example "lpt0".</param>
    /// <param name="firstPort">First of three ports, for example 0x378.</param>
    /// <param name="irq">ISA line, 0 to 15.</param>
    /// <param name="backend">Where printed bytes go.</param>
    public LptPorts(string name, ushort firstPort, int irq, ICharacterBackend backend)
    {
        Name = name;
        _firstPort = firstPort;
        _irq = irq;
        _backend = backend;
    }

    private enum PrinterPhase
    {
        Idle = 0,
        Busy = 1,
        Acknowledge = 2,
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>LPT1: ports 0x378-0x37A, line 7, named "lpt0".</summary>
    public static LptPorts Lpt1(ICharacterBackend backend) => new("lpt0", 0x378, 7, backend);

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _line = slot.Line(_irq);
        _printer = slot.Clock.NewTimer(Name + ".printer", GoOn);
        _flush = slot.Clock.NewTimer(Name + ".flush", _backend.Flush);
        slot.ClaimPorts(Name, _firstPort, 3, this);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _data = 0;
        _control = 0;
        Idle();
        Drive();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        switch (offset)
        {
            case Data:
                value = _data;
                break;
            case Status:
                value = (ulong)(StatusOnline | (_phase == PrinterPhase.Idle ? StatusReady : 0) | (_phase == PrinterPhase.Acknowledge ? 0 : StatusAckIdle));
                _acknowledged = false;
                Drive();
                break;
            default:
                value = (ulong)(ControlOpen | _control);
                break;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        switch (offset)
        {
            case Data:
                _data = (byte)value;
                break;
            case Control:
                WriteControl((byte)(value & ControlWritable));
                break;
            default:
                break; // status lines are inputs
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("data", (ulong)_data);
        to.Write("control", (ulong)_control);
        to.Write("phase", (ulong)_phase);
        to.Write("acknowledged", _acknowledged);
        to.Write("printerDue", _printer.Due.Nanoseconds);
        to.Write("flushDue", _flush.Due.Nanoseconds);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _data = (byte)from.ReadUnsigned("data", 0xFF);
        _control = (byte)from.ReadUnsigned("control", ControlWritable);
        _phase = (PrinterPhase)from.ReadUnsigned("phase", (ulong)PrinterPhase.Acknowledge);
        _acknowledged = from.ReadBool("acknowledged");
        long printerDue = from.ReadSigned("printerDue", 0);
        long flushDue = from.ReadSigned("flushDue", 0);
        from.End();
        if ((printerDue == long.MaxValue) != (_phase == PrinterPhase.Idle))
        {
            throw new StateFormatException(Name + ": a printer that waits for nothing, or for something while idle");
        }

        Rearm(_printer, printerDue);
        Rearm(_flush, flushDue);
        Drive();
    }

    private static void Rearm(ITimer timer, long due)
    {
        if (due == long.MaxValue)
        {
            timer.Cancel();
        }
        else
        {
            timer.Arm(new GuestTime(due));
        }
    }

    private void WriteControl(byte value)
    {
        bool strobes = (value & ~_control & Strobe) != 0;
        _control = value;
        if ((value & NotInit) == 0)
        {
            // nINIT low holds the printer in reset, but adapters of some guests never raise it: bytes go out all the same.
            Idle();
        }

        if (strobes && _phase == PrinterPhase.Idle)
        {
            Print();
        }

        Drive();
    }

    private void Print()
    {
        byte sent = _data;
        _backend.Write(new ReadOnlySpan<byte>(in sent));
        if (_flush.Due == GuestTime.Never)
        {
            _flush.Arm(_clock.Now + FlushNanoseconds);
        }

        _acknowledged = false;
        _phase = PrinterPhase.Busy;
        _printer.Arm(_clock.Now + BusyNanoseconds);
    }

    private void GoOn()
    {
        if (_phase == PrinterPhase.Busy)
        {
            _phase = PrinterPhase.Acknowledge;
            _printer.Arm(_clock.Now + AcknowledgeNanoseconds);
        }
        else
        {
            _phase = PrinterPhase.Idle;
            _acknowledged = (_control & InterruptEnable) != 0;
        }

        Drive();
    }

    private void Idle()
    {
        _phase = PrinterPhase.Idle;
        _acknowledged = false;
        _printer.Cancel();
    }

    private void Drive() => _line.Set(_acknowledged && (_control & InterruptEnable) != 0);
}
