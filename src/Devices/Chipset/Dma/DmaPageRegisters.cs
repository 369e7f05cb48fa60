using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Dma;

/// <summary>
/// The page registers behind ports 0x81 to 0x8F (IBM AT technical reference, "DMA Page Registers"): address bits above those that the 8237A counts.
/// Eight of the bytes serve no channel and only keep what is written, as the LS612 of the AT did. Port 0x80 belongs to the diagnostic port.
/// </summary>
internal sealed class DmaPageRegisters : IRegisterBlock
{
    /// <summary>First port.</summary>
    public const ushort FirstPort = 0x81;

    /// <summary>Number of ports.</summary>
    public const ushort PortCount = 15;

    // Ports 0x87, 0x83, 0x81, 0x82 serve channels 0 to 3; 0x8F, 0x8B, 0x89, 0x8A channels 4 to 7.
    private static ReadOnlySpan<byte> Offsets => [0x06, 0x02, 0x00, 0x01, 0x0E, 0x0A, 0x08, 0x09];

    private readonly byte[] _pages = new byte[PortCount];

    /// <summary>The page of a channel, 0 to 7.</summary>
    public byte this[int channel] => _pages[Offsets[channel]];

    /// <summary>Clears all pages.</summary>
    public void Reset() => Array.Clear(_pages);

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = _pages[offset];
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value)
    {
        _pages[offset] = (byte)value;
        return true;
    }

    /// <summary>Writes all pages.</summary>
    public void Save(IStateWriter to) => to.Write("pages", _pages);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Restore(IStateReader from) => from.ReadBytes("pages", _pages);
}
