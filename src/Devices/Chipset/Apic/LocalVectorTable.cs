using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>The local vector table and the two pins that two of its entries answer (Intel SDM vol. 3A 11.5.1).</summary>
internal sealed class LocalVectorTable(LocalApicCore core)
{
    private readonly uint[] _entries = new uint[Lvt.Count];
    private readonly bool[] _levels = new bool[2];

    public uint this[int entry] => _entries[entry];

    /// <summary>ExtINT is no event but a level: some pin that passes the 8259 pair on is asserted.</summary>
    public bool ExtIntRequested => IsExtInt(0) || IsExtInt(1);

    public void Reset() => Array.Fill(_entries, Lvt.Masked);

    public void EnterVirtualWireMode()
    {
        _entries[Lvt.Lint0] = (uint)DeliveryMode.ExtInt << 8;
        _entries[Lvt.Lint1] = (uint)DeliveryMode.Nmi << 8;
    }

    /// <summary>Level of LINT0 or LINT1.</summary>
    public bool IsHigh(int pin) => _levels[pin];

    /// <summary>Sets it; true when it rose.</summary>
    public bool SetLevel(int pin, bool high)
    {
        bool rises = high && !_levels[pin];
        _levels[pin] = high;
        return rises;
    }

    /// <summary>Stores a written entry and starts what it lets through; <paramref name="forceMask"/> while the APIC is software-disabled.</summary>
    public void Write(int entry, uint value, bool forceMask)
    {
        value &= Lvt.Writable[entry];
        if (forceMask)
        {
            value |= Lvt.Masked; // Intel SDM vol. 3A 11.4.7.2
        }

        bool level = (value & Lvt.LevelTriggered) != 0;
        _entries[entry] = value | (level ? _entries[entry] & Lvt.RemoteIrr : 0);
        if (level && entry is Lvt.Lint0 or Lvt.Lint1 && _levels[entry - Lvt.Lint0])
        {
            TriggerPin(entry - Lvt.Lint0);
        }
    }

    public void MaskAll()
    {
        for (int i = 0; i < Lvt.Count; i++)
        {
            Write(i, _entries[i], forceMask: true);
        }
    }

    /// <summary>A pin rose, or is still high when its interrupt ended.</summary>
    public void TriggerPin(int pin)
    {
        ref uint entry = ref _entries[Lvt.Lint0 + pin];
        bool level = (entry & Lvt.LevelTriggered) != 0 && ModeOf(entry) == DeliveryMode.Fixed;
        if ((entry & Lvt.Masked) != 0 || (level && (entry & Lvt.RemoteIrr) != 0))
        {
            return;
        }

        if (level)
        {
            entry |= Lvt.RemoteIrr;
        }

        core.DeliverLocal(ModeOf(entry), (byte)entry, level);
    }

    /// <summary>The timer or the error register asks for its interrupt.</summary>
    public void Trigger(int entry)
    {
        if ((_entries[entry] & Lvt.Masked) == 0)
        {
            core.DeliverLocal(DeliveryMode.Fixed, (byte)_entries[entry], level: false);
        }
    }

    /// <summary>The interrupt <paramref name="vector"/> ended: a level-triggered pin with that vector may ask again.</summary>
    public void EndOfInterrupt(int vector)
    {
        for (int pin = 0; pin < 2; pin++)
        {
            ref uint entry = ref _entries[Lvt.Lint0 + pin];
            if ((entry & Lvt.RemoteIrr) != 0 && (byte)entry == vector)
            {
                entry &= ~Lvt.RemoteIrr;
                if (_levels[pin])
                {
                    TriggerPin(pin);
                }
            }
        }
    }

    public void Save(IStateWriter to)
    {
        foreach (uint entry in _entries)
        {
            to.Write("lvt", (ulong)entry);
        }

        foreach (bool level in _levels)
        {
            to.Write("lint", level);
        }
    }

    public void Restore(IStateReader from)
    {
        for (int i = 0; i < Lvt.Count; i++)
        {
            _entries[i] = (uint)from.ReadUnsigned("lvt", uint.MaxValue) & (Lvt.Writable[i] | Lvt.RemoteIrr);
        }

        for (int i = 0; i < 2; i++)
        {
            _levels[i] = from.ReadBool("lint");
        }
    }

    private static DeliveryMode ModeOf(uint entry) => (DeliveryMode)((entry >> 8) & 7);

    private bool IsExtInt(int pin)
    {
        uint entry = _entries[Lvt.Lint0 + pin];
        return _levels[pin] && (entry & Lvt.Masked) == 0 && ModeOf(entry) == DeliveryMode.ExtInt;
    }
}
