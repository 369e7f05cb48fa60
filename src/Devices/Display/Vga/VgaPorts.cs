using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>A stretch of the VGA's ports.</summary>
internal sealed class VgaPorts(VgaChip chip, ushort first) : IRegisterBlock
{
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        bool known = chip.TryRead((ushort)(first + offset), out byte read);
        value = read;
        return known;
    }

    public bool TryWrite(uint offset, AccessSize size, ulong value) => chip.TryWrite((ushort)(first + offset), (byte)value);
}

/// <summary>The ports of the DISPI interface: index at 0x1CE, data at 0x1CF and 0x1D0.</summary>
internal sealed class DispiPorts(VgaChip chip) : IRegisterBlock
{
    public const ushort First = 0x1CE;
    public const ushort Count = 3;

    public bool TryRead(uint offset, AccessSize size, out ulong value) => chip.Dispi.TryReadPort(offset, size, out value);

    public bool TryWrite(uint offset, AccessSize size, ulong value) => chip.TryWriteDispiPort(offset, size, value);
}
