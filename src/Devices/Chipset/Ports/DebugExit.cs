using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// Test guests end the machine by a write to port 0xF4, known as "isa-debug-exit": the low byte is the guest's verdict. Four ports are
/// claimed so that a dword write is one request; only the first one ends anything. Not for machines with hostile guests that must stay up.
/// </summary>
public sealed class DebugExit : IDevice, IRegisterBlock
{
    private IBoardControl _board = null!;

    /// <inheritdoc/>
    public string Name => "debugexit";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _board = slot.Board;
        slot.ClaimPorts("debugexit", 0xF4, 4, this, AccessSize.Dword);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        if (offset == 0)
        {
            _board.RequestExit((byte)value);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        from.End();
    }
}
