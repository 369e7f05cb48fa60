using System;
using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// Debug console at port 0xE9, known from Bochs: each byte written goes to the back-end, and a read gives 0xE9 so that a guest can see
/// that it is there. Lines are flushed when they end.
/// </summary>
public sealed class DebugConsole : IDevice, IRegisterBlock
{
    private const ushort Port = 0xE9;
    private readonly ICharacterBackend _backend;

    /// <summary>Creates the console; the caller keeps <paramref name="backend"/> and disposes it.</summary>
    public DebugConsole(ICharacterBackend backend) => _backend = backend;

    /// <inheritdoc/>
    public string Name => "debugcon";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot) => slot.ClaimPorts("debugcon", Port, 1, this);

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = Port;
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        byte sent = (byte)value;
        _backend.Write(new ReadOnlySpan<byte>(in sent));
        if (sent == (byte)'\n')
        {
            _backend.Flush();
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
