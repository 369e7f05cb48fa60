using System;
using Doppel.Backends;
using Doppel.Primitives;
using static Doppel.Devices.Serial.Uart.Uart16550ARegisters;

namespace Doppel.Devices.Serial.Uart;

/// <summary>
/// A PC serial port: a 16550A at eight ports with one ISA line. What the guest sends goes to the back-end byte by byte and is flushed
/// after at most <see cref="FlushNanoseconds"/> of guest time; what arrives comes in as an <see cref="ICharacterSink"/>.
/// </summary>
public sealed class Uart16550APorts : IDevice, IRegisterBlock, ICharacterSink
{
    /// <summary>Longest time a sent byte stays unflushed, in nanoseconds of guest time.</summary>
    public const long FlushNanoseconds = 10_000_000;

    private readonly Uart16550A _chip = new();
    private readonly ushort _firstPort;
    private readonly int _irq;
    private readonly ICharacterBackend _backend;
    private IGuestClock _clock = null!;
    private IInterruptLine _line = null!;
    private ITimer _timeout = null!;
    private ITimer _flush = null!;

    /// <summary>Creates a port. The caller keeps <paramref name="backend"/> and disposes it.</summary>
    /// <param name="name">Unique name, for example "uart0".</param>
    /// <param name="firstPort">First of eight ports, for example 0x3F8.</param>
    /// <param name="irq">ISA line, 0 to 15.</param>
    /// <param name="backend">Where sent bytes go.</param>
    public Uart16550APorts(string name, ushort firstPort, int irq, ICharacterBackend backend)
    {
        Name = name;
        _firstPort = firstPort;
        _irq = irq;
        _backend = backend;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsListening => _chip.IsListening;

    /// <inheritdoc/>
    public int Room => _chip.Room;

    /// <summary>Called on the machine's thread when a full receiver can take bytes again; null: nobody waits.</summary>
    public Action? RoomAvailable { get; set; }

    /// <summary>COM1: ports 0x3F8-0x3FF, line 4, named "uart0".</summary>
    public static Uart16550APorts Com1(ICharacterBackend backend) => new("uart0", 0x3F8, 4, backend);

    /// <summary>COM2: ports 0x2F8-0x2FF, line 3, named "uart1".</summary>
    public static Uart16550APorts Com2(ICharacterBackend backend) => new("uart1", 0x2F8, 3, backend);

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _clock = slot.Clock;
        _line = slot.Line(_irq);
        _timeout = slot.Clock.NewTimer(Name + ".timeout", TimedOut);
        _flush = slot.Clock.NewTimer(Name + ".flush", _backend.Flush);
        slot.ClaimPorts(Name, _firstPort, 8, this);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _chip.Reset();
        _timeout.Cancel();
        Follow();
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        int room = _chip.Room;
        bool traffic = offset == Data && _chip.Waiting > 0;
        value = _chip.Read(offset & 7);
        Changed(traffic, room);
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        int room = _chip.Room;
        int waiting = _chip.Waiting;
        byte sent = (byte)value;
        if (_chip.Write(offset & 7, sent) == Uart16550A.Effect.Transmit)
        {
            _backend.Write(new ReadOnlySpan<byte>(in sent));
            if (_flush.Due == GuestTime.Never)
            {
                _flush.Arm(_clock.Now + FlushNanoseconds);
            }
        }

        Changed(_chip.Waiting != waiting, room);
        return true;
    }

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            _chip.Receive(value);
        }

        Changed(traffic: true, _chip.Room);
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 2);
        _chip.Save(to);
        to.Write("timeoutDue", _timeout.Due.Nanoseconds);
        to.Write("flushDue", _flush.Due.Nanoseconds);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 2);
        _chip.Restore(from);
        long timeoutDue = from.ReadSigned("timeoutDue", 0);
        long flushDue = from.ReadSigned("flushDue", 0);
        from.End();
        Rearm(_timeout, timeoutDue);
        Rearm(_flush, flushDue);
        _line.Set(_chip.Interrupt);
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

    private void TimedOut()
    {
        _chip.TimeOut();
        Follow();
    }

    // Traffic starts the character time-out anew; other accesses only start it when it becomes possible.
    private void Changed(bool traffic, int roomBefore)
    {
        long length = _chip.TimeoutNanoseconds;
        if (length == 0)
        {
            _timeout.Cancel();
        }
        else if (traffic || _timeout.Due == GuestTime.Never)
        {
            _timeout.Arm(_clock.Now + length);
        }

        Follow();
        if (roomBefore == 0 && _chip.Room > 0)
        {
            RoomAvailable?.Invoke();
        }
    }

    private void Follow() => _line.Set(_chip.Interrupt);
}
