namespace Doppel.Machine.Firmware;

/// <summary>Resource descriptors for _CRS (ACPI 6.4 section 6.4). <see cref="Template"/> wraps them into a buffer.</summary>
internal static class AmlResources
{
    private const byte Producer = 0x0C; // both ends fixed, positive decode

    /// <summary>ResourceTemplate () { descriptors }.</summary>
    public static byte[] Template(params byte[][] descriptors) => Aml.Buffer([.. Aml.Join(descriptors), 0x79, 0]);

    /// <summary>A fixed range of ports that the device itself decodes, all 16 address bits.</summary>
    public static byte[] Ports(ushort first, byte count) =>
        [0x47, 1, (byte)first, (byte)(first >> 8), (byte)first, (byte)(first >> 8), 1, count];

    /// <summary>An edge-triggered ISA interrupt.</summary>
    public static byte[] Irq(int line) => [0x22, (byte)(1 << line), (byte)((1 << line) >> 8)];

    /// <summary>Interrupts of which one is chosen: level-triggered, active high, shared.</summary>
    public static byte[] LevelInterrupts(params byte[] lines)
    {
        uint[] numbers = System.Array.ConvertAll(lines, line => (uint)line);
        return [0x89, (byte)(2 + (4 * lines.Length)), 0, 0x09, (byte)lines.Length, .. Dwords(numbers)];
    }

    /// <summary>Memory-mapped registers that the device itself decodes.</summary>
    public static byte[] FixedMemory(uint first, uint length) => [0x86, 9, 0, 0, .. Dwords(first, length)];

    /// <summary>An 8-bit ISA DMA channel.</summary>
    public static byte[] Dma(int channel) => [0x2A, (byte)(1 << channel), 0];

    /// <summary>Bus numbers behind a host bridge.</summary>
    public static byte[] BusNumbers(byte first, byte last) => [0x88, 13, 0, 2, Producer, 0, .. Words(0, first, last, 0, (ushort)(last - first + 1))];

    /// <summary>Ports that a host bridge passes on.</summary>
    public static byte[] PortWindow(ushort first, ushort last) => [0x88, 13, 0, 1, Producer, 3, .. Words(0, first, last, 0, (ushort)(last - first + 1))];

    /// <summary>Memory that a host bridge passes on, writable and not cached.</summary>
    public static byte[] MemoryWindow(uint first, uint last) =>
        [0x87, 23, 0, 0, Producer, 1, .. Dwords(0, first, last, 0, last - first + 1)];

    private static byte[] Words(params ushort[] values)
    {
        byte[] bytes = new byte[values.Length * 2];
        for (int i = 0; i < values.Length; i++)
        {
            bytes[i * 2] = (byte)values[i];
            bytes[(i * 2) + 1] = (byte)(values[i] >> 8);
        }

        return bytes;
    }

    private static byte[] Dwords(params uint[] values)
    {
        byte[] bytes = new byte[values.Length * 4];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(values[i / 4] >> (i % 4 * 8));
        }

        return bytes;
    }
}
