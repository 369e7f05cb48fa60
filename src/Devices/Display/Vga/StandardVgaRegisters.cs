using Doppel.Primitives;

namespace Doppel.Devices.Display.Vga;

/// <summary>
/// The registers in the adapter's third base address register (QEMU's page "Standard VGA"): EDID at 0, the ports 0x3C0-0x3DF at 0x400, the
/// DISPI registers at 0x500, size of the last group at 0x600 and byte order at 0x604.
/// </summary>
internal sealed class StandardVgaRegisters(VgaChip chip) : IRegisterBlock
{
    public const ulong LengthBytes = 0x1000;

    private const uint FirstPort = 0x400;
    private const uint PortCount = 0x20;
    private const uint FirstDispi = 0x500;
    private const uint ExtensionSize = 0x600;
    private const uint ByteOrder = 0x604;
    private const uint LittleEndian = 0x1E1E_1E1E;
    private const uint BigEndian = 0xBEBE_BEBE;

    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        switch (offset)
        {
            case < Edid.LengthBytes:
                value = Edid.Read(offset, size);
                return true;
            case >= FirstPort and < FirstPort + PortCount:
                bool known = false;
                for (uint i = 0; i < (uint)size; i++)
                {
                    known |= chip.TryRead(Port(offset + i), out byte read);
                    value |= (ulong)read << (int)(i * 8);
                }

                return known;
            case >= FirstDispi and < FirstDispi + (BochsDispi.Count * 2):
                uint index = (offset - FirstDispi) >> 1;
                uint both = chip.Dispi.Read((int)index) | (uint)chip.Dispi.Read((int)index + 1) << 16;
                value = (both >> (int)((offset & 1) * 8)) & size.AllOnes();
                return true;
            case ExtensionSize:
                value = 8 & size.AllOnes();
                return true;
            case ByteOrder:
                value = (chip.IsBigEndian ? BigEndian : LittleEndian) & size.AllOnes();
                return true;
            default:
                return false;
        }
    }

    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        switch (offset)
        {
            case >= FirstPort and < FirstPort + PortCount:
                bool known = false;
                for (uint i = 0; i < (uint)size; i++)
                {
                    known |= chip.TryWrite(Port(offset + i), (byte)(value >> (int)(i * 8)));
                }

                return known;
            case >= FirstDispi and < FirstDispi + (BochsDispi.Count * 2) when size >= AccessSize.Word:
                int index = (int)(offset - FirstDispi) >> 1;
                chip.WriteDispi(index, (ushort)value);
                if (size == AccessSize.Dword)
                {
                    chip.WriteDispi(index + 1, (ushort)(value >> 16));
                }

                return true;
            case ByteOrder when size == AccessSize.Dword:
                chip.IsBigEndian = value switch
                {
                    BigEndian => true,
                    LittleEndian => false,
                    _ => chip.IsBigEndian,
                };
                return true;
            default:
                return false;
        }
    }

    private static ushort Port(uint offset) => (ushort)(offset - FirstPort + VgaPort.Attribute);
}
