using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Ports;

/// <summary>
/// The diagnostic port 0x80 (IBM AT technical reference), which shows the byte written last, and the delay port 0xED that some guests
/// use instead; both are written for the time it takes. 0xED keeps nothing and reads as all ones.
/// </summary>
public sealed class PostCodePorts : IDevice, IRegisterBlock
{
    private static readonly DelayPort s_delay = new();

    /// <inheritdoc/>
    public string Name => "post";

    /// <summary>The code written last.</summary>
    public byte Code { get; private set; }

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        slot.ClaimPorts("post", 0x80, 1, this);
        slot.ClaimPorts("delay", 0xED, 1, s_delay);
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind) => Code = 0;

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = Code;
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        Code = (byte)value;
        return true;
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("code", (ulong)Code);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        Code = (byte)from.ReadUnsigned("code", 0xFF);
        from.End();
    }

    private sealed class DelayPort : IRegisterBlock
    {
        public bool TryRead(uint offset, AccessSize size, out ulong value)
        {
            value = size.AllOnes();
            return true;
        }

        public bool TryWrite(uint offset, AccessSize size, ulong value) => true;
    }
}
