using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>
/// An I/O APIC with 24 inputs at 0xFEC0_0000 (82093AA datasheet, order number 290566), as version 0x20 with the EOI register of later chips
/// (ICH datasheets). Inputs carry "asserted", so the polarity bit is kept but changes nothing. An edge on a masked pin is lost.
/// Not modelled: arbitration IDs, delivery status (a message is delivered at once), SMI.
/// </summary>
public sealed class IoApic : IInterruptInputs, IRegisterBlock
{
    /// <summary>Where the registers lie.</summary>
    public const ulong Address = 0xFEC0_0000;

    private const int PinCount = 24;
    private const uint SelectOffset = 0x00;
    private const uint WindowOffset = 0x10;
    private const uint EoiOffset = 0x40;
    private const byte IdRegister = 0;
    private const byte VersionRegister = 1;
    private const byte ArbitrationRegister = 2;
    private const byte FirstEntryRegister = 0x10;

    private const ulong RemoteIrr = 1 << 14;
    private const ulong LevelTriggered = 1 << 15;
    private const ulong Masked = 1 << 16;
    private const ulong LogicalMode = 1 << 11;
    private const ulong Writable = 0xFF00_0000_0001_AFFF;

    private readonly ApicBus _bus;
    private readonly ulong[] _entries = new ulong[PinCount];
    private readonly bool[] _inputs = new bool[PinCount];
    private byte _selected;
    private uint _id;

    /// <summary>An I/O APIC that sends over <paramref name="bus"/>.</summary>
    public IoApic(ApicBus bus)
    {
        _bus = bus;
        bus.Attach(this);
    }

    /// <inheritdoc/>
    public string Name => "ioapic";

    /// <inheritdoc/>
    public int InputCount => PinCount;

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot) => slot.ClaimMmio("registers", 0x1000, this).Map(new Gpa(Address));

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        Array.Fill(_entries, Masked);
        _selected = 0;
        _id = 0;
    }

    /// <inheritdoc/>
    public void SetInput(int pin, bool high)
    {
        bool rises = high && !_inputs[pin];
        _inputs[pin] = high;
        if ((_entries[pin] & LevelTriggered) != 0)
        {
            Evaluate(pin);
        }
        else if (rises && (_entries[pin] & Masked) == 0)
        {
            Send(pin, level: false);
        }
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = (offset & ~3u) switch
        {
            SelectOffset => _selected,
            WindowOffset => ReadSelected(),
            _ => 0,
        };
        value = (value >> (int)((offset & 3) * 8)) & size.AllOnes();
        return (offset & ~3u) is SelectOffset or WindowOffset;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        switch (offset)
        {
            case SelectOffset:
                _selected = (byte)value;
                return true;
            case WindowOffset when size == AccessSize.Dword:
                WriteSelected((uint)value);
                return true;
            case EoiOffset:
                EndOfInterrupt((byte)value);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("selected", (ulong)_selected);
        to.Write("id", (ulong)_id);
        for (int pin = 0; pin < PinCount; pin++)
        {
            to.Write("entry", _entries[pin]);
            to.Write("input", _inputs[pin]);
        }

        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _selected = (byte)from.ReadUnsigned("selected", 0xFF);
        _id = (uint)from.ReadUnsigned("id", 0x0F00_0000) & 0x0F00_0000;
        for (int pin = 0; pin < PinCount; pin++)
        {
            _entries[pin] = from.ReadUnsigned("entry") & (Writable | RemoteIrr);
            _inputs[pin] = from.ReadBool("input");
        }

        from.End();
    }

    internal void EndOfInterrupt(byte vector)
    {
        for (int pin = 0; pin < PinCount; pin++)
        {
            if ((_entries[pin] & RemoteIrr) != 0 && (byte)_entries[pin] == vector)
            {
                _entries[pin] &= ~RemoteIrr;
                Evaluate(pin);
            }
        }
    }

    private uint ReadSelected()
    {
        switch (_selected)
        {
            case IdRegister:
            case ArbitrationRegister:
                return _id;
            case VersionRegister:
                return ((PinCount - 1) << 16) | 0x20;
            default:
                int index = _selected - FirstEntryRegister;
                return (uint)index < PinCount * 2 ? (uint)(_entries[index >> 1] >> ((index & 1) * 32)) : uint.MaxValue;
        }
    }

    private void WriteSelected(uint value)
    {
        if (_selected == IdRegister)
        {
            _id = value & 0x0F00_0000;
            return;
        }

        int index = _selected - FirstEntryRegister;
        if ((uint)index >= PinCount * 2)
        {
            return;
        }

        int pin = index >> 1;
        ulong old = _entries[pin];
        ulong entry = (index & 1) == 0 ? (old & 0xFFFF_FFFF_0000_0000) | value : (old & 0xFFFF_FFFF) | ((ulong)value << 32);
        entry &= Writable;

        // Switching a pin to edge and back is how kernels clear a stuck remote IRR.
        _entries[pin] = entry | ((entry & LevelTriggered) != 0 ? old & RemoteIrr : 0);
        Evaluate(pin);
    }

    // Sends a level-triggered interrupt whose input is asserted and which is not in service already.
    private void Evaluate(int pin)
    {
        ulong entry = _entries[pin];
        if (_inputs[pin] && (entry & (LevelTriggered | Masked | RemoteIrr)) == LevelTriggered)
        {
            Send(pin, level: true);
        }
    }

    private void Send(int pin, bool level)
    {
        ulong entry = _entries[pin];
        DeliveryMode mode = (DeliveryMode)((entry >> 8) & 7);
        bool logical = (entry & LogicalMode) != 0;
        bool inService = level && mode <= DeliveryMode.LowestPriority;

        // Set before sending: the end of interrupt may come from inside.
        if (inService)
        {
            _entries[pin] |= RemoteIrr;
        }

        bool accepted = _bus.Send(new ApicMessage(ApicBus.Widen((uint)(entry >> 56), logical), logical, mode, (byte)entry, inService));
        if (inService && !accepted)
        {
            _entries[pin] &= ~RemoteIrr;
        }
    }
}
