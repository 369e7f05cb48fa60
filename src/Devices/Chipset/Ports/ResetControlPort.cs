using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// Reset control register at 0xCF9 (Intel 82371AB datasheet 4.2.5.2, "RC"): a rise of bit 2 resets; bit 1 tells hard from soft, bit 3
/// a full power cycle, all of which reset the whole machine here. Claims the byte only; dword accesses of 0xCF8 belong to PCI.
/// </summary>
public sealed class ResetControlPort : IDevice, IRegisterBlock
{
    private const byte ResetCpu = 0x04;
    private const byte Writable = 0x0E;
    private IBoardControl _board = null!;
    private byte _value;

    /// <inheritdoc/>
    public string Name => "resetcontrol";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _board = slot.Board;
        slot.ClaimPorts("resetcontrol", 0xCF9, 1, this);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind) => _value = 0;

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = _value;
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        bool rises = (value & ~(ulong)_value & ResetCpu) != 0;
        _value = (byte)(value & Writable);
        if (rises)
        {
            _board.RequestReset();
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("value", (ulong)_value);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        _value = (byte)from.ReadUnsigned("value", Writable);
        from.End();
    }
}
