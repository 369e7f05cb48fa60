using System;
using System.Collections.Generic;
using Doppel.Devices;
using Doppel.Primitives;

namespace Doppel.Motherboard.Tests.Doubles;

/// <summary>An interrupt controller that shows the levels of its inputs; its output is up while any input is.</summary>
internal sealed class FakeController(string name, int inputs) : IInterruptController, IInterruptInputs
{
    private IInterruptLine? _intr;

    public string Name => name;

    public int InputCount => inputs;

    public SortedSet<int> High { get; } = [];

    public int Changes { get; private set; }

    public void SetInput(int pin, bool high)
    {
        Assert.InRange(pin, 0, inputs - 1);
        Changes += (high ? High.Add(pin) : High.Remove(pin)) ? 1 : 0;
        _intr?.Set(High.Count > 0);
    }

    public void SetOutput(IInterruptLine intr) => _intr = intr;

    public bool TryAcknowledge(out byte vector)
    {
        vector = (byte)(0x20 + High.Min);
        return High.Count > 0;
    }

    public void Connect(IDeviceSlot slot)
    {
    }

    public void Reset(ResetKind kind) => High.Clear();

    public void Save(IStateWriter to)
    {
        to.Begin(name, 1);
        to.End();
    }

    public void Restore(IStateReader from)
    {
        from.Begin(name, 1);
        from.End();
    }
}

/// <summary>A device with a line, a timer and a counter.</summary>
internal sealed class FakeDevice(string name, Action<IDeviceSlot>? connect = null) : IDevice
{
    private IInterruptLine? _line;
    private ITimer? _timer;

    public string Name => name;

    public int Fired { get; private set; }

    public IDeviceSlot? Slot { get; private set; }

    public ITimer Timer => _timer!;

    public IInterruptLine Line => _line!;

    public bool LineHigh { get; set; }

    public void Connect(IDeviceSlot slot)
    {
        Slot = slot;
        _line = slot.Line(5);
        _timer = slot.Clock.NewTimer(name, () => Fired++);
        connect?.Invoke(slot);
    }

    public void Reset(ResetKind kind)
    {
        Fired = 0;
        _timer!.Cancel();
        _line!.Set(false);
    }

    public void Save(IStateWriter to)
    {
        to.Begin(name, 1);
        to.Write("fired", (ulong)Fired);
        to.Write("due", _timer!.Due.Nanoseconds);
        to.Write("line", LineHigh);
        to.End();
    }

    public void Restore(IStateReader from)
    {
        from.Begin(name, 1);
        Fired = (int)from.ReadUnsigned("fired", int.MaxValue);
        _timer!.Arm(new GuestTime(from.ReadSigned("due", 0)));
        LineHigh = from.ReadBool("line");
        _line!.Set(LineHigh);
        from.End();
    }
}
