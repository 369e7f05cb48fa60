using System;

namespace Doppel.Devices;

/// <summary>
/// One channel of the ISA bus's DMA controllers, as the device on it sees it (8237A datasheet). The device asks for service by
/// <see cref="SetRequest"/> and is served whenever the channel is unmasked; what it moves goes through <see cref="Move"/>.
/// </summary>
public interface IIsaDmaChannel
{
    /// <summary>Whether the channel is unmasked and its controller enabled: <see cref="Move"/> would move something.</summary>
    bool IsReady { get; }

    /// <summary>Drives DREQ; the status register shows it.</summary>
    void SetRequest(bool high);

    /// <summary>
    /// Moves up to <paramref name="buffer"/>.Length bytes in the direction the guest programmed: into guest memory from the buffer, or from guest memory into
    /// it; a verify transfer moves none but counts. Stops at terminal count.
    /// </summary>
    /// <param name="buffer">The device's bytes.</param>
    /// <param name="toMemory">What the device is about to do; a channel programmed for the other direction moves nothing and returns 0.</param>
    /// <param name="terminalCount">The count ran out with the last byte: the device ends its command.</param>
    /// <returns>Bytes counted.</returns>
    int Move(Span<byte> buffer, bool toMemory, out bool terminalCount);
}

/// <summary>The DMA controllers of an ISA board.</summary>
public interface IIsaDma
{
    /// <summary>Channel 0 to 3 (bytes) or 5 to 7 (words).</summary>
    IIsaDmaChannel Channel(int number);
}
