using System;
using Doppel.Devices;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Motherboard;

/// <summary>What one device is given. Registers in memory of a device that belongs to <paramref name="processor"/> are seen by that one only.</summary>
internal sealed class DeviceSlot(Board board, string device, ProcessorSocket? processor = null) : IDeviceSlot, IDmaPort, IExpansionWindow
{
    private readonly PhysicalAccess _memory = new(board.Space);

    public IDmaPort Dma => this;

    public IExpansionWindow Expansion => this;

    public IGuestClock Clock => board.Clock;

    public IBoardControl Board => board;

    public IInterruptLine Line(int irq) => board.Router.Share(irq);

    public void ClaimPorts(string region, ushort first, ushort count, IRegisterBlock block, AccessSize widest = AccessSize.Byte) =>
        board.Ports.Claim(Named(region), first, count, block, widest);

    public IMmioClaim ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) => processor is null
        ? board.Memory.Claim(Named(region), lengthBytes, block, widest)
        : processor.Show(new ProcessorWindow(board.Memory.Claim(Named(region), lengthBytes, new ProcessorWindow.Nobody(), widest), block, widest));

    public IRamWindow ClaimRamWindow(string region, GuestRam ram) => board.Memory.ClaimWindow(ram);

    public IRomClaim ClaimRom(string region, GuestRam rom, ulong lengthBytes, IRegisterBlock block, AccessSize widest = AccessSize.Dword) =>
        board.Memory.ClaimRom(Named(region), rom, lengthBytes, block, widest);

    IPortClaim IExpansionWindow.ClaimPorts(string region, uint count, IRegisterBlock block, AccessSize widest) =>
        board.Ports.ClaimMovable(Named(region), count, block, widest);

    IMmioClaim IExpansionWindow.ClaimMmio(string region, ulong lengthBytes, IRegisterBlock block, AccessSize widest) =>
        board.Memory.ClaimMovable(Named(region), lengthBytes, block, widest);

    IMmioClaim IExpansionWindow.ClaimRam(string region, GuestRam ram, long offset, ulong lengthBytes) =>
        board.Memory.ClaimRam(Named(region), ram, offset, lengthBytes);

    IMmioClaim IExpansionWindow.ClaimRom(string region, GuestRam rom, long offset, ulong lengthBytes) =>
        board.Memory.ClaimRom(Named(region), rom, offset, lengthBytes);

    // Devices do not reach one another by DMA: registers read as holes and swallow writes, so no device is entered while it is at work.
    public bool TryRead(Gpa from, Span<byte> to)
    {
        _memory.Read(from, to);
        return true;
    }

    public bool TryWrite(Gpa to, ReadOnlySpan<byte> from)
    {
        _memory.Write(to, from);
        return true;
    }

    private string Named(string region) => device + "/" + region;
}
