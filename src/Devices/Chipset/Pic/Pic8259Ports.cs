using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Pic;

/// <summary>The two ports of one 8259A. A read may be a poll, which acknowledges: outputs are followed after it too.</summary>
internal sealed class Pic8259Ports(Pic8259Pair pair, Pic8259 chip) : IRegisterBlock
{
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = chip.Read(offset);
        pair.Follow();
        return true;
    }

    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        chip.Write(offset, (byte)value);
        pair.Follow();
        return true;
    }
}

/// <summary>The edge/level control registers, one byte for each chip.</summary>
internal sealed class Pic8259ElcrPorts(Pic8259Pair pair, Pic8259 master, Pic8259 slave) : IRegisterBlock
{
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = (offset == 0 ? master : slave).Elcr;
        return true;
    }

    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        (offset == 0 ? master : slave).Elcr = (byte)value;
        pair.Follow();
        return true;
    }
}
