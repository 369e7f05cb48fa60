using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// System control port A at 0x92 (IBM PS/2 technical reference): bit 1 opens address line 20, a rise of bit 0 resets. Bits 6 and 7
/// (disk light) and 3 (password lock) are kept without effect.
/// </summary>
public sealed class SystemControlPortA : IDevice, IRegisterBlock
{
    private const byte FastReset = 0x01;
    private const byte A20 = 0x02;
    private const byte Writable = 0xCB;
    private IBoardControl _board = null!;
    private byte _value;

    /// <inheritdoc/>
    public string Name => "port92";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _board = slot.Board;
        slot.ClaimPorts("port92", 0x92, 1, this);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _value = 0;
        _board.SetA20(A20Source.FastGate, false);
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = _value;
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        bool resets = (value & ~(ulong)_value & FastReset) != 0;
        _value = (byte)(value & Writable);
        _board.SetA20(A20Source.FastGate, (_value & A20) != 0);
        if (resets)
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
        _value = (byte)(from.ReadUnsigned("value", 0xFF) & Writable);
        from.End();
        _board.SetA20(A20Source.FastGate, (_value & A20) != 0);
    }
}
