using System;
using Doppel.Primitives;

namespace Doppel.Devices.Pci;

/// <summary>Takes the four interrupt wires of the bus to interrupt lines (the ISA bridge).</summary>
public interface IPirqRouter
{
    /// <summary>Wire <paramref name="pirq"/> (0 A to 3 D) changed its level.</summary>
    void SetPirq(int pirq, bool high);
}

/// <summary>
/// PCI bus 0 and configuration mechanism 1 at ports 0xCF8 (address, dwords only) and 0xCFC (data, any width)
/// (PCI local bus specification 3.0 section 3.2.2.3.2). INTA of device n is wired to PIRQ (n - 1 + pin) mod 4, as on 440FX boards.
/// Functions that are absent read all ones; other buses are absent.
/// </summary>
public sealed class PciBus : IDevice, IRegisterBlock
{
    private const ushort AddressPort = 0xCF8;
    private const uint Enable = 0x8000_0000;

    private readonly PciFunction?[] _functions = new PciFunction?[256];
    private readonly int[] _pirqShares = new int[4];
    private IPirqRouter? _router;
    private uint _address;

    /// <inheritdoc/>
    public string Name => "pci";

    /// <summary>Puts a function at a place; add it to the board too. Throws <see cref="InvalidOperationException"/> when the place is taken.</summary>
    public void Add(int device, int function, PciFunction card)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)device, 31u);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)function, 7u);
        ref PciFunction? place = ref _functions[(device << 3) | function];
        if (place is not null)
        {
            throw new InvalidOperationException($"PCI {device:X2}.{function} is taken by {place.Name}");
        }

        place = card;
        if (card.InterruptPin != 0)
        {
            card.Wire = new PirqWire(this, (device + card.InterruptPin + 2) & 3);
        }

        if (card is IPirqRouter router)
        {
            _router = router;
        }
    }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot) => slot.ClaimPorts("configuration", AddressPort, 8, this, AccessSize.Dword);

    /// <inheritdoc/>
    public void Reset(ResetKind kind) => _address = 0;

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = _address;
        if (offset < 4)
        {
            return offset == 0 && size == AccessSize.Dword;
        }

        if (Selected is not { } function)
        {
            value = size.AllOnes();
            return true; // a master abort is an answer, not a missing register
        }

        value = function.ReadConfig((int)((_address & 0xFC) | (offset & 3)), size);
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (offset >= 4)
        {
            Selected?.WriteConfig((int)((_address & 0xFC) | (offset & 3)), size, value);
            return true;
        }

        if (offset != 0 || size != AccessSize.Dword)
        {
            return false;
        }

        _address = (uint)value & 0x80FF_FFFC;
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("address", (ulong)_address);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _address = (uint)from.ReadUnsigned("address", uint.MaxValue) & 0x80FF_FFFC;
        from.End();
    }

    private PciFunction? Selected =>
        (_address & Enable) != 0 && (_address & 0x00FF_0000) == 0 ? _functions[(_address >> 8) & 0xFF] : null;

    private void Drive(int pirq, bool high)
    {
        _pirqShares[pirq] += high ? 1 : -1;
        if (_pirqShares[pirq] == (high ? 1 : 0))
        {
            _router?.SetPirq(pirq, high);
        }
    }

    private sealed class PirqWire(PciBus bus, int pirq) : IInterruptLine
    {
        private bool _high;

        public void Set(bool high)
        {
            if (high != _high)
            {
                _high = high;
                bus.Drive(pirq, high);
            }
        }
    }
}
