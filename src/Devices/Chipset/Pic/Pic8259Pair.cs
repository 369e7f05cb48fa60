using Doppel.Primitives;
using static Doppel.Devices.Chipset.Pic.Pic8259Registers;

namespace Doppel.Devices.Chipset.Pic;

/// <summary>
/// The PC's two 8259A: master at 0x20-0x21 (inputs 0-7), slave at 0xA0-0xA1 (inputs 8-15) on the master's input 2, and the edge/level
/// control registers 0x4D0-0x4D1. The cascade is hard-wired as in Intel's PIIX, whatever ICW3 says; a master programmed as single
/// answers input 2 with its own vector. Input pin 2 is not available to devices.
/// </summary>
public sealed class Pic8259Pair : IInterruptController
{
    private const int CascadeLevel = 2;
    private readonly Pic8259 _master = new(1 << CascadeLevel, ElcrMasterWritable);
    private readonly Pic8259 _slave = new(0, ElcrSlaveWritable);
    private IInterruptLine? _intr;

    /// <inheritdoc/>
    public string Name => "pic";

    /// <inheritdoc/>
    public int InputCount => 16;

    /// <summary>Level of INTR.</summary>
    public bool Output => _master.Output;

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        slot.ClaimPorts("pic.master", 0x20, 2, new Pic8259Ports(this, _master));
        slot.ClaimPorts("pic.slave", 0xA0, 2, new Pic8259Ports(this, _slave));
        slot.ClaimPorts("pic.elcr", 0x4D0, 2, new Pic8259ElcrPorts(this, _master, _slave));
    }

    /// <inheritdoc/>
    public void SetOutput(IInterruptLine intr) => _intr = intr;

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _master.Reset();
        _slave.Reset();
        Follow();
    }

    /// <inheritdoc/>
    public void SetInput(int pin, bool high)
    {
        if (pin is < 0 or >= 16 or CascadeLevel)
        {
            return;
        }

        (pin < 8 ? _master : _slave).SetInput(pin & 7, high);
        Follow();
    }

    /// <inheritdoc/>
    public bool TryAcknowledge(out byte vector)
    {
        if (!_master.Output)
        {
            vector = 0;
            return false;
        }

        int level = _master.Acknowledge();
        if (level == CascadeLevel && _master.IsCascaded)
        {
            vector = _slave.VectorOf(_slave.Acknowledge());

            // The slave's INT falls during the acknowledge, so that a further request of it is a new edge.
            _master.SetInput(CascadeLevel, false);
        }
        else
        {
            vector = _master.VectorOf(level);
        }

        Follow();
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        _master.Save(to);
        _slave.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _master.Restore(from);
        _slave.Restore(from);
        from.End();
        _intr?.Set(_master.Output);
    }

    /// <summary>Carries changes on: slave to master, master to INTR.</summary>
    internal void Follow()
    {
        _master.SetInput(CascadeLevel, _slave.Output);
        _intr?.Set(_master.Output);
    }
}
