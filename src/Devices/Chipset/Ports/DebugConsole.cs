using System;
using Doppel.Backends;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// Debug console at port 0xE9, known from Bochs: each byte written goes to the back-end, and a read gives 0xE9 so that a guest can see
/// that it is there. Firmware for virtual machines writes its log to a second one at port 0x402. Lines are flushed when they end.
/// </summary>
public sealed class DebugConsole : IDevice, IRegisterBlock
{
    /// <summary>Port of the console that anybody may write to.</summary>
    public const ushort UsualPort = 0xE9;

    /// <summary>Port to which firmware writes its log.</summary>
    public const ushort FirmwarePort = 0x402;

    private const byte Signature = 0xE9;
    private readonly ICharacterBackend _backend;
    private readonly ushort _port;

    /// <summary>Creates the console; the caller keeps <paramref name="backend"/> and disposes it.</summary>
    public DebugConsole(ICharacterBackend backend, ushort port = UsualPort)
    {
        _backend = backend;
        _port = port;
        Name = port == UsualPort ? "debugcon" : "firmwarelog";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot) => slot.ClaimPorts(Name, _port, 1, this);

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
    }

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = Signature;
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
